package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/web/page"
)

// searchPath is where the header's search is sent. It is sent by POST, so that
// no number stands in an address, a history or a log (P1).
const searchPath = "/search"

type searchView struct {
	page.Form
	Lede, Empty string
	Box         page.Field
	Found       page.Table
}

// finder gives the header's search, nil for those who see no rows about people.
func (s *Server) finder(v visit) *page.Finder {
	if g, ok := s.guards[http.MethodPost+" "+searchPath]; !ok || s.opts.Casework == nil || !g.admits(v.Actor) || v.Actor.Scope().Empty() {
		return nil
	}
	label := casework.FindWords(v.Actor)
	return &page.Finder{Label: label, Hint: measure.UpperFirst(strings.Replace(strings.TrimPrefix(label, "Find by "), " or ", ", ", 1))}
}

func (s *Server) searchView(c echo.Context) searchView {
	v := searchView{Form: page.Form{Frame: s.frame(c, "Find a person")}}
	// This page's own box is the same search.
	v.Box = page.Field{ID: "find", Label: casework.FindWords(s.actor(c)), Complete: "off", Class: "nhsuk-input--width-20"}
	v.Find = nil
	return v
}

// searchPage is the search on a page of its own, as the way back to it is.
func (s *Server) searchPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "search", s.searchView(c))
}

// search opens the one record that was found, or lists those found.
func (s *Server) search(c echo.Context) error {
	text := typed(c, "find")
	found, more, err := s.opts.Casework.Find(c.Request().Context(), s.actor(c), text)
	v := s.searchView(c)
	// Neither the box nor the answer shows a number again that names a person.
	shown := text
	if nhsnumber.In(text) {
		shown = "the NHS number that you typed"
	} else {
		v.Box.Value = text
	}
	var r *casework.Refusal
	switch {
	case errors.As(err, &r):
		v.Box.Error = r.Fields[0].Words
		v.WrongFields(v.Box)
		return s.pageAs(c, http.StatusUnprocessableEntity, "search", v)
	case err != nil:
		return err
	case len(found) == 1:
		return onward(c, "/delays/"+found[0].Reference, nil, "")
	case len(found) == 0:
		v.Empty = "No delay in your area matches " + shown + "."
		return s.page(c, "search", v)
	}
	v.Lede = measure.UpperFirst(persons(int64(len(found)))) + " found."
	if more {
		v.Lede = "The first " + count(int64(len(found))) + " are shown. Type more of the bed to see fewer."
	}
	v.Found = page.Table{ID: "found", Caption: "People found", HiddenCaption: true,
		Head: []page.Head{{Text: "Reference"}, {Text: "Bed"}, {Text: "Hospital"}, {Text: "Ready since"}, {Text: "Waiting for"}}}
	for _, f := range found {
		ready := f.Ready.Long()
		if f.End != 0 {
			ready += ", ended " + f.End.Long()
		}
		v.Found.Rows = append(v.Found.Rows, []page.Cell{{Text: f.Reference, Href: "/delays/" + f.Reference, Header: true},
			{Text: bedWords(f.Bed, f.Ward, f.Reference)},
			{Text: s.opts.Places.ProviderWords(f.Provider)}, {Text: ready}, {Text: s.opts.Places.ReasonWords(f.Reason)}})
	}
	return s.page(c, "search", v)
}
