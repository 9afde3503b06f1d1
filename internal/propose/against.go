package propose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// Against is a layout in force, from which later files of the same sender differ.
type Against struct {
	// Name is the layout's, Text its YAML as files are read by it.
	Name, Text string
}

// Difference is one thing in which files are unlike the layout in force, with what a
// new version of it would say.
type Difference struct {
	// What is named as people call it: a heading, dates, the list of reasons, a word.
	What string `json:"what"`
	// Was is what the layout in force says, Found what the files have, and Proposed
	// what the new version would say; empty where nothing is proposed.
	Was      string `json:"was"`
	Found    string `json:"found"`
	Proposed string `json:"proposed,omitempty"`
	// Field is the layout's where the difference is of a column; Rows counts rows.
	Field string `json:"field,omitempty"`
	Rows  int    `json:"rows,omitempty"`
}

// asInForce says why something is as it is.
const asInForce = "as the layout has it"

// against is a layout in force, looked up.
type against struct {
	*Against
	layout *config.Layout
	set    *extract.Set
	// fields are those of the headings that the layout names.
	fields    map[string]string
	providers []config.Provider
}

// keep reads the layout in force.
func (w *work) keep() error {
	if w.Options.Against == nil {
		return nil
	}
	a := &against{Against: w.Options.Against, fields: map[string]string{}}
	var err error
	if a.layout, err = config.ParseLayout(a.Name+".yaml", a.Name, []byte(a.Text)); err != nil {
		return err
	}
	for _, h := range a.layout.NotRead {
		a.fields[extract.Fold(h)] = notRead
	}
	for _, f := range a.layout.Columns.Fields() {
		for _, h := range f.Headings {
			a.fields[extract.Fold(h)] = f.Name
		}
	}
	for _, p := range w.Partnership.Providers {
		if p.Layout == a.Name || slices.Contains(p.OtherLayouts, a.Name) {
			p.Layout, p.OtherLayouts, p.Formerly = a.Name, nil, nil
			a.providers = append(a.providers, p)
		}
	}
	trial := &config.Partnership{Councils: w.Partnership.Councils, Settings: w.Partnership.Settings,
		Layouts: map[string]*config.Layout{a.Name: a.layout}}
	if a.set, err = extract.Compile(trial, w.Ref); err != nil {
		return err
	}
	w.against, w.Name = a, a.Name
	return nil
}

func (a *against) codeSet() string { return cmp.Or(a.layout.CodeSet, config.DefaultDefinitions) }

// of gives the headings that the layout has for a field.
func (a *against) of(field string) config.List {
	for _, f := range a.layout.Columns.Fields() {
		if f.Name == field {
			return f.Headings
		}
	}
	return nil
}

// lacks says whether the layout reads a field of which the samples have no column that
// it names.
func (w *work) lacks(field string) bool {
	if len(w.against.of(field)) == 0 {
		return false
	}
	for _, c := range w.columns {
		if w.against.fields[c.fold] == field {
			return false
		}
	}
	return true
}

// changedColumns marks the columns that the layout does not name. Where one field is
// missing and one column is new, they are taken for each other unless its contents
// speak against it.
func (w *work) changedColumns() {
	var missing []string
	var free []*column
	for _, field := range fields {
		if w.lacks(field) && w.held[field] == nil && !slices.Contains(w.against.layout.MayBeMissing, field) {
			missing = append(missing, field)
		}
	}
	for _, c := range w.columns {
		_, known := w.against.fields[c.fold]
		_, said := w.Answers.Fields[c.fold]
		if !known && !said && c.field == notRead && !c.twice {
			free = append(free, c)
		}
	}
	if len(missing) == 1 && len(free) == 1 && free[0].filled > 0 && w.suits(free[0], missing[0]) >= 0 {
		c := free[0]
		c.field, w.held[missing[0]] = missing[0], c
		c.why = "the one column that is new, and the one that is missing"
	}
	for _, c := range w.columns {
		if _, known := w.against.fields[c.fold]; known {
			continue
		}
		if _, said := w.Answers.Fields[c.fold]; said {
			continue
		}
		switch {
		case c.field == notRead && c.unsure == "":
			c.why = "new; " + c.why
		case c.field == notRead:
		case w.lacks(c.field):
			c.unsure = strings.TrimSuffix("new, in place of "+extract.Glimpse(w.against.of(c.field)[0])+"; "+c.unsure, "; ")
		default:
			c.unsure = strings.TrimSuffix("new, and the layout reads nothing of this kind; "+c.unsure, "; ")
		}
	}
}

