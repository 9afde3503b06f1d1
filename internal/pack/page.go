package pack

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText string

// pages is the page's template. It holds no choices about words.
var pages = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Policy string
	Style  template.CSS

	Title, Partnership, AsAt, Held string
	Kind                           string
	Lede, Showing                  string
	Incomplete                     []string
	Now                            nowView
	Keys                           []keyView
	Waiting                        []waitingView
	// Notes are those of more than one chart, each once above them all.
	Notes       []string
	Charts      []chartView
	Arrivals    *tableView
	Definitions []measure.Definition
	Foot        string
	// Public and PublicMore say that the page may leave the partnership, and are
	// empty when it may not; Warning says what to do before it is passed on.
	Public, PublicMore, Warning string
}

type nowView struct {
	Value, Change string
	Parts         []partView
	Bodies        []bodyView
}

// partView is one block of the bar, which is 1000 wide.
type partView struct{ X, Width, Fill string }

type bodyView struct {
	Words, Fill string
	Hatched     bool
}

type keyView struct {
	ID, Heading, Value string
	Words              []string
}

type waitingView struct{ Words, Value string }

type chartView struct {
	ID, Title, Subtitle, Definition, Source string
	Notes                                   []string
	Drawing                                 template.HTML
	Table                                   tableView
}

type tableView struct {
	ID, Caption string
	Head        []headView
	Rows        [][]cellView
	Foot        []cellView
}

// Size says how long a table is before it is opened.
func (t tableView) Size() string { return plural(int64(len(t.Rows)), "row", "rows") }

type headView struct {
	Text    string
	Numeric bool
}

type cellView struct {
	Text, Class string
	Header      bool
}

// fills are the colours of the bodies, as in the charts.
var fills = map[delay.Body]string{delay.SocialCare: "#f46a25", delay.NHS: "#12436d", delay.Joint: "#28a197", delay.NotAttributed: "#ffffff"}

func newPage(f Figures, meta Meta) *page {
	o := f.Overview
	p := &page{
		Title: o.Filter.Book.Counting().DelaysWords(), Partnership: meta.Partnership, AsAt: o.AsAt.Long(), Held: moment(meta.At),
		Lede: lede(o), Incomplete: incomplete(o), Now: now(o), Keys: []keyView{beds(o)},
		Arrivals: arrivals(o), Definitions: measure.Definitions(o.Filter.Book),
	}
	if o.Filter.Book.Divides() {
		p.Keys = append(p.Keys, share(o))
	} else {
		p.Definitions = slices.DeleteFunc(p.Definitions, func(d measure.Definition) bool { return d.ID == measure.CouncilShare })
	}
	if meta.Series != "" {
		p.Kind = meta.Title
	}
	p.Warning = partnershipWords
	if meta.Public {
		p.Lede, p.Now, p.Keys, p.Arrivals = publicLede(f), nowView{}, nil, nil
		p.Public, p.PublicMore, p.Warning = publicWords, publicMore, publicWords
	}
	p.Showing = fmt.Sprintf("Showing %s, %s, %s.", f.Place, span(o.From, o.To), strings.Replace(o.Filter.Basis.Words(), ", as", " as", 1))
	if o.Filter.Basis == measure.BasisAgreed {
		p.Showing += " People waiting are everybody, whatever is agreed."
	}
	for _, w := range o.Waiting {
		if meta.Public {
			break // Longest waits are of few people.
		}
		p.Waiting = append(p.Waiting, waitingView{fmt.Sprintf("%d days or more", w.AtLeast), whole(w.People)})
	}
	p.Foot = fmt.Sprintf("Homeward %s, rule set %s. %sData as at %s. Figures held at %s.", meta.Version, meta.RuleSet,
		countedWords(o.Filter.Book), p.AsAt, p.Held)
	// Only dates become part of the style: they cannot hold anything else.
	style := styleText + fmt.Sprintf(
		"@page{size:A4;margin:14mm 14mm 18mm;@bottom-left{content:\"Data as at %s. Figures held at %s.\";font:8pt "+
			"arial,sans-serif;color:#212b32}"+
			"@bottom-right{content:\"Page \" counter(page) \" of \" counter(pages);font:8pt arial,sans-serif;color:#212b32}}\n", p.AsAt, p.Held)
	p.Style = template.CSS(style)
	return p
}

// countedWords names the convention of the figures and says which days it
// counts, as sentences.
func countedWords(b *definition.Book) string {
	c := b.Counting()
	if c.Name == "" {
		return ""
	}
	return "Counted by " + c.NameWords() + ". " + c.EndWords() + " "
}

