package web

import (
	"errors"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/agreement"
	"homeward/internal/casework"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// sentAlong gives the fields that were sent, to send them again, without those
// named.
func sentAlong(c echo.Context, without ...string) []page.Hidden {
	form, err := c.FormParams()
	if err != nil {
		return nil
	}
	skip := map[string]bool{wordToken: true}
	for _, w := range without {
		skip[w] = true
	}
	var names []string
	for name := range form {
		if !skip[name] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var out []page.Hidden
	for _, name := range names {
		for _, v := range form[name] {
			out = append(out, page.Hidden{Name: name, Value: v})
		}
	}
	return out
}

// notSaved answers to a form that was not saved: beside its fields, by asking
// once, or with the 409 page. filled gives the form as it was sent, fresh as it
// would be now, for comparison. A form that is saved is never made.
func (s *Server) notSaved(c echo.Context, err error, filled, fresh func() (page.CaseForm, error)) error {
	var r *casework.Refusal
	clash := problem.KindOf(err) == problem.Conflict && strings.HasPrefix(problem.Sentence(err), "This record was changed")
	if !clash && !errors.As(err, &r) {
		return err
	}
	form, ferr := filled()
	if ferr != nil {
		return ferr
	}
	switch {
	case r != nil && len(r.Fields) > 0:
		form.Refuse(r)
		return s.pageAs(c, http.StatusUnprocessableEntity, "caseform", form)
	case r != nil:
		v := page.Interruption{Form: page.Form{Frame: s.frame(c, "Check this before you save")}, Action: form.Action, Asks: r.Asks,
			Hidden: sentAlong(c, "because", "asked", "back"), Reason: page.Field{ID: "because", Label: "Reason", Hint: "It is kept with the entry.",
				Value: sent(c, false, "because", "")}}
		if c.FormValue("asked") != "" {
			v.Reason.Error = "Enter a reason"
			v.WrongFields(v.Reason)
		}
		return s.page(c, "interruption", v)
	default:
		now, nerr := fresh()
		if nerr != nil {
			return nerr
		}
		v := page.Clash{Frame: s.frame(c, "Someone else changed this"), Message: s.clashWords(c, problem.Sentence(err)), Again: form.Action,
			Table: page.Table{ID: "clash", Caption: "What you entered and what stands now",
				Head: []page.Head{{Text: "Field"}, {Text: "You entered"}, {Text: "Now"}}}}
		was := map[string]string{}
		page.Each(now.Parts, func(p page.Part) { was[p.ID] = p.Entered() })
		page.Each(form.Parts, func(p page.Part) {
			if p.Kind == "words" || p.Kind == "details" {
				return
			}
			v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: p.Label, Header: true}, {Text: page.OrNothing(p.Entered())},
				{Text: page.OrNothing(was[p.ID])}})
		})
		return s.pageAs(c, http.StatusConflict, "clash", v)
	}
}

// clashWords says when the record was changed, where that can be told.
func (s *Server) clashWords(c echo.Context, sentence string) string {
	reference := c.Param("ref")
	if reference == "" {
		reference, _, _ = strings.Cut(c.Param("id"), ".")
	}
	if reference == "" {
		reference = c.FormValue("ref")
	}
	k, err := s.opts.Cases.Case(c.Request().Context(), s.actor(c).Scope(), reference)
	if err != nil {
		return sentence
	}
	var at time.Time
	for _, l := range k.Log {
		if l.At.After(at) {
			at = l.At
		}
	}
	for _, e := range k.Events {
		if e.At.After(at) {
			at = e.At
		}
	}
	for _, a := range k.Actions {
		if a.At.After(at) {
			at = a.At
		}
		if a.ClosedAt.After(at) {
			at = a.ClosedAt
		}
	}
	if at.IsZero() {
		return sentence
	}
	return strings.Replace(sentence, "This record was changed after", "This record was changed at "+clock(at.In(s.opts.Zone))+", after", 1)
}

// pageAs answers with a page and a status.
func (s *Server) pageAs(c echo.Context, status int, name string, view any) error {
	c.Response().Header().Set("Content-Type", "text/html; charset=utf-8")
	s.writePage(c.Response(), status, name, view)
	return nil
}

// typedDate reads the three boxes of a date.
func typedDate(c echo.Context, id string) casework.Date {
	return casework.Date{Day: typed(c, id+"-day"), Month: typed(c, id+"-month"), Year: typed(c, id+"-year")}
}

// cased refuses a route of casework where the service is not set up.
func (s *Server) cased(handler echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.opts.Casework == nil || s.opts.Cases == nil {
			return problem.New(problem.Unavailable, "The log of delays is not set up on this machine.")
		}
		return handler(c)
	}
}

// onward goes to a page after a form was saved.
func onward(c echo.Context, path string, q url.Values, fragment string) error {
	target := page.Address(path, q)
	if fragment != "" {
		target += "#" + fragment
	}
	return c.Redirect(http.StatusSeeOther, target)
}

// stateTags are the colours of the states of the agreement.
var stateTags = map[agreement.State]string{
	agreement.Proposed: "nhsuk-tag--white", agreement.Agreed: "nhsuk-tag--blue",
	agreement.AgreedByDefault: "nhsuk-tag--blue", agreement.Disputed: "nhsuk-tag--purple", agreement.Decided: "nhsuk-tag--purple",
}
