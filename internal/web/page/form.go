package page

import (
	"cmp"
	"strings"

	"homeward/internal/casework"
	"homeward/internal/nhsnumber"
)

// Form is what forms have beside their own fields.
type Form struct {
	Frame
	// Said is a sentence about what was done.
	Said   string
	Errors []Link
}

// Wrong adds an error to the summary at the head of the page; id is that of the
// field that it leads to.
func (v *Form) Wrong(id, sentence string) {
	if sentence == "" {
		return
	}
	if len(v.Errors) == 0 {
		v.PageTitle = "Error: " + v.PageTitle
	}
	v.Errors = append(v.Errors, Link{Text: sentence, Href: "#" + id})
}

// WrongFields adds the errors of fields.
func (v *Form) WrongFields(fields ...Field) {
	for _, f := range fields {
		v.Wrong(f.ID, f.Error)
	}
}

// Field is one text field of a form with what stands around it.
type Field struct {
	ID, Label, Hint, Value, Error string
	// Type is the input's, text when empty; Complete, Mode and Class are its
	// autocomplete, inputmode and width class.
	Type, Complete, Mode, Class string
}

// Secret says that what is typed must not be seen.
func (f Field) Secret() bool { return f.Type == "password" }

// Kind gives the input's type.
func (f Field) Kind() string { return cmp.Or(f.Type, "text") }

