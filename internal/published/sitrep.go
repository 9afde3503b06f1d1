package published

import (
	"regexp"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// The measures of the situation reports.
const (
	NoLongerMeets = "no_longer_meets"
	Discharged    = "discharged"
	Remaining     = "remaining"
)

// sitrepBook reads the workbooks of the acute and community situation reports:
// a month's five tables, or the national time series. Sheets and rows are found
// by what stands in them: hidden sheets come first in some months, and rows and
// columns move.
func sitrepBook(grids []extract.Grid, _ Options) (*File, error) {
	cover := coverOf(grids)
	title := key(cover["title"])
	f := &File{Published: dayOf(cover["published"]), Revised: dayOf(cover["revised"])}
	switch {
	case !strings.Contains(title, "dischargesituationreport"):
		return nil, nil
	case strings.Contains(title, "community"):
		f.Series = CommunitySitrep
	case strings.Contains(title, "acute"):
		f.Series = AcuteSitrep
	default:
		return nil, nil
	}
	f.Title = plain(cover["title"])
	period, ok := date(cover["period"])
	if !ok {
		return nil, refuse("The workbook is the %s, and its cover sheet states no period: found %q beside Period, expected a date. Download "+
			"the workbook again.", f.Title, plain(cover["period"]))
	}
	for _, g := range grids {
		t := table{File: f, g: g, month: Period{period.Month().First(), Monthly}}
		about := t.about()
		var err error
		switch {
		case strings.Contains(about, "nodatawassubmitted"), strings.Contains(about, "nodataweresubmitted"):
			err = t.missing()
		case strings.Contains(about, "numberofpatientswhowerewerenotdischarged"):
			err = t.wide(Daily, "", sitrepMeasure)
		case strings.Contains(about, "numberofadditionaldays"):
			err = t.wide(Weekly, "", extraDays)
		case strings.Contains(about, "dischargedbytheirintendeddischargedestination"):
			err = t.wide(Monthly, "destination", func(string) string { return "discharged_to" })
		case strings.Contains(about, "weeklysnapshotaverage"):
			measure := "waiting_reason"
			if m := losWords.FindStringSubmatch(about); m != nil {
				measure += "_" + m[1] + "plus"
			}
			err = t.wide(Monthly, "reason", func(string) string { return measure })
		case strings.HasPrefix(about, "dailyseries"):
			err = t.series(Daily, "destination", "discharged_to")
		case strings.HasPrefix(about, "weeklyseries"):
			err = t.series(Weekly, "reason", "waiting_reason_14plus")
		case len(g.Rows) > 0 && g.Name != "" && about != "" && key(g.Name) != "contents" && !isCover(g):
			f.note("The sheet %s was passed over: it is none of the tables of the report.", plain(g.Name))
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// isCover says whether a sheet is the cover.
func isCover(g extract.Grid) bool { return len(coverOf([]extract.Grid{g})) > 0 }

// coverOf gives what the cover sheet states, by its labels without the colon.
func coverOf(grids []extract.Grid) map[string]string {
	out := map[string]string{}
	for _, g := range grids {
		if key(g.Name) != "coversheet" && key(g.Name) != "cover" {
			continue
		}
		labels(g, out)
	}
	return out
}

// labels adds the pairs of a label that ends in a colon and the next cell.
func labels(g extract.Grid, out map[string]string) {
	for _, r := range g.Rows[:min(len(g.Rows), 30)] {
		for i, c := range r.Cells {
			name, colon := strings.CutSuffix(plain(c), ":")
			if !colon {
				continue
			}
			for _, next := range r.Cells[i+1:] {
				if next = plain(next); next != "" {
					if _, has := out[key(name)]; !has {
						out[key(name)] = next
					}
					break
				}
			}
			break
		}
	}
}

func dayOf(text string) delay.Day {
	day, _ := date(text)
	return day
}

var losWords = regexp.MustCompile(`lengthofstay(?:of)?(\d+)`)

// sitrepMeasure names the daily measures by their headings.
func sitrepMeasure(heading string) string {
	k := key(heading)
	switch {
	case strings.Contains(k, "remaining"):
		return Remaining
	case strings.Contains(k, "patientsdischarged"):
		return Discharged
	case strings.Contains(k, "nolongermeet"):
		return NoLongerMeets
	}
	return ""
}

var plusDays = regexp.MustCompile(`(\d+) ?\+|(\d+) days? (?:or|and) over`)

// extraDays names the days of the weekly snapshot by the stay of its people.
func extraDays(heading string) string {
	m := plusDays.FindStringSubmatch(plain(heading))
	if m == nil {
		return ""
	}
	return "extra_days_" + m[1] + m[2] + "plus"
}

// table is one sheet of a report.
type table struct {
	*File
	g     extract.Grid
	month Period
}

// about is the sheet's title: the first cell with words that is no link back.
func (t *table) about() string {
	for _, r := range t.g.Rows[:min(len(t.g.Rows), 5)] {
		for _, c := range r.Cells {
			if k := key(c); k != "" && k != "contents" {
				return tableNumber.ReplaceAllString(k, "")
			}
		}
	}
	return ""
}

var tableNumber = regexp.MustCompile(`^table\d+`)

// at gives a cell of a row, blank beyond its end.
func at(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// add adds one value of a cell.
func (t *table) add(line int, p Period, level Level, code, name, measure, breakdown, cell string) error {
	text, mark, ok := value(cell)
	if !ok {
		return t.noNumber(line, measure)
	}
	t.Values = append(t.Values, Value{p, level, code, name, measure, breakdown, text, mark})
	return nil
}

// noNumber refuses a file for a cell. What stands in it is not said: it may be
// anything.
func (t *table) noNumber(line int, measure string) error {
	where := "row"
	if t.g.Name != "" {
		where = "sheet " + plain(t.g.Name) + ", row"
	}
	return refuse("The file is %s, and a cell on %s %d under %s is no figure: expected a number, or a mark such as -, *, [c] or a blank. "+
		"Nothing was kept. Look at this row, and send the file as it was published.", t.Title, where, line, measure)
}

// missing reads how many organisations sent nothing on each day.
func (t *table) missing() error {
	for _, r := range t.g.Rows {
		for i, c := range r.Cells {
			if day, ok := date(c); ok {
				if err := t.add(r.Line, Period{day, Daily}, Nation, nationCode, "England", "missing_organisations", "", at(r.Cells, i+1)); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

const nationCode = "ENG"

// isEngland says whether a cell names the national row.
func isEngland(cell string) bool {
	k := key(cell)
	return k == "england" || strings.HasPrefix(k, "englandtype1")
}

// wide reads a table with a column for each period and measure, and rows for
// England, its regions, then boards and organisations, each block below a row
// of headings of its own.
func (t *table) wide(grain Grain, dimension string, measure func(string) string) error {
	first, names := -1, -1
	for i, r := range t.g.Rows {
		for j, c := range r.Cells[:min(len(r.Cells), 10)] {
			if isEngland(c) {
				first, names = i, j
				break
			}
		}
		if first >= 0 {
			break
		}
	}
	if first < 1 {
		return refuse("The file is %s, and its sheet %s has no row for England: expected England below the headings. Nothing was kept. "+
			"Download the workbook again.", t.Title, plain(t.g.Name))
	}
	columns, err := t.columns(first, names, grain, dimension, measure)
	if err != nil {
		return err
	}
	level := Nation
	for _, r := range t.g.Rows[first:] {
		name, code := plain(at(r.Cells, names)), plain(at(r.Cells, names-1))
		switch k := key(code); {
		case k == "icbcode", k == "stpcode":
			level = ICB
			continue
		case k == "orgcode", k == "providercode":
			level = Provider
			continue
		case name == "" && code == "":
			continue
		}
		of := level
		if level == Nation {
			code = nationCode
			if !isEngland(name) {
				of, code = Region, strings.ToUpper(name)
			}
		}
		name = strings.TrimRight(name, "* ")
		if !slices.ContainsFunc(columns, func(c column) bool { return at(r.Cells, c.at) != "" }) {
			continue // a note below the table
		}
		if code == "" {
			return refuse("The file is %s, and row %d of its sheet %s has no code. Nothing was kept. Look at this row, and send the workbook as "+
				"it was published.", t.Title, r.Line, plain(t.g.Name))
		}
		for _, c := range columns {
			if err := t.add(r.Line, c.period, of, code, name, c.measure, c.breakdown, at(r.Cells, c.at)); err != nil {
				return err
			}
		}
	}
	return nil
}

// column is a column of a wide table.
type column struct {
	at                 int
	period             Period
	measure, breakdown string
}

var weekWords = regexp.MustCompile(`(\d{1,2}/\d{1,2}/\d{4})`)

// columns reads the rows of headings above the first row. A period stands over
// the first of its columns only.
func (t *table) columns(first, names int, grain Grain, dimension string, measure func(string) string) ([]column, error) {
	width := len(t.g.Rows[first].Cells)
	var out []column
	period, above := t.month, ""
	used := map[string]bool{}
	for i := names + 1; i < width; i++ {
		heading := ""
		for _, r := range t.g.Rows[:first] {
			c := plain(at(r.Cells, i))
			if c == "" {
				continue
			}
			text := c
			if m := weekWords.FindString(c); m != "" && grain == Weekly {
				text = m
			}
			if day, ok := date(text); ok && grain != Monthly {
				period = Period{day, grain}
				continue
			}
			if heading != "" {
				above = heading
			}
			heading = c
		}
		if heading == "" && at(t.g.Rows[first].Cells, i) == "" {
			continue
		}
		col := column{at: i, period: period, measure: measure(heading)}
		if grain != Monthly && period == t.month || col.measure == "" || heading == "" {
			return nil, refuse("The file is %s, and column %d of its sheet %s has a heading that is not known: found %q, expected a date and a "+
				"measure above the figures. Nothing was kept; tell the makers of Homeward if this is the file as it was published.",
				t.Title, i+1, plain(t.g.Name), heading)
		}
		if dimension != "" {
			label := heading
			if used[label] && above != "" {
				label = above + ": " + heading
			}
			used[label] = true
			col.breakdown = dimension + "=" + noDivider(label)
		}
		out = append(out, col)
	}
	return out, nil
}

// noDivider takes out of a label what divides dimensions.
func noDivider(label string) string { return strings.ReplaceAll(label, "; ", ", ") }

// series reads the national time series: a row for each day or week.
func (t *table) series(grain Grain, dimension, brokenDown string) error {
	var headings []string
	dates := -1
	for _, r := range t.g.Rows {
		if dates < 0 {
			for i, c := range r.Cells {
				if k := key(c); k == "date" || strings.HasSuffix(k, "weekcommencing") {
					dates, headings = i, r.Cells
				}
			}
			continue
		}
		day, ok := date(at(r.Cells, dates))
		if !ok {
			continue
		}
		for i := dates + 1; i < len(headings); i++ {
			heading := plain(headings[i])
			if heading == "" {
				continue
			}
			measure, breakdown := sitrepMeasure(heading), ""
			if grain == Weekly {
				measure = extraDays(heading)
			}
			if measure == "" {
				measure, breakdown = brokenDown, dimension+"="+noDivider(heading)
			}
			err := t.add(r.Line, Period{day, grain}, Nation, nationCode, "England", measure, breakdown, at(r.Cells, i))
			if err != nil {
				return err
			}
		}
	}
	if dates < 0 {
		return refuse("The file is %s, and its sheet %s has no column Date or Week commencing. Nothing was kept. Download the workbook again.",
			t.Title, plain(t.g.Name))
	}
	return nil
}
