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
}

// offerRestarts has the page of a chart say where its limits might start again after a
// long shift, and lead from a stock to the flows. Limits start again of a measure at
// a hospital or council, or everywhere, so a chart that is narrower offers none; nor
// does one of a past moment.
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
	f := t.Filter
	if a.see.text != "" || drawn.One == nil || len(f.Providers) > 1 || len(f.Councils) > 1 ||
		len(f.Bodies)+len(f.Reasons)+len(f.Care)+len(f.Pathways)+len(f.States) > 0 {
		return
	}
	v.Restarts = s.mayAnnotate(c)
	provider, council := strings.Join(f.Providers, ""), ""
	for _, one := range f.Councils {
		council = string(one)
	}
	if council != "" && s.opts.Places.CouncilName(f.Councils[0]) == "" {
		return // Nobody can be named as where it happened.
	}
	for _, o := range drawn.One.Offers {
		v.Offers = append(v.Offers, offerView{ID: "restart-" + o.Day.String(), Words: o.Words, Day: o.Day.String(), From: o.Day.Long(),
			Metric: t.Metric.Word, Provider: provider, Council: council})
	}
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