// Described gives the identifiers of what describes the field.
func (f Field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Part is one field of a casework form with what stands around it. Forms are
// lists of parts, so that one template holds the marking up of all of them.
type Part struct {
	// Kind is radios, select, date, text, area, check, several, words or details.
	Kind, ID, Label, Hint, Error string
	Value                        string
	Date                         casework.Date
	Groups                       []PartGroup
	// Class is that of the input; Max bounds an area's characters.
	Class string
	Max   int
	// Focus has the page begin here.
	Focus bool
	// Chooses is the identifier of a radio that choosing in a select chooses too.
	Chooses string
	// Words and Parts are what a details or words part holds.
	Words []string
	Parts []Part
	// Months are the days of a part of kind days.
	Months []PickMonth
}

// PickMonth is the days of one month from which some are picked.
type PickMonth struct {
	Name  string
	Weeks [][]PickDay
}

// PickDay is one day, one with no number an empty place. Only a day with a Value
// can be picked.
type PickDay struct {
	ID, Value, Number, Name, Words, Class string
	Chosen                                bool
}

// Radios and the methods below say what kind of part it is, for the template.
func (p Part) Radios() bool  { return p.Kind == "radios" }
func (p Part) Select() bool  { return p.Kind == "select" }
func (p Part) Boxes() bool   { return p.Kind == "date" }
func (p Part) Area() bool    { return p.Kind == "area" }
func (p Part) Line() bool    { return p.Kind == "text" }
func (p Part) Check() bool   { return p.Kind == "check" }
func (p Part) Details() bool { return p.Kind == "details" }
func (p Part) Days() bool    { return p.Kind == "days" }
func (p Part) Several() bool { return p.Kind == "several" }

// Long says that a select has so many choices that they are found by typing.
func (p Part) Long() bool {
	const few = 20
	n := 0
	for _, g := range p.Groups {
		n += len(g.Items)
	}
	return n > few
}

// Described gives the identifiers of what describes the part.
func (p Part) Described() string {
	return Field{ID: p.ID, Hint: p.Hint, Error: p.Error}.Described()
}

// Target gives the identifier that the error summary leads to.
func (p Part) Target() string {
	switch {
	case p.Kind == "date":
		return p.ID + "-day"
	case (p.Kind == "radios" || p.Kind == "several") && len(p.Groups) > 0 && len(p.Groups[0].Items) > 0:
		return p.Groups[0].Items[0].ID
	}
	for _, m := range p.Months {
		for _, week := range m.Weeks {
			for _, day := range week {
				if day.Value != "" {
					return day.ID
				}
			}
		}
	}
	return p.ID
}

// Entered gives in words what stands in the part.
func (p Part) Entered() string {
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

// PartGroup is choices under one heading.
type PartGroup struct {
	Label string
	Items []Choice
}

// Choice is one of the values to choose from.
type Choice struct {
	ID, Value, Text string
	// Key chooses it while the keyboard is on one of its group.
	Key    string
	Chosen bool
	// Focus has the page begin here.
	Focus bool
	// Says is what choosing it will record, for the preview.
	Says string
	// Inside are the fields that belong to this choice alone.
	Inside []Part
}

// RadiosPart makes a group of radios from values and words.
func RadiosPart(id, legend, chosen string, values ...[2]string) Part {
	p := Part{Kind: "radios", ID: id, Label: legend, Groups: []PartGroup{{}}}
	for _, v := range values {
		p.Groups[0].Items = append(p.Groups[0].Items, Choice{ID: id + "-" + v[0], Value: v[0], Text: v[1], Chosen: chosen == v[0]})
	}
	return p
}

// DatePart asks for a date in three boxes.
func DatePart(id, legend, hint string, d casework.Date) Part {
	return Part{Kind: "date", ID: id, Label: legend, Hint: hint, Date: d}
}

// AreaPart asks for a text of so many characters at most.
func AreaPart(id, label, hint, value string, most int) Part {
	return Part{Kind: "area", ID: id, Label: label, Hint: hint, Value: nhsnumber.Redact(value), Max: most}
}

// Each visits parts and the parts in them.
func Each(parts []Part, visit func(Part)) {
	for _, p := range parts {
		visit(p)
		Each(p.Parts, visit)
		for _, g := range p.Groups {
			for _, item := range g.Items {
				Each(item.Inside, visit)
			}
		}
	}
}

// CaseForm is the page of one casework form.
type CaseForm struct {
	Form
	Caption, Back, BackText string
	Action                  string
	Facts                   []CaseFact
	Lede                    []string
	Parts                   []Part
	// Hidden are fields that go with the form.
	Hidden  []Hidden
	Buttons []Button
	// Links lead to forms about what this one does not reach.
	Links []Link
	// Aside is a table or words beside the form.
	Aside []Part
	// Class is that of the form; Bar keeps in sight whom it is about.
	Class string
	Bar   *CaseBar
	// Preview says what saving will record, by the name of the field that decides.
	Preview []Preview
}

// CaseBar is whom a form is about.
type CaseBar struct{ Bed, Reference, Words, Back, BackText string }

// Preview is one line of what saving will record: it follows the field Of.
type Preview struct{ Name, Of, Words string }

// Said gives what the choice that is made in a field will record.
func Said(parts []Part, field, otherwise string) string {
	Each(parts, func(p Part) {
		if p.ID != field {
			return
		}
		for _, g := range p.Groups {
			for _, item := range g.Items {
				if item.Chosen && item.Says != "" {
					otherwise = item.Says
				}
			}
		}
	})
	return otherwise
}

// Refuse puts the errors of a refusal beside their fields.
func (f *CaseForm) Refuse(r *casework.Refusal) {
	var put func(parts []Part, e casework.FieldError) string
	put = func(parts []Part, e casework.FieldError) string {
		for i := range parts {
			if parts[i].ID == e.Field {
				parts[i].Error = e.Words
				return parts[i].Target()
			}
			if at := put(parts[i].Parts, e); at != "" {
				return at
			}
			for _, g := range parts[i].Groups {
				for _, item := range g.Items {
					if at := put(item.Inside, e); at != "" {
						return at
					}
				}
			}
		}
		return ""
	}
	for _, e := range r.Fields {
		at := put(f.Parts, e)
		if at == "" {
			at = "maincontent"
		}
		f.Wrong(at, e.Words)
	}
}

// CaseFact is a fact about a case, with where it comes from.
type CaseFact struct{ Name, Value, Source string }

// Fact is a line of a list of facts.
type Fact struct{ Name, Value string }

// Hidden is a field that goes with a form unseen.
type Hidden struct{ Name, Value string }

// Button sends a form, with its name and value where it has them.
type Button struct{ Text, Name, Value, Class string }

// Interruption asks once about what is likely a mistake.
type Interruption struct {
	Form
	Action string
	Asks   []string
	Hidden []Hidden
	Reason Field
}

// Clash is the answer to a change of what somebody else has changed since.
type Clash struct {
	Frame
	Message string
	Table   Table
	Again   string
}

// OrNothing gives a text, or says that there is none.
func OrNothing(s string) string {
	if s == "" {
		return "Nothing"
	}
	return s
}