// add puts a chart on the page. Its drawing has been checked by its maker to
// hold no script, style or outside address.
func (p *page) add(c chart.Chart, drawing []byte) {
	p.Charts = append(p.Charts, chartView{
		ID: c.ID, Title: c.Title, Subtitle: c.Subtitle, Definition: c.Definition, Source: c.Source, Notes: c.Notes,
		Drawing: template.HTML(drawing), Table: tableOf(c),
	})
}

// gatherNotes takes what is noted of more than one chart to one place.
func (p *page) gatherNotes() {
	times := map[string]int{}
	for _, c := range p.Charts {
		for _, note := range c.Notes {
			if times[note]++; times[note] == 2 {
				p.Notes = append(p.Notes, note)
			}
		}
	}
	for i, c := range p.Charts {
		p.Charts[i].Notes = slices.DeleteFunc(slices.Clone(c.Notes), func(note string) bool { return times[note] > 1 })
	}
}

// render gives the page and the hash of its style as policies write it.
func (p *page) render() ([]byte, string, error) {
	p.gatherNotes()
	hash := styleHash([]byte(p.Style))
	p.Policy = pagePolicy(hash)
	var b bytes.Buffer
	if err := pages.Execute(&b, p); err != nil {
		return nil, "", err
	}
	return b.Bytes(), hash, nil
}

func tableOf(c chart.Chart) tableView {
	t := tableView{ID: c.ID + "-table", Caption: c.Table.Caption}
	for i, h := range c.Table.Head {
		t.Head = append(t.Head, headView{h, i > 0})
	}
	row := func(cells []chart.Cell) []cellView {
		var out []cellView
		for i, cell := range cells {
			v := cellView{Text: cell.Text, Header: i == 0, Class: "n"}
			if !cell.Numeric {
				v.Class = "n none"
			}
			out = append(out, v)
		}
		return out
	}
	for _, cells := range c.Table.Rows {
		t.Rows = append(t.Rows, row(cells))
	}
	t.Foot = row(c.Table.Foot)
	return t
}

// lede says what is asked first.
func lede(o measure.Overview) string {
	n := o.Now.Total()
	s := fmt.Sprintf("%s waiting to leave hospital at the end of %s.", plural(n, "person is", "people are"), o.AsAt.Long())
	if n == 0 {
		return s
	}
	if groups := o.GroupsNow(); len(groups) > 0 {
		return s + fmt.Sprintf(" Most of them wait for %s: %s.", groups[0], whole(o.NowBy[groups[0]]))
	}
	s += fmt.Sprintf(" The next step is with the NHS for %s, with social care for %s", whole(o.Now[delay.NHS]), whole(o.Now[delay.SocialCare]))
	if j := o.Now[delay.Joint]; j > 0 {
		s += fmt.Sprintf(" and with both for %s", whole(j))
	}
	s += "."
	if u := o.Now[delay.NotAttributed]; u > 0 {
		s += fmt.Sprintf(" It is not attributed for %s.", whole(u))
	}
	return s
}

// incomplete names the extracts that the figures of now lack.
func incomplete(o measure.Overview) []string {
	var out []string
	for _, p := range o.Providers {
		var what string
		switch p.Today {
		case measure.Missing:
			what = "has not arrived"
		case measure.Held:
			what = "is held"
		default:
			continue
		}
		s := fmt.Sprintf("%s: the extract%s for %s %s.", p.Name, measure.WithoutWords(p.Lacks), o.ArrivalDay.Long(), what)
		switch {
		case len(p.Lacks) > 0:
			s += " What the trust sent beside it is counted."
		case p.Latest == 0:
			s += " None has been taken in yet."
		case o.AsAt-p.Latest >= 14:
			s += " The last is from " + p.Latest.Long() + ", so its people are not counted as waiting now."
		default:
			s += " Its figures are from " + p.Latest.Long() + "."
		}
		out = append(out, s)
	}
	return out
}