// keptWhole keeps what the layout says of the files as wholes.
func (w *work) keptWhole() {
	p, l := w.p, w.against.layout
	p.Several = l.SeveralProviders
	p.FileName = l.File.Name
	p.Everybody.Value = "no"
	if len(l.Columns.Criteria) > 0 {
		p.Everybody.Value = "yes"
	}
	p.Everybody.Evidence, p.Day.Evidence = asInForce, asInForce
	if len(w.against.providers) == 0 {
		// Nobody has the layout yet; what the samples say will do to try it.
		marks, dates := w.marks, w.p.Dates
		w.findProviders()
		w.marks, w.p.Dates = marks, dates
	}
	if c := w.held["criteria"]; c != nil {
		for _, value := range c.order {
			w.word("criteria", value, c.values[value], "", "none")
		}
	}
	for _, s := range w.samples {
		if n, ok := dateIn(s.name, w.formats, s); ok && n.day != 0 && n.day.String() > w.day {
			w.day = n.day.String()
		}
		if last := w.latest(s); last != 0 && last.String() > w.day {
			w.day = last.String()
		}
	}
}

// fifth is the share from which what is not read is no slip: one in so many.
const fifth = 5

// datesStay says whether the layout reads nearly all dates.
func (w *work) datesStay(columns []*column) bool {
	all, unread := 0, 0
	for _, c := range columns {
		dates := w.dates(c, w.against.layout.Dates...)
		for _, value := range c.order {
			all += c.values[value]
			if _, none, ok := dates.Read(value); !none && !ok {
				unread += c.values[value]
			}
		}
	}
	return unread*fifth <= all
}

// changedDates puts the formats of the layout beside those that were found, as far as
// they do not contradict each other, and says what is new.
func (w *work) changedDates() []string {
	d, had := &w.p.Dates, w.against.layout.Dates
	var kept, gone []string
	for _, f := range had {
		switch {
		case slices.Contains(d.Formats, f):
			kept = append(kept, f)
		case w.contradicts(d.Formats, f):
			gone = append(gone, f)
		default:
			kept = append(kept, f)
		}
	}
	for _, f := range d.Formats {
		if !slices.Contains(kept, f) {
			kept = append(kept, f)
		}
	}
	d.Formats = kept
	said := "the layout does not read most dates of these files"
	if len(gone) > 0 {
		said += "; " + listed(gone, ", ") + " cannot be read beside what is new, so dates of earlier files would be read otherwise"
	}
	return []string{said}
}

// reasonsStay says whether the layout reads nearly all reasons.
func (w *work) reasonsStay(c *column) bool {
	if c == nil {
		return true
	}
	all, unread := 0, 0
	for _, value := range c.order {
		all += c.values[value]
		if _, ok := w.against.set.Means(w.Name, "reasons", value, w.on()); !ok {
			unread += c.values[value]
		}
	}
	if unread*fifth <= all {
		return true
	}
	// Words of no list at all are no other list.
	listed := 0
	for _, value := range c.order {
		if sets, _, _ := w.reasonOf(value); len(sets) > 0 && !slices.Contains(sets, w.against.codeSet()) {
			listed += c.values[value]
		}
	}
	return listed*2 <= unread
}

func (w *work) on() delay.Day {
	on, _ := delay.ParseDay(w.day)
	return on
}

// inForce gives what the layout in force reads a word as, before what the samples or
// lists that it does not use say.
func (w *work) inForce(kind, text, meaning, how string) (string, string) {
	if kind == "reasons" && w.p.CodeSet.Value != w.against.codeSet() {
		return meaning, how
	}
	if is, ok := w.against.set.Means(w.Name, kind, text, w.on()); ok {
		return is, "layout"
	}
	if how == "list" && !strings.HasSuffix(meaning, "/…") {
		how = "national"
		if !mayBeKept(text) {
			return "", "none"
		}
	}
	return meaning, how
}

