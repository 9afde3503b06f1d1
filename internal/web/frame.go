package web

import (
	"context"
	"homeward/internal/attribution"
	"homeward/internal/definition"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/web/page"
)

// navigation is the order of the pages for everyone; each reader sees those
// that their role may open.
var navigation = []page.Link{
	{Text: "Today", Href: "/today"}, {Text: "Agreement", Href: "/agreement"}, {Text: "Month close", Href: closePath},
	{Text: "Council share", Href: "/council"},
	{Text: "Overview", Href: "/overview"}, {Text: "Situation report", Href: "/sitrep"}, {Text: "Discharge delay", Href: "/discharge"},
	{Text: "Figures", Href: "/figures"},
	{Text: "Trends", Href: "/trends"}, {Text: "Reasons", Href: "/reasons"}, {Text: "Flow", Href: "/flow"}, {Text: "Call", Href: "/call"},
	{Text: "Published", Href: publishedPath},
	{Text: "Extracts", Href: "/extracts"}, {Text: "Data quality", Href: qualityPath},
	{Text: "Packs", Href: "/packs"}, {Text: "Definitions", Href: "/definitions"},
	{Text: "Users", Href: "/admin/users"}, {Text: "Tokens", Href: "/admin/tokens"}, {Text: "Audit log", Href: "/admin/audit"},
	{Text: "Partnership", Href: partnershipPath}, {Text: "Jobs", Href: "/admin/jobs"}, {Text: "Status", Href: statusPath},
}

// linksOfPhone is how many links of the navigation fit a phone beside More.
const linksOfPhone = 2

// bareFrame is the frame without anything that needs the store, as error pages
// have it.
func (s *Server) bareFrame(ctx context.Context, title string) page.Frame {
	v := visitOf(ctx)
	f := page.Frame{
		Token: v.Token, Home: signInPath, StepHead: s.stepHead(),
		Title: title, PageTitle: title + " – Homeward", Partnership: s.opts.Places.Partnership,
		Copied: s.copied(ctx),
		Footer: "Homeward " + s.opts.Version + ", rule set " + s.ruleVersion(),
		Style:  s.assets.href(styleSheet), Base: s.assets.href(baseScript), Icon: s.assets.href(favicon),
	}
	switch v.Actor.Kind {
	case people.Nobody:
		return f
	case people.APerson:
		f.Account = &page.Account{Name: v.Actor.Name, Role: s.grantWords(v.Actor.Grant)}
	}
	f.Home, f.Find = "/", s.finder(v)
	for _, n := range navigation {
		if n.Href == closePath && s.divides() {
			continue // The pages of the agreement lead to it.
		}
		if s.opens(n.Href, v.Actor) && (s.opts.Beds || n.Href != "/sitrep" && n.Href != "/discharge") {
			f.Nav = append(f.Nav, page.NavItem{Text: n.Text, Href: n.Href, Folds: len(f.Nav) == linksOfPhone})
		}
	}
	return f
}

// frame is the frame of a page of the service: the current item of the
// navigation and the date bar.
func (s *Server) frame(c echo.Context, title string) page.Frame {
	f := s.bareFrame(c.Request().Context(), title)
	if visitOf(c.Request().Context()).Actor.Kind == people.Nobody {
		return f
	}
	for i, n := range f.Nav {
		f.Nav[i].Current = c.Path() == n.Href || strings.HasPrefix(c.Path(), n.Href+"/")
	}
	f.DateBar = s.dateBar(c.Request().Context())
	return f
}

// withCharts adds the scripts that make charts readable step by step.
func (s *Server) withCharts(f *page.Frame) {
	f.Scripts = append(f.Scripts, s.assets.href(chartJS))
}

// mark has the bar of the page say once what the marks under the axes of its charts
// are, and lead to the days. The charts are of the days from from to to.
func (s *Server) mark(c echo.Context, f *page.Frame, from, to delay.Day, charts ...page.Chart) {
	charts = slices.DeleteFunc(slices.Clone(charts), func(one page.Chart) bool { return !one.Marked })
	if len(charts) == 0 {
		return
	}
	what := "some hospital days have"
	if n := charts[0].Missing; n > 0 && !slices.ContainsFunc(charts, func(one page.Chart) bool { return one.Missing != n }) {
		what = plural(int64(n), "hospital day has", "hospital days have")
	}
	f.Marked = &page.Link{Text: "▲ on an axis: " + what + " no extract."}
	if s.opens(calendarPath, s.actor(c)) {
		// The calendar shows a year at most, and the latest days are asked after first.
		f.Marked.Href = page.Address(calendarPath, fortnightOf{}.query(max(from, to-calendarMost+1), to))
	}
}

