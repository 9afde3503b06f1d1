package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// packPolicy allows a stored pack its own style and drawings. It has no script
// and may load nothing at all.
const packPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

type packsView struct {
	Frame
	Empty bool
	Table tableView
}

func (s *Server) packsPage(c echo.Context) error {
	if _, err := s.opts.Places.read(c.QueryParams(), wordView); err != nil {
		return err
	}
	packs, err := s.opts.Packs.List(c.Request().Context())
	if err != nil {
		return err
	}
	v := packsView{Frame: s.frame(c, "Packs"), Empty: len(packs) == 0}
	v.Table = tableView{ID: "packs", Caption: "Packs, newest first", HiddenCaption: true,
		Head: []headCell{{"Pack", false}, {"Data as at", false}, {"Figures held at", false}, {"Rule set", false}}}
	for _, p := range packs {
		v.Table.Rows = append(v.Table.Rows, []tableCell{
			{Text: p.Title, Header: true, Href: "/packs/" + p.ID}, {Text: orWords(p.AsAt.Long(), "No data")}, {Text: s.moment(p.Held)}, {Text: p.RuleSet},
		})
	}
	return s.page(c, "packs", v)
}

func (s *Server) packsJSON(c echo.Context) error {
	if _, err := s.opts.Places.read(c.QueryParams()); err != nil {
		return err
	}
	packs, err := s.opts.Packs.List(c.Request().Context())
	if err != nil {
		return err
	}
	t := twin{Title: "Packs", Definitions: []string{}, Columns: []column{{"id", false}, {"title", false}, {"as_at", false}, {"held", false}, {"rule_set", false}}}
	for _, p := range packs {
		t.Rows = append(t.Rows, []string{p.ID, p.Title, p.AsAt.String(), p.Held.In(s.opts.Zone).Format(time.RFC3339), p.RuleSet})
	}
	return s.sendJSON(c, t)
}

// pack answers with the stored bytes of a pack, as they were made.
func (s *Server) pack(c echo.Context) error {
	stored, err := s.opts.Packs.Open(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	defer func() { _ = stored.Close() }()
	c.Response().Header().Set("Content-Security-Policy", packPolicy)
	return c.Stream(http.StatusOK, "text/html; charset=utf-8", stored)
}
