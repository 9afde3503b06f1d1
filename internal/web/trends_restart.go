package web

import (
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/measure"
	"homeward/internal/web/page"
)

// offerView is a day from which the limits of a chart might start again, with the
// form that does it for everyone; what it posts is a note that starts them again.
type offerView struct {
	ID, Words, Day, From      string
	Metric, Provider, Council string
	// Chart leads to the chart on which limits can be started again, where this is
	// not it.
	Chart page.Link
}

// What stands over the offers.
const (
	restartsWhole = "Average and limits of the whole chart do not describe what has been for a long time. Where the way of working " +
		"changed, limits start again from that day, on this measure's charts for everyone, as a numbered note with its reason. It can be " +
		"withdrawn."
	restartsPart = "Average and limits of the whole chart do not describe what has been for a long time. Limits start again for a measure " +
		"as a whole, at one hospital, one council or everywhere, and then on all of its charts. This page shows parts of it."
	restartsEach = "Average and limits do not describe what has been for a long time. Each has its own chart, on which its limits can start " +
		"again, for everyone and with a reason."
)

// offerRestarts has the page of a chart say where its limits might start again after a
// long shift, and lead from a stock to the flows. Limits start again of a measure at
// a hospital or council, or everywhere, so a chart that is narrower says so and leads
// to the whole, and one of several to itself. One of a past moment offers none.
func (s *Server) offerRestarts(c echo.Context, a trendAsked, t measure.Trend, drawn trendCharts, v *trendsView) {
	if a.Chart != chartControl {
		return
	}
	if t.Metric.Stock() {
		for _, m := range metrics(a.see.book) {
			if m.ID == measure.NewDelays || m.ID == measure.EndedDelays {
				q := a.query()
				q.Set(wordMeasure, m.Word)
				q.Del(page.WordBasis) // Whole waits are counted whatever is agreed.
				v.Flows = append(v.Flows, page.Link{Text: measureWords(m), Href: page.Address("/trends", q)})
			}
		}
	}
	if a.see.text != "" {
		return
	}
	v.Restarts, v.OffersWords = s.mayAnnotate(c), restartsWhole
	for i, control := range drawn.Controls {
		f := narrowed(t.Filter, t.Split, t.Series[i].Cell)
		whole, part := s.wholeOf(f)
		for _, o := range control.Offers {
			one := offerView{ID: "restart-" + o.Day.String(), Words: o.Words, Day: o.Day.String(), From: o.Day.Long(), Metric: t.Metric.Word,
				Provider: strings.Join(whole.Providers, "")}
			for _, council := range whole.Councils {
				one.Council = string(council)
			}
			if drawn.One == nil {
				one.Words = drawn.Names[i] + ": " + one.Words
			}
			switch {
			case part:
				one.Chart, v.OffersWords = page.Link{Text: "The whole chart", Href: a.alone(whole)}, restartsPart
			case drawn.One == nil:
				one.Chart, v.OffersWords = page.Link{Text: "Its chart", Href: a.alone(f)}, restartsEach
			}
			v.Offers = append(v.Offers, one)
			if drawn.One == nil {
				break // The newest of each; its own chart has the others.
			}
		}
	}
	if len(v.Offers) > 0 && len(v.Charts) == 1 {
		v.Charts[0].Strip = &page.Strip{Head: "Limits may be out of date.", Words: v.Offers[0].Words,
			Link: page.Link{Text: "Start the limits again", Href: "#restart"}}
		switch {
		case v.OffersWords != restartsWhole:
			v.Charts[0].Strip.Link.Text = "Where limits start again"
		case !v.Restarts:
			v.Charts[0].Strip.Link.Text = "Who can start them again"
		}
	}
}

// wholeOf gives the series to which limits belong: of one hospital or all, one
// council or all, everybody in it. part says that f is narrower.
func (s *Server) wholeOf(f measure.Filter) (whole measure.Filter, part bool) {
	whole = measure.Filter{Book: f.Book, Basis: f.Basis}
	part = len(f.Bodies)+len(f.Reasons)+len(f.Care)+len(f.Pathways)+len(f.States) > 0
	if len(f.Providers) == 1 {
		whole.Providers = f.Providers
	}
	// Nobody can be named as where it happened when the council is not known.
	if len(f.Councils) == 1 && s.opts.Places.CouncilName(f.Councils[0]) != "" {
		whole.Councils = f.Councils
	}
	part = part || len(whole.Providers) != len(f.Providers) || len(whole.Councils) != len(f.Councils)
	return whole, part
}

// alone is the address of the one control chart of what f asks for, where limits
// can be started again.
func (a trendAsked) alone(f measure.Filter) string {
	a.TrendQuery.Filter, a.Split, a.Compare = f, "", false
	return page.Address("/trends", a.query()) + "#restart"
}

// notedBy says who put a note on the charts and when: an account is not named on a
// page that others read, its role is.
func (s *Server) notedBy(n chart.Note) string {
	if n.At.IsZero() || n.By == "" {
		return ""
	}
	by := n.By
	if strings.Contains(by, "@") {
		by = "an analyst"
	}
	return "Noted by " + by + " on " + n.At.In(s.opts.Zone).Format("2 January 2006") + "."
}