func now(o measure.Overview) nowView {
	total := o.Now.Total()
	v := nowView{Value: whole(total)}
	if len(o.Months) > 0 && o.AsAt-7 >= o.Months[0].First {
		switch week := o.WeekBefore.Total(); {
		case total > week:
			v.Change = fmt.Sprintf("%s more than a week before (%s).", whole(total-week), whole(week))
		case total < week:
			v.Change = fmt.Sprintf("%s fewer than a week before (%s).", whole(week-total), whole(week))
		default:
			v.Change = "The same as a week before."
		}
	} else {
		v.Change = "No extract is held from a week before."
	}
	switch counted := o.Filter.Book.Counting(); {
	case o.ReadyToday == 0:
	case counted.Ready:
		v.Change += fmt.Sprintf(" %s among them.", plural(o.ReadyToday, "person became ready on the day and is",
			"people became ready on the day and are"))
	default:
		v.Change += fmt.Sprintf(" %s not counted yet.", plural(o.ReadyToday, "person became ready on the day and is",
			"people became ready on the day and are"))
	}
	for _, g := range o.GroupsNow() {
		v.Bodies = append(v.Bodies, bodyView{Words: g + " " + whole(o.NowBy[g])})
	}
	if o.NowBy != nil {
		return v
	}
	x := 0.0
	for _, b := range delay.Bodies {
		n := o.Now[b]
		hatched := b == delay.NotAttributed
		v.Bodies = append(v.Bodies, bodyView{Words: measure.UpperFirst(b.String()) + " " + whole(n), Fill: fills[b], Hatched: hatched})
		if n == 0 {
			continue
		}
		width := 1000 * float64(n) / float64(total)
		fill := fills[b]
		if hatched {
			fill = "url(#hatch)"
		}
		// A white gap keeps neighbours apart in greyscale.
		v.Parts = append(v.Parts, partView{X: fixed(x), Width: fixed(max(width-3, 1)), Fill: fill})
		x += width
	}
	return v
}

// latestMonth is the newest month that is over and known, else the newest known
// one, with its name; ok is false when none is known.
func latestMonth(o measure.Overview) (m measure.Period, name string, ok bool) {
	for _, p := range o.Months {
		if p.Listed == 0 && p.Days.Total() == 0 {
			continue
		}
		if over := p.Last == p.First.Month().Last(); over || !ok {
			m, ok = p, true
			name = p.First.Month().Long()
			if !over {
				name += ", to " + p.Last.Long()
			}
		}
	}
	return m, name, ok
}

func beds(o measure.Overview) keyView {
	v := keyView{ID: "beds", Heading: o.Filter.Book.Counting().BedsWords(), Value: "No data"}
	m, name, ok := latestMonth(o)
	if !ok {
		return v
	}
	v.Value = decimal(m.Beds())
	v.Words = []string{fmt.Sprintf("on an average day of %s: %s.", name, plural(m.Days.Total(), "delayed day", "delayed days"))}
	return v
}

func share(o measure.Overview) keyView {
	v := keyView{ID: "share", Heading: "Days with social care", Value: "No data"}
	if len(o.Filter.Bodies) > 0 {
		// A share of some bodies' days would not be a share of all (C12).
		v.Value = "Not shown"
		return v
	}
	m, name, ok := latestMonth(o)
	if !ok {
		return v
	}
	s := m.Share()
	if !s.Known {
		v.Words = []string{"No " + daysOf(o) + " in " + name + "."}
		return v
	}
	v.Value = measure.PerCent(s.Value)
	v.Words = []string{"of " + daysOf(o) + " in " + name + "."}
	switch words := m.UnsettledWords(); words {
	case "":
		if o.Filter.Basis == measure.BasisAgreed {
			v.Words = append(v.Words, "Every counted day is agreed, so there is no range.")
			break
		}
		v.Words = append(v.Words, "Every day is attributed and none is disputed, so there is no range.")
	default:
		v.Words = append(v.Words, fmt.Sprintf("%s to %s while %s.", measure.PerCent(s.Low), measure.PerCent(s.High), words))
	}
	return v
}

// daysOf names the days that the figures count.
func daysOf(o measure.Overview) string {
	if o.Filter.Basis == measure.BasisAgreed {
		return "agreed days"
	}
	return "delayed days"
}

// arrivals is where each provider's extract stands; nil when none is expected.
func arrivals(o measure.Overview) *tableView {
	if len(o.Providers) == 0 {
		return nil
	}
	t := &tableView{ID: "extracts-table", Caption: "Extracts for " + o.ArrivalDay.Long(),
		Head: []headView{{"Hospital", false}, {"Extract", false}, {"Latest counted", false}, {"Rows kept", true}}}
	for _, p := range o.Providers {
		latest, rows := "None yet", cellView{Text: "Not applicable", Class: "n none"}
		if p.Latest != 0 {
			latest, rows = p.Latest.Long(), cellView{Text: whole(int64(p.Rows)), Class: "n"}
		}
		t.Rows = append(t.Rows, []cellView{{Text: p.Name, Header: true}, {Text: string(p.Today)}, {Text: latest}, rows})
	}
	return t
}

// moment writes a time with its day, in its own zone.
func moment(at time.Time) string {
	return delay.Clock(at) + ", " + at.Format("2 January 2006")
}

// span writes a period: whole months as months, anything else as days.
func span(from, to delay.Day) string { return delay.Span(from, to) }

func whole(n int64) string { return measure.Whole(n) }

func decimal(v float64) string { return measure.Decimal(v) }

func plural(n int64, one, many string) string { return measure.Plural(n, one, many) }

func fixed(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
