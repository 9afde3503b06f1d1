package web

import (
	"errors"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// typed gives a form field's text without spaces around it, bounded in length.
func typed(c echo.Context, name string) string {
	s := strings.TrimSpace(c.FormValue(name))
	if utf8.RuneCountInString(s) > 500 {
		s = string([]rune(s)[:500])
	}
	return s
}

// typedDate reads the three boxes of a date.
func typedDate(c echo.Context, id string) casework.Date {
	return casework.Date{Day: typed(c, id+"-day"), Month: typed(c, id+"-month"), Year: typed(c, id+"-year")}
}

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

// onward goes to a page after a form was saved.
func onward(c echo.Context, path string, q url.Values, fragment string) error {
	target := page.Address(path, q)
	if fragment != "" {
		target += "#" + fragment
	}
	return c.Redirect(http.StatusSeeOther, target)
}

// sent gives a field's text unless the form is fresh. Only the field for one is
// shown again with an NHS number in it (P1).
func sent(c echo.Context, fresh bool, name, otherwise string) string {
	if fresh {
		return otherwise
	}
	if name == "number" {
		return typed(c, name)
	}
	return nhsnumber.Redact(typed(c, name))
}

func sentDate(c echo.Context, fresh bool, name string, otherwise casework.Date) casework.Date {
	if fresh {
		return otherwise
	}
	d := typedDate(c, name)
	return casework.Date{Day: nhsnumber.Redact(d.Day), Month: nhsnumber.Redact(d.Month), Year: nhsnumber.Redact(d.Year)}
}

// asked400 turns a refusal of a form without a page of its own into a problem.
func asked400(err error) error {
	if r, ok := errors.AsType[*casework.Refusal](err); ok {
		return problem.New(problem.Invalid, "%s. Go back and try again.", strings.TrimSuffix(r.Error(), "."))
	}
	return err
}

// formAgain shows a form with what was typed, to change it.
func (s *Server) formAgain(c echo.Context, form func() (page.CaseForm, error)) error {
	v, err := form()
	if err != nil {
		return err
	}
	return s.page(c, "caseform", v)
}

// made gives the form of a case as it was sent, and as it would be now.
func (s *Server) made(c echo.Context, k *casework.Case, form func(echo.Context, *casework.Case, bool) page.CaseForm) (sent,
	fresh func() (page.CaseForm, error)) {
	sent = func() (page.CaseForm, error) { return form(c, k, false), nil }
	fresh = func() (page.CaseForm, error) {
		now, err := s.caseOf(c)
		if err != nil {
			return page.CaseForm{}, err
		}
		return form(c, now, true), nil
	}
	return sent, fresh
}
