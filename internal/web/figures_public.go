package web

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// publicTwin is the figures of an address as they may leave the partnership
// (P3): by one or two breakdowns, small counts suppressed, all others rounded.
// A count that is not shown is an asterisk, so counts are text; each row says
// what was done.
func (s *Server) publicTwin(c echo.Context) (page.Twin, error) {
	ctx := c.Request().Context()
	a, see, err := s.askedFigures(c)
	if err != nil {
		return page.Twin{}, err
	}
	d, _ := measure.DefinitionOf(measure.DelayedDays, s.opts.Places.Book)
	t := page.Twin{Convention: s.convention(), Title: "Figures, public copy", Measure: d.ID, Basis: a.Filter.Basis,
		Definitions: []string{d.ID + " " + d.Name + ": " + d.Sentence, measure.SuppressedWords}}
	q, last, err := s.figuresQuery(ctx, see, a)
	if err != nil || last == 0 {
		return t, err
	}
	table, err := measure.PublicFigures(ctx, see, q, s.opts.Places.PublicRows())
	if err != nil {
		return t, err
	}
	t.From, t.To, t.AsAt = q.From.String(), q.To.String(), last.String()
	for i, name := range table.Head {
		t.Columns = append(t.Columns, page.Column{Name: name, Number: table.Numeric[i]})
	}
	t.Columns = append(t.Columns, page.Column{Name: "note"})
	for _, row := range table.Rows {
		t.Rows = append(t.Rows, append(row, "Public copy: "+measure.SuppressedWords))
	}
	return t, nil
}

func (s *Server) publicCSV(c echo.Context) error {
	t, err := s.publicTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-figures-public.csv", t)
}

func (s *Server) publicJSON(c echo.Context) error {
	t, err := s.publicTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// publicLink leads to the public copy of a table; none of a table by more
// breakdowns than such a copy may have.
func publicLink(b breakdown, q url.Values) []page.Link {
	if n := len(b.Query.By); n < 1 || n > 2 {
		return nil
	}
	return []page.Link{{Text: "Public copy, small numbers hidden (CSV)", Href: page.Address("/figures/public.csv", q)}}
}
