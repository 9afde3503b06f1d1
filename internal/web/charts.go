package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/chart"
	"homeward/internal/definition"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// chartAlone is the size of a chart on its own page and as a file.
var chartAlone = chart.Size{Width: 1142, Height: 390, Font: 15, Line: 3}

// chartPage is one chart on its own.
type chartPage struct {
	page.Frame
	Showing string
	Chart   page.Chart
	Others  []page.Link
	Filters page.Filters
}

// chart answers for a chart's page and its twins; the extension picks the form.
func (s *Server) chart(c echo.Context) error {
	id, ext, _ := strings.Cut(c.Param("id"), ".")
	i := slices.IndexFunc(chartOrder, func(key string) bool { return key == id || s.chartID(key) == id })
	if i < 0 || !slices.Contains([]string{"", "svg", "csv", "json", "xlsx"}, ext) {
		return s.noChart(c.Param("id"), s.opts.Places.Book)
	}
	key := chartOrder[i]
	id = s.chartID(key)
	a, see, o, err := s.overviewOf(c)
	if err != nil {
		return err
	}
	known := chartsOf(see.book)
	if !slices.Contains(known, key) {
		return s.noChart(c.Param("id"), see.book)
	}
	ctx := c.Request().Context()
	one := chartsByID[key](o, s.place(o.Filter))
	switch ext {
	case "svg":
		b, err := s.drawn.svg(ctx, one.At(chartAlone), true)
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "image/svg+xml", b)
	case "csv":
		return s.sendCSV(c, "homeward-"+id+".csv", s.chartTwin(see, key, one, o))
	case "json":
		return s.sendJSON(c, s.chartTwin(see, key, one, o))
	}
	q := see.keep(page.Dated(o.Filter, o.From, o.To))
	showing := "Showing " + s.opts.Places.FilterWords(o.Filter) + ", " + span(o.From, o.To) + "."
	about := s.aboutFigures("/charts/"+id, q, o.AsAt, chartMeasures[key])
	s.fix(ctx, about, see, "/charts/"+id, q)
	if ext == "xlsx" {
		return s.sendXLSX(c, workbook{Name: "homeward-" + id, About: s.aboutWorkbook(showing, about), Tables: []page.Table{page.ChartTable(one)}})
	}
	v := chartPage{Frame: s.frame(c, s.chartName(key))}
	v.Crumbs = []page.Link{{Text: "Overview", Href: page.Address("/overview", q)}}
	s.asOfMoment(c, &v.Frame, see)
	if a.Print {
		v.BodyClass = "app-view-print"
	}
	s.withCharts(&v.Frame)
	v.Showing = showing
	v.Chart = s.charted(ctx, one, chartAlone, s.chartLinks(key, q)[1:], true)
	s.mark(c, &v.Frame, o.From, o.To, v.Chart)
	for _, other := range known {
		if other != key {
			v.Others = append(v.Others, page.Link{Text: s.chartName(other), Href: page.Address("/charts/"+s.chartID(other), q)})
		}
	}
	v.About = about
	v.About.Links = append(v.About.Links, page.Link{Text: "SVG", Href: page.Address("/charts/"+id+".svg", q)})
	return s.page(c, "chart", v)
}

func (s *Server) noChart(id string, b *definition.Book) error {
	var ids []string
	for _, key := range chartsOf(b) {
		ids = append(ids, s.chartID(key))
	}
	return problem.New(problem.NotFound, "There is no chart %s.%s Charts: %s.", page.Quote(id), page.Suggest(id, ids), strings.Join(ids, ", "))
}

// chartBeds is the chart of delayed days over calendar days. Its address and its
// name are the convention's (D3); this, the first that it ever had, answers under
// every convention.
const chartBeds = "dtoc-beds"

// chartOrder is the order in which charts are listed.
var chartOrder = []string{"delayed-days", chartBeds, "council-share", "reasons"}

// chartsOf leaves the council share out where days are not divided between bodies
// (A8).
func chartsOf(b *definition.Book) []string {
	if b.Divides() {
		return chartOrder
	}
	return slices.DeleteFunc(slices.Clone(chartOrder), func(id string) bool { return id == "council-share" })
}

var chartNames = map[string]string{
	"delayed-days": "Delayed days a month", "council-share": "Council share", "reasons": "Reasons",
}

// chartName is what a chart is called before its finding is known.
func (s *Server) chartName(key string) string {
	return cmp.Or(chartNames[key], s.counting().BedsWords())
}

// chartID is the name of a chart in addresses.
func (s *Server) chartID(key string) string {
	if key == chartBeds {
		return s.counting().BedsID()
	}
	return key
}

// chartTwin is a chart's table as rows; the numbers are those plotted.
func (s *Server) chartTwin(see sight, key string, c chart.Chart, o measure.Overview) page.Twin {
	t := page.Twin{Convention: s.convention(),
		RuleVersion: s.ruleVersionAt(see), Title: c.Title, From: o.From.String(), To: o.To.String(), Measure: chartMeasures[key],
		Definitions: []string{c.Definition}, AsAt: o.AsAt.String(), Basis: o.Filter.Basis}
	for i, head := range c.Table.Head {
		t.Columns = append(t.Columns, page.Column{Name: columnName(head), Number: i > 0})
	}
	rows := c.Table.Rows
	for _, row := range rows {
		out := make([]string, len(row))
		for i, cell := range row {
			switch {
			case cell.Numeric:
				out[i] = strconv.FormatFloat(cell.Value, 'f', -1, 64)
			case i == 0:
				out[i] = cell.Text
			}
		}
		t.Rows = append(t.Rows, out)
	}
	return t
}
