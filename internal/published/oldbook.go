package published

import (
	"regexp"
	"slices"
	"strings"

	"homeward/internal/extract"
)

// oldBook reads the old return's monthly workbook by council, saved as .xlsx:
// it was published as .xls only. Its sheets divide the same days by type of
// care, responsible organisation and reason.
func oldBook(grids []extract.Grid, _ Options) (*File, error) {
	about := map[string]string{}
	for _, g := range grids {
		labels(g, about)
	}
	title := about["title"]
	if grids == nil || grids[0].Name == "" || !strings.Contains(key(title), "delayedtransfersofcare") {
		return nil, nil
	}
	f := &File{Series: OldReturn, Title: plain(title), Published: dayOf(about["published"]), Revised: dayOf(about["revised"])}
	month, ok := date(about["period"])
	if !ok {
		return nil, refuse("The workbook is %s, and it states no month: found %q beside Period, expected a month such as December 2019. Save it "+
			"again as it was published, as .xlsx.", f.Title, plain(about["period"]))
	}
	for _, g := range grids {
		t := table{File: f, g: g, month: Period{month.Month().First(), Monthly}}
		read, err := t.oldSheet()
		if err != nil {
			return nil, err
		}
		if !read && len(g.Rows) > 10 {
			f.note("The sheet %s was passed over: it has no councils.", plain(g.Name))
		}
	}
	return f, nil
}

var reasonLetter = regexp.MustCompile(`^([A-Z]I{0,2})\)`)

// oldColumn names a column of the old return, empty when it is none.
func oldColumn(heading string) (measure, breakdown string) {
	if m := reasonLetter.FindStringSubmatch(strings.ToUpper(plain(heading))); m != nil {
		return DelayedDays, "reason=" + m[1]
	}
	switch k := key(heading); k {
	case "nhs", "nhsdays":
		return DelayedDays, "body=NHS"
	case "socialcare", "socialcaredays":
		return DelayedDays, "body=Social care"
	case "both", "bothdays":
		return DelayedDays, "body=Both"
	case "acute", "acutedays":
		return DelayedDays, "care=acute"
	case "nonacute", "nonacutedays":
		return DelayedDays, "care=non-acute"
	case "total", "totaldays", "totaldelayeddays":
		return DelayedDays, ""
	case "dtocbeds", "averagenumberofpeopledelayedperday":
		return "dtoc_beds", ""
	}
	return "", ""
}

// oldSheet reads one sheet of councils; read is false when it is none.
func (t *table) oldSheet() (read bool, err error) {
	has := func(r extract.GridRow, name string) int {
		return slices.IndexFunc(r.Cells, func(c string) bool { return key(c) == name })
	}
	head := slices.IndexFunc(t.g.Rows, func(r extract.GridRow) bool { return has(r, "code") >= 0 && has(r, "name") >= 0 })
	if head < 0 {
		return false, nil
	}
	code, name := has(t.g.Rows[head], "code"), has(t.g.Rows[head], "name")
	var columns []column
	for i, c := range t.g.Rows[head].Cells {
		if measure, breakdown := oldColumn(c); measure != "" {
			columns = append(columns, column{at: i, period: t.month, measure: measure, breakdown: breakdown})
		}
	}
	if len(columns) == 0 {
		return false, nil
	}
	for _, r := range t.g.Rows[head+1:] {
		of, level, area := plain(at(r.Cells, name)), Council, plain(at(r.Cells, code))
		if of == "" || !slices.ContainsFunc(columns, func(c column) bool { return at(r.Cells, c.at) != "" }) {
			continue // a note below the table
		}
		if isEngland(of) {
			level, area = Nation, nationCode
		}
		for _, c := range columns {
			if err := t.add(r.Line, c.period, level, area, of, c.measure, c.breakdown, at(r.Cells, c.at)); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}