// usualLists are the lists that are read where a layout names none and has no words of
// its own.
var usualLists = map[string]config.List{"reasons": {config.DefaultDefinitions}, "responsible": {"england"}, "care": {"england"}}

// amend writes the next version of the layout in force: its text, with what has
// changed and nothing else.
func (w *work) amend() {
	p, l := w.p, w.against.layout
	p.Name, p.Layout, p.Unsure = w.Name, w.against.Text, nil
	a := config.Amendment{Use: usualLists}
	for _, c := range w.columns {
		was, known := w.against.fields[c.fold]
		if c.twice || known && was == c.field || nhsnumber.In(c.heading) {
			continue
		}
		a.Fields = append(a.Fields, config.Added{Key: c.field, Text: c.heading})
		d := Difference{What: "Heading", Was: "Not named", Found: extract.Glimpse(c.heading), Proposed: c.field, Field: c.field}
		switch {
		case known:
			d.Was = extract.Glimpse(c.heading) + " as " + was
		case c.field != notRead && w.lacks(c.field):
			d.Was = extract.Glimpse(listed(w.against.of(c.field), ", "))
		}
		p.Differences = append(p.Differences, d)
	}
	for _, field := range fields {
		if w.lacks(field) && w.held[field] == nil {
			said := Difference{What: "Heading", Was: extract.Glimpse(w.against.of(field)[0]), Found: "Not there", Field: field}
			p.Differences = append(p.Differences, said)
			if !slices.Contains(l.MayBeMissing, field) && !spare(field) {
				w.mark(fmt.Sprintf("no column is %s, which the layout calls %s", field, said.Was))
			}
		}
	}
	if !slices.Equal(p.Dates.Formats, l.Dates) {
		a.Dates = append(config.List{}, p.Dates.Formats...)
		p.Differences = append(p.Differences, Difference{What: "Dates", Was: cmp.Or(strings.Join(l.Dates, ", "), "Forms that read one way"),
			Found: cmp.Or(p.Dates.Evidence, "Other forms"), Proposed: strings.Join(p.Dates.Formats, ", ")})
	}
	if p.CodeSet.Value != w.against.codeSet() {
		a.CodeSet = p.CodeSet.Value
		p.Differences = append(p.Differences, Difference{What: "List of reasons", Was: w.against.codeSet(), Found: p.CodeSet.Evidence,
			Proposed: p.CodeSet.Value})
	}
	if p.Care.Value != "column" && l.Fixed.Care != "" && p.Care.Value != l.Fixed.Care {
		a.Care = p.Care.Value
		p.Differences = append(p.Differences, Difference{What: "Type of care", Was: l.Fixed.Care, Proposed: p.Care.Value})
	}
	for _, x := range p.Words {
		is, known := w.against.set.Means(w.Name, x.Kind, x.Word, w.on())
		listed := x.How == "layout" || x.How == "list" || x.How == "you" && known && is == x.Meaning
		if listed {
			continue
		}
		was := "Not in it"
		if known {
			was = is
		}
		p.Differences = append(p.Differences, Difference{What: strings.ToUpper(oneOf[x.Kind][:1]) + oneOf[x.Kind][1:],
			Was: was, Found: extract.Glimpse(x.Word), Proposed: x.Meaning, Rows: x.Rows})
		if x.Meaning != "" {
			a.Words = append(a.Words, config.Added{Key: x.Kind + "." + x.Meaning, Text: x.Word})
		}
	}
	text, err := config.Amend(w.Name, []byte(w.against.Text), a, func(a, b string) bool { return extract.Fold(a) == extract.Fold(b) })
	switch {
	case err != nil:
		p.Refused = problem.Sentence(err)
	default:
		p.Layout = string(text)
	}
	p.Unsure = w.marks
}

// oneOf names one word of a kind.
var oneOf = map[string]string{"reasons": "reason", "responsible": "word for who is responsible", "care": "type of care",
	"waiting_on": "word for who is waited on", "funding": "word for who pays", "criteria": "word for the criteria to reside",
	"councils": "council", "pathway": "pathway", "destination": "destination"}
