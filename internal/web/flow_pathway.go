package web

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/web/page"
)

// byPathway is a split of the flow page: where some hospital lists everybody in a
// bed, by the pathways that these lists state, as the situation report counts.
const byPathway = "pathway"

var flowShared = []string{page.WordFrom, page.WordTo, page.WordLast, page.WordGrain, page.WordProvider, page.WordCouncil, page.WordKnown,
	page.WordView}

type pathwayFlowAsked struct {
	nationalAsked
	from, to delay.Day
	grain    measure.Dimension
	// flows are of each step of the period, whole of the whole of it.
	flows, whole []national.PathwayFlow
}

type pathwayFlowView struct {
	page.Frame
	Showing, Empty string
	Filters        page.Filters
	Late           []string
	Charts         []page.Chart // of everybody
	Each           []page.Chart // a pathway each
	Whole, Steps   page.Table
	StepsWords     string
	Few            bool // the steps stand open
}

// pathwaySplit says whether an address asks for the flow by pathway.
func (s *Server) pathwaySplit(c echo.Context) bool {
	return s.opts.Beds && slices.Equal(page.Values(c.QueryParams(), wordSplit), []string{byPathway})
}

// pathwayFlowOf reads the address and counts.
func (s *Server) pathwayFlowOf(c echo.Context) (pathwayFlowAsked, error) {
	var a pathwayFlowAsked
	var err error
	if a.nationalAsked, err = s.askedNational(c, "/flow", flowShared, []string{wordSplit}); err != nil || a.last == 0 {
		return a, err
	}
	if a.grain = a.Grain; a.grain == "" {
		a.grain = measure.ByWeek
	}
	if a.from, a.to, err = a.Period(a.last); err != nil {
		return a, err
	}
	a.to = max(a.from, min(a.to, a.last))
	var steps [][2]delay.Day
	for first := a.from; first <= a.to; {
		last := first
		switch a.grain {
		case measure.ByWeek:
			last = first.Week() + 6
		case measure.ByMonth:
			last = first.Month().Last()
		}
		steps = append(steps, [2]delay.Day{first, min(last, a.to)})
		first = last + 1
	}
	asked := national.Asked{AgeFloor: adult, Councils: a.Filter.Councils, Evidence: a.ledger.Days}
	a.flows = national.PathwayFlows(a.ledger.Stays, s.opts.Defs, asked, steps...)
	a.whole = national.PathwayFlows(a.ledger.Stays, s.opts.Defs, asked, [2]delay.Day{a.from, a.to})
	return a, nil
}

func (a pathwayFlowAsked) query() url.Values {
	q := page.FilterQuery(a.Filter)
	q.Set(page.WordFrom, a.from.String())
	q.Set(page.WordTo, a.to.String())
	q.Set(page.WordGrain, string(a.grain))
	maps.Copy(q, a.own)
	return a.see.keep(q)
}

func (s *Server) pathwayFlowPage(c echo.Context) error {
	v, err := s.pathwayFlowShown(c)
	if err != nil {
		return err
	}
	return s.page(c, "flow-pathway", v)
}

// pathwayFlowShown reads the address and fills in the page.
func (s *Server) pathwayFlowShown(c echo.Context) (pathwayFlowView, error) {
	a, err := s.pathwayFlowOf(c)
	if err != nil {
		return pathwayFlowView{}, err
	}
	v := pathwayFlowView{Frame: s.nationalFrame(c, a.nationalAsked, "Flow by pathway", "Flow by pathway")}
	if a.last == 0 {
		v.Empty = noBeds
		return v, nil
	}
	q := a.query()
	v.Showing = "Showing " + s.opts.Places.FilterWords(a.Filter) + ", people of 18 and over, " + span(a.from, a.to) + "."
	form := s.flowGroups(measure.Flows{TrendQuery: measure.TrendQuery{Filter: a.Filter, Grain: a.grain, Split: byPathway}}, true)
	v.Filters = page.Filters{Action: "/flow", Clear: "/flow", Words: v.Showing,
		Dates:   &page.DateFields{From: a.from.String(), To: a.to.String()},
		Groups:  append(form, s.nationalGroups(a.Filter)...),
		Periods: page.PeriodLinks("/flow", a.Filter, a.see.keep(url.Values{page.WordGrain: {string(a.grain)}, wordSplit: {byPathway}}), a.last),
		Known:   s.momentField(a.see)}
	v.Late = s.late(a.ledger, a.to)
	s.withCharts(&v.Frame)
	s.drawPathways(c.Request().Context(), a, q, &v)
	s.mark(c, &v.Frame, a.from, a.to, v.Charts...)
	v.Whole = pathwayTable("flow-all", "From "+a.from.Long()+" to "+a.to.Long(), a.whole, "")
	v.Steps = pathwayTable("flow-steps", "By "+string(a.grain), a.flows, a.grain)
	v.StepsWords = fmt.Sprintf("Every %s by pathway: %d rows", a.grain, len(a.flows))
	v.Few = len(a.flows) <= fewSteps
	v.About = s.definedBy(a.nationalAsked, q, "People of 18 and over remaining, as England's acute discharge situation report counts",
		s.conventionLink(conventionReady))
	v.About.Links = append(v.About.Links, page.Link{Text: "Excel", Href: page.Address("/flow.xlsx", q)})
	s.fix(c.Request().Context(), v.About, a.see, a.path, q)
	return v, nil
}