// dateBar says what the data is as at, and how many of the extracts of that day
// are in. A page stands without it when it cannot be read.
func (s *Server) dateBar(ctx context.Context) string {
	now, err := s.present(ctx)
	if err != nil {
		s.opts.Log.Error("the date bar could not be made", "error", err)
		return unreadDateBar
	}
	return s.dateBarOf(ctx, now)
}

const unreadDateBar = "When the data is from could not be read. Try again later."

func (s *Server) dateBarOf(ctx context.Context, v sight) string {
	_, last, err := v.Extent(ctx)
	if err != nil {
		s.opts.Log.Error("the date bar could not be made", "error", err)
		return unreadDateBar
	}
	if last == 0 {
		return "No extracts are held yet."
	}
	bar := "Data as at " + last.Long() + "."
	lines, err := v.Arrivals(ctx, last, last)
	if err != nil {
		s.opts.Log.Error("the date bar could not be made", "error", err)
		return bar
	}
	in, due := measure.ExtractsIn(lines, last)
	bar += " " + count(in) + " of " + plural(due, "extract", "extracts") + " in."
	var lacking []string
	for _, line := range lines {
		for _, d := range line.Days {
			if d.Arrival == measure.Missing || d.Arrival == measure.Held {
				lacking = append(lacking, line.Name+" ("+strings.ToLower(d.Marks()[0])+")")
			}
		}
	}
	if len(lacking) > 0 {
		bar += " Not in: " + strings.Join(lacking, "; ") + "."
	}
	return bar
}

// ruleVersion names the rule set in force today.
func (s *Server) ruleVersion() string {
	return s.sets().Words(s.today())
}

// sets are the rule sets in use.
func (s *Server) sets() *attribution.Sets {
	if s.opts.RuleSets != nil {
		return s.opts.RuleSets
	}
	return &attribution.Sets{Own: s.opts.Rules}
}

// divides says whether the partnership's days are divided between bodies (A8).
func (s *Server) divides() bool { return s.opts.Places.Book.Divides() }

// stepHead is the heading over stepWords.
func (s *Server) stepHead() string {
	if s.divides() {
		return "Next step with"
	}
	return "Group"
}

// stepWords says with whom the next step is, with its swatch, or the group of the
// reason where days are not divided between bodies (A8).
func (s *Server) stepWords(b delay.Body, r delay.Reason) (words, swatchClass string) {
	if s.divides() {
		return measure.UpperFirst(b.String()), swatch(b)
	}
	return s.opts.Places.Book.Group(r), ""
}

// counting is the convention of the partnership's own count, and convention its
// name.
func (s *Server) counting() *definition.Convention { return s.opts.Places.Book.Counting() }

func (s *Server) convention() string { return s.counting().Name }

// today is the calendar day in the service's zone.
func (s *Server) today() delay.Day { return delay.DayOf(s.opts.Now().In(s.opts.Zone)) }

// aboutFigures makes the foot of a data page. path is the page's, q its query
// with real dates.
func (s *Server) aboutFigures(path string, q url.Values, asAt delay.Day, measures ...string) *page.About {
	basis, _ := measure.ParseBasis(q.Get(page.WordBasis))
	a := &page.About{Basis: basis.Words(), RuleSet: s.ruleVersion(), Convention: s.counting().NameWords(),
		Counted: s.counting().EndWords(), AsAt: asAt.Long()}
	if asAt == 0 {
		a.AsAt = "no extracts yet"
	}
	for _, id := range measures {
		if d, ok := measure.DefinitionOf(id, s.opts.Places.Book); ok {
			a.Measures = append(a.Measures, page.Link{Text: d.ID + " " + d.Name, Href: "/definitions/" + d.ID})
		}
	}
	a.Links = []page.Link{{Text: "CSV", Href: page.Address(path+".csv", q)}, {Text: "JSON", Href: page.Address(path+".json", q)}}
	print := url.Values{page.WordView: {"print"}}
	maps.Copy(print, q)
	a.Print = page.Address(path, print)
	a.Fixed = page.Address(path, q)
	return a
}

// svg marks a drawing of package chart as markup: it holds no script, style
// block or outside address, and every name in it is escaped there.
func svg(b []byte) template.HTML { return template.HTML(b) }
