package web

import (
	"context"
	"html/template"
	"maps"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// Frame is what every page has around its content.
type Frame struct {
	// Title is the h1; PageTitle what stands in the browser's tab.
	Title, PageTitle string
	Partnership      string
	Nav              []navItem
	// DateBar says what the data is as at and what is in; empty hides it.
	DateBar string
	// Latest leads back to the present from a page that looks at a past moment.
	Latest *link
	// Closed says that the shown period holds closed months.
	Closed *closedNote
	Crumbs []link
	Footer string
	// Style, Base and Icon are addresses of assets; Scripts those of the page's
	// own scripts.
	Style, Base, Icon string
	Scripts           []string
	// BodyClass marks the print view.
	BodyClass string
	About     *about
	// Find is the header's search, nil where there is none.
	Find *finder
	// Account is who is signed in, nil for nobody.
	Account *account
	// Token is the proof that every form of the page carries.
	Token string
	// Home is the page that the name of the service leads to.
	Home string
}

// account is the account box of the header.
type account struct{ Name, Role string }

type navItem struct {
	Text, Href string
	Current    bool
}

type link struct{ Text, Href string }

// about is "About these figures" at the foot of a data page.
type about struct {
	Measures []link
	// AsAt is the day in words; Basis and RuleSet say how days were counted.
	AsAt, Basis, RuleSet string
	Links                []link
	// Fixed is the address with real dates filled in.
	Fixed string
	Print string
}

// navigation is the order of the pages for everyone; each reader sees those
// that their role may open.
var navigation = []link{
	{"Today", "/today"}, {"Agreement", "/agreement"}, {"Council share", "/council"}, {"Overview", "/overview"}, {"Figures", "/figures"},
	{"Trends", "/trends"}, {"Reasons", "/reasons"}, {"Flow", "/flow"}, {"Call", "/call"}, {"Extracts", "/extracts"},
	{"Packs", "/packs"}, {"Definitions", "/definitions"}, {"Users", "/admin/users"}, {"Tokens", "/admin/tokens"},
	{"Audit log", "/admin/audit"}, {"Jobs", "/admin/jobs"},
}

// bareFrame is the frame without anything that needs the store, as error pages
// have it.
func (s *Server) bareFrame(ctx context.Context, title string) Frame {
	v := visitOf(ctx)
	f := Frame{
		Token: v.Token, Home: signInPath,
		Title: title, PageTitle: title + " – Homeward", Partnership: s.opts.Places.Partnership,
		Footer: "Homeward " + s.opts.Version + ", rule set " + s.ruleVersion(),
		Style:  s.assets.href(styleSheet), Base: s.assets.href(baseScript), Icon: s.assets.href(favicon),
	}
	switch v.Actor.Kind {
	case people.Nobody:
		return f
	case people.APerson:
		f.Account = &account{Name: v.Actor.Name, Role: s.grantWords(v.Actor.Grant)}
	}
	f.Home, f.Find = "/", s.finder(v)
	for _, n := range navigation {
		if s.opens(n.Href, v.Actor) {
			f.Nav = append(f.Nav, navItem{Text: n.Text, Href: n.Href})
		}
	}
	return f
}

// frame is the frame of a page of the service: the current item of the
// navigation and the date bar.
func (s *Server) frame(c echo.Context, title string) Frame {
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
func (s *Server) withCharts(f *Frame) {
	f.Scripts = append(f.Scripts, s.assets.href(chartJS))
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
	lines, err := v.arrivals(ctx, last, last)
	if err != nil {
		s.opts.Log.Error("the date bar could not be made", "error", err)
		return bar
	}
	due, in := 0, 0
	for _, line := range lines {
		for _, d := range line.Days {
			if d.Arrival != measure.NotDue {
				due++
			}
			if d.Arrival == measure.In || d.Arrival == measure.Late {
				in++
			}
		}
	}
	return bar + " " + count(int64(in)) + " of " + plural(int64(due), "extract", "extracts") + " in."
}

// ruleVersion names the rule set in force today.
func (s *Server) ruleVersion() string {
	return s.opts.Rules.Name + " " + s.opts.Rules.On(s.today()).Version
}

// today is the calendar day in the service's zone.
func (s *Server) today() delay.Day { return delay.DayOf(s.opts.Now().In(s.opts.Zone)) }

// aboutFigures makes the foot of a data page. path is the page's, q its query
// with real dates.
func (s *Server) aboutFigures(path string, q url.Values, asAt delay.Day, measures ...string) *about {
	basis, _ := measure.ParseBasis(q.Get(wordBasis))
	a := &about{Basis: basis.Words(), RuleSet: s.ruleVersion(), AsAt: asAt.Long()}
	if asAt == 0 {
		a.AsAt = "no extracts yet"
	}
	for _, id := range measures {
		if d, ok := measure.DefinitionOf(id); ok {
			a.Measures = append(a.Measures, link{Text: d.ID + " " + d.Name, Href: "/definitions/" + d.ID})
		}
	}
	a.Links = []link{{"CSV", address(path+".csv", q)}, {"JSON", address(path+".json", q)}}
	print := url.Values{wordView: {"print"}}
	maps.Copy(print, q)
	a.Print = address(path, print)
	a.Fixed = address(path, q)
	return a
}

// address joins a path and query; the words come out in a fixed order.
func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// dated writes the query that asks for the same figures again: filter, real
// dates and basis.
func dated(f measure.Filter, from, to delay.Day) url.Values {
	q := filterQuery(f)
	q.Set(wordFrom, from.String())
	q.Set(wordTo, to.String())
	q.Set(wordBasis, f.Basis.String())
	return q
}

// svg marks a drawing of package chart as markup: it holds no script, style
// block or outside address, and every name in it is escaped there.
func svg(b []byte) template.HTML { return template.HTML(b) }