// drawPathways draws the flow of everybody and of each pathway.
func (s *Server) drawPathways(ctx context.Context, a pathwayFlowAsked, q url.Values, v *pathwayFlowView) {
	definition := measure.UpperFirst(pathwayFlowWords)
	var all []national.PathwayFlow
	for _, f := range a.flows {
		if n := len(all); n == 0 || all[n-1].First != f.First {
			all = append(all, national.PathwayFlow{First: f.First, Last: f.Last})
		}
		all[len(all)-1].Add(f)
	}
	place := s.place(a.Filter)
	o := chart.TrendOptions{ID: "flow-net", Place: place}
	links := []page.Link{{Text: downloadCSV, Href: page.Address("/flow.csv", q)}}
	v.Charts = []page.Chart{s.charted(ctx, chart.NetFlowOf(a.netSteps(all), a.grain, o, definition, a.last), across, links, a.Print)}
	for _, whole := range a.whole {
		of := make([]national.PathwayFlow, len(all))
		for i := range all {
			of[i].First, of[i].Last = all[i].First, all[i].Last
		}
		for _, f := range a.flows {
			if f.Pathway == whole.Pathway { // A step without anybody on it is left out.
				of[slices.IndexFunc(of, func(o national.PathwayFlow) bool { return o.First == f.First })].Add(f)
			}
		}
		o := chart.TrendOptions{ID: "flow-net-" + page.SlugOr(whole.Pathway), Place: place,
			Name: strings.TrimSpace(whole.Pathway + " " + pathwayNames[whole.Pathway])}
		v.Each = append(v.Each, s.charted(ctx, chart.NetFlowOf(a.netSteps(of), a.grain, o, definition, a.last), panel, links, a.Print))
	}
}

// netSteps gives flows as a chart of net flow has them. Until every hospital has
// sent a list, those who are on the first one would stand as if all had become
// ready then.
func (a pathwayFlowAsked) netSteps(flows []national.PathwayFlow) []chart.NetStep {
	// The lists of everybody may have begun later than the extracts.
	begun := map[string]delay.Day{}
	for _, stay := range a.ledger.Stays {
		for _, p := range stay.Periods {
			if at, ok := begun[stay.Provider]; p.Listed != 0 && (!ok || p.Listed < at) {
				begun[stay.Provider] = p.Listed
			}
		}
	}
	out := make([]chart.NetStep, len(flows))
	for i, f := range flows {
		out[i] = chart.NetStep{First: f.First, Last: f.Last, New: int64(f.Ready), Ended: int64(f.Gone()), Moved: int64(f.Moved()),
			Start: int64(f.Start), Less: slices.ContainsFunc(a.ledger.Beds, func(p string) bool {
				on := a.ledger.Days[p]
				return len(on) == 0 || max(on[0], begun[p]) >= f.First || on[len(on)-1] < f.Last
			})}
	}
	return out
}

// fewSteps is how many rows stand open below the whole: four weeks of what
// England's pathways are.
const fewSteps = 20

// pathwayTable has a row for each pathway, and each step where there are several.
func pathwayTable(id, caption string, flows []national.PathwayFlow, grain measure.Dimension) page.Table {
	t := page.Table{ID: id, Caption: caption}
	if grain != "" {
		t.Head = []page.Head{{Text: measure.UpperFirst(string(grain))}}
	}
	t.Head = append(t.Head, page.Head{Text: "Pathway"})
	for _, n := range flowNumbers(national.PathwayFlow{}) {
		t.Head = append(t.Head, page.Head{Text: measure.UpperFirst(n.name), Numeric: true})
	}
	var all national.PathwayFlow
	cells := func(f national.PathwayFlow) []page.Cell {
		var out []page.Cell
		for _, n := range flowNumbers(f) {
			out = append(out, numeric(n.n))
		}
		return out
	}
	for _, f := range flows {
		name := page.Cell{Text: strings.TrimSpace(f.Pathway + " " + pathwayNames[f.Pathway]), Header: grain == ""}
		row := []page.Cell{name}
		if grain != "" {
			row = []page.Cell{{Text: span(f.First, f.Last), Header: true}, name}
		}
		t.Rows = append(t.Rows, append(row, cells(f)...))
		all.Add(f)
	}
	if grain == "" {
		t.Foot = append([]page.Cell{{Text: "All", Header: true}}, cells(all)...)
	}
	return t
}

func (s *Server) pathwayFlowTwin(a pathwayFlowAsked) page.Twin {
	t := page.Twin{Title: "Flow by pathway", RuleVersion: s.setsInUse(a.ledger), From: a.from.String(), To: a.to.String(),
		Measure: "pathways", AsAt: a.last.String(), Definitions: []string{pathwayFlowWords}, Convention: conventionReady,
		Columns: []page.Column{{Name: orWords(string(a.grain), string(measure.ByWeek))}, {Name: "last_day"}, {Name: byPathway}}}
	for _, n := range flowNumbers(national.PathwayFlow{}) {
		t.Columns = append(t.Columns, page.Column{Name: columnName(n.name), Number: true})
	}
	t.Columns = append(t.Columns, page.Column{Name: "age_floor", Number: true})
	for _, f := range a.flows {
		row := []string{periodText(f.First, a.grain), f.Last.String(), page.SlugOr(f.Pathway)}
		for _, n := range flowNumbers(f) {
			row = append(row, strconv.Itoa(n.n))
		}
		t.Rows = append(t.Rows, append(row, fmt.Sprint(adult)))
	}
	return t
}
