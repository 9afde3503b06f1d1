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
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// part is one field of a casework form with what stands around it. Forms are
// lists of parts, so that one template holds the marking up of all of them.
type part struct {
	// Kind is radios, select, date, text, area, check, words or details.
	Kind, ID, Label, Hint, Error string
	Value                        string
	Date                         casework.Date
	Groups                       []partGroup
	// Class is that of the input; Max bounds an area's characters.
	Class string
	Max   int
	// Words and Parts are what a details or words part holds.
	Words []string
	Parts []part
}

type partGroup struct {
	Label string
	Items []choice
}

// What kind of part it is, for the template.
func (p part) Radios() bool  { return p.Kind == "radios" }
func (p part) Select() bool  { return p.Kind == "select" }
func (p part) Boxes() bool   { return p.Kind == "date" }
func (p part) Area() bool    { return p.Kind == "area" }
func (p part) Line() bool    { return p.Kind == "text" }
func (p part) Check() bool   { return p.Kind == "check" }
func (p part) Details() bool { return p.Kind == "details" }

// Described gives the identifiers of what describes the part.
func (p part) Described() string {
	return field{ID: p.ID, Hint: p.Hint, Error: p.Error}.Described()
}

// target gives the identifier that the error summary leads to.
func (p part) target() string {
	switch {
	case p.Kind == "date":
		return p.ID + "-day"
	case p.Kind == "radios" && len(p.Groups) > 0 && len(p.Groups[0].Items) > 0:
		return p.Groups[0].Items[0].ID
	}
	return p.ID
}

// entered gives in words what stands in the part.
func (p part) entered() string {
	switch p.Kind {
	case "date":
		return strings.TrimSpace(p.Date.Day + " " + p.Date.Month + " " + p.Date.Year)
	case "radios", "select", "check":
		for _, g := range p.Groups {
			for _, item := range g.Items {
				if item.Chosen {
					return item.Text
				}
			}
		}
		return ""
	default:
		return p.Value
	}
}

// radiosPart makes a group of radios from values and words.
func radiosPart(id, legend, chosen string, values ...[2]string) part {
	p := part{Kind: "radios", ID: id, Label: legend, Groups: []partGroup{{}}}
	for _, v := range values {
		p.Groups[0].Items = append(p.Groups[0].Items, choice{ID: id + "-" + v[0], Value: v[0], Text: v[1], Chosen: chosen == v[0]})
	}
	return p
}

func datePart(id, legend, hint string, d casework.Date) part {
	return part{Kind: "date", ID: id, Label: legend, Hint: hint, Date: d}
}

func areaPart(id, label, hint, value string, most int) part {
	return part{Kind: "area", ID: id, Label: label, Hint: hint, Value: nhsnumber.Redact(value), Max: most}
}

// caseForm is the page of one casework form.
type caseForm struct {
	formView
	Caption, Back, BackText string
	Action                  string
	Facts                   []caseFact
	Lede                    []string
	Parts                   []part
	// Hidden are fields that go with the form.
	Hidden  []hiddenField
	Buttons []caseButton
	// Links lead to forms about what this one does not reach.
	Links []link
	// Aside is a table or words beside the form.
	Aside []part
}

type caseFact struct{ Name, Value, Source string }

type hiddenField struct{ Name, Value string }

type caseButton struct{ Text, Name, Value, Class string }

// refuse puts the errors of a refusal beside their fields.
func (f *caseForm) refuse(r *casework.Refusal) {
	var put func(parts []part, e casework.FieldError) string
	put = func(parts []part, e casework.FieldError) string {
		for i := range parts {
			if parts[i].ID == e.Field {
				parts[i].Error = e.Words
				return parts[i].target()
			}
			if at := put(parts[i].Parts, e); at != "" {
				return at
			}
		}
		return ""
	}
	for _, e := range r.Fields {
		at := put(f.Parts, e)
		if at == "" {
			at = "maincontent"
		}
		f.wrong(at, e.Words)
	}
}

// interruption asks once about what is likely a mistake.
type interruption struct {
	formView
	Action string
	Asks   []string
	Hidden []hiddenField
	Reason field
}

// clashView is the answer to a change of what somebody else has changed since.
type clashView struct {
	Frame
	Message string
	Table   tableView
	Again   string
}

// sentAlong gives the fields that were sent, to send them again, without those
// named.
func sentAlong(c echo.Context, without ...string) []hiddenField {
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
	var out []hiddenField
	for _, name := range names {
		for _, v := range form[name] {
			out = append(out, hiddenField{name, v})
		}
	}
	return out
}

// notSaved answers to a form that was not saved: beside its fields, by asking
// once, or with the 409 page. fresh makes the form as it would be now, for
// comparison.
func (s *Server) notSaved(c echo.Context, err error, form caseForm, fresh func() (caseForm, error)) error {
	var r *casework.Refusal
	switch {
	case errors.As(err, &r) && len(r.Fields) > 0:
		form.refuse(r)
		return s.pageAs(c, http.StatusUnprocessableEntity, "caseform", form)
	case errors.As(err, &r):
		v := interruption{formView: formView{Frame: s.frame(c, "Check this before you save")}, Action: form.Action, Asks: r.Asks,
			Hidden: sentAlong(c, "because", "asked", "back"), Reason: field{ID: "because", Label: "Reason", Hint: "It is kept with the entry.",
				Value: sent(c, false, "because", "")}}
		if c.FormValue("asked") != "" {
			v.Reason.Error = "Enter a reason"
			v.wrongFields(v.Reason)
		}
		return s.page(c, "interruption", v)
	case problem.KindOf(err) == problem.Conflict && strings.HasPrefix(problem.Sentence(err), "This record was changed"):
		now, ferr := fresh()
		if ferr != nil {
			return ferr
		}
		v := clashView{Frame: s.frame(c, "Someone else changed this"), Message: s.clashWords(c, problem.Sentence(err)), Again: form.Action,
			Table: tableView{ID: "clash", Caption: "What you entered and what stands now",
				Head: []headCell{{Text: "Field"}, {Text: "You entered"}, {Text: "Now"}}}}
		was := map[string]string{}
		each(now.Parts, func(p part) { was[p.ID] = p.entered() })
		each(form.Parts, func(p part) {
			if p.Kind == "words" || p.Kind == "details" {
				return
			}
			v.Table.Rows = append(v.Table.Rows, []tableCell{{Text: p.Label, Header: true}, {Text: orNothing(p.entered())},
				{Text: orNothing(was[p.ID])}})
		})
		return s.pageAs(c, http.StatusConflict, "clash", v)
	}
	return err
}

func each(parts []part, visit func(part)) {
	for _, p := range parts {
		visit(p)
		each(p.Parts, visit)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "Nothing"
	}
	return s
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
	target := address(path, q)
	if fragment != "" {
		target += "#" + fragment
	}
	return c.Redirect(http.StatusSeeOther, target)
}

// sideWords names a side of the agreement for one council.
func (s *Server) sideWords(side agreement.Side, provider, council string) string {
	switch side {
	case agreement.NHSSide:
		return provider
	case agreement.CouncilSide:
		return council
	default:
		return "nobody"
	}
}

// stateTags are the colours of the states of the agreement.
var stateTags = map[agreement.State]string{
	agreement.Proposed: "nhsuk-tag--white", agreement.Agreed: "nhsuk-tag--blue",
	agreement.AgreedByDefault: "nhsuk-tag--blue", agreement.Disputed: "nhsuk-tag--purple", agreement.Decided: "nhsuk-tag--purple",
}
