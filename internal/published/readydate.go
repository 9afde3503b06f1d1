package published

import (
	"regexp"
	"slices"
	"strings"

	"homeward/internal/extract"
)

// The measures of the discharge ready date.
const (
	Discharges = "discharges"
	SameDay    = "same_day"
	Delayed    = "delayed"
	BedDays    = "bed_days"
)

// bandOf gives the band of delay that a heading names, as 0, 1, 2-3 … 21+.
func bandOf(heading string) string {
	k := key(strings.NewReplacer("-", "to", "–", "to").Replace(heading))
	switch {
	case strings.Contains(k, "nodelay"):
		return "0"
	case strings.Contains(k, "21days"), strings.Contains(k, "21+"), strings.Contains(k, "21ormore"):
		return "21+"
	}
	for _, b := range []string{"14-20", "7-13", "4-6", "2-3"} {
		if strings.Contains(k, strings.Replace(b, "-", "to", 1)+"day") {
			return b
		}
	}
	if oneDay.MatchString(k) {
		return "1"
	}
	return ""
}

var oneDay = regexp.MustCompile(`(^|\D)1day`)

// readyMeasure names a measure of the discharge ready date by its heading, with
// what stands above the heading where one heading stands in several blocks.
func readyMeasure(heading, above string) (measure, breakdown string) {
	k := key(above + " " + heading)
	has := func(s string) bool { return strings.Contains(k, s) }
	switch {
	case has("average") && (has("inc0") || has("including0") || has("inczero")):
		return "average_days_with_zero", ""
	case has("average") && (has("exc0") || has("excluding0") || has("exczero")):
		return "average_days_without_zero", ""
	case has("sameasdischargereadydate"), has("sameasthedischargereadydate"):
		return "share_same_day", ""
	case has("1+daysafter"):
		return "share_delayed", ""
	case has("%") && has("acceptabletrusts"):
		return "share_from_acceptable_trusts", ""
	case has("fromacceptabletrusts"), has("patientsdischargedintotal"), k == "totaldischarges", k == "numberofpatientsdischarged":
		return Discharges, ""
	case has("utlapatientsfromprovider"):
		return "discharges_of_council_at_provider", ""
	case has("totalbeddayslost"):
		return BedDays, ""
	}
	band := bandOf(heading)
	switch {
	case band == "":
		return slug(heading), ""
	case has("beddays") && (has("share") || has("%") || has("proportion")):
		return "share_of_bed_days", "delay=" + band
	case has("beddays"):
		return BedDays, "delay=" + band
	case has("ofdelayed") && (has("share") || has("%") || has("proportion")):
		return "share_of_delayed", "delay=" + band
	case has("share"), has("%"), has("proportion"):
		return "share_of_discharges", "delay=" + band
	}
	return Discharges, "delay=" + band
}

var acceptable = regexp.MustCompile(`^utlaacceptable$`)

// readyDateBook reads the monthly workbook of the discharge ready date, of
// which the sheet UTLA Acceptable holds the councils.
func readyDateBook(grids []extract.Grid, _ Options) (*File, error) {
	i := slices.IndexFunc(grids, func(g extract.Grid) bool { return acceptable.MatchString(key(g.Name)) })
	if i < 0 {
		return nil, nil
	}
	cover := coverOf(grids)
	labels(grids[i], cover)
	f := &File{Series: ReadyDate, Title: plain(cover["title"]), Published: dayOf(cover["published"]), Revised: dayOf(cover["revised"])}
	if f.Title == "" {
		f.Title = "Discharge ready date"
	}
	month, ok := date(cover["period"])
	if !ok {
		return nil, refuse("The workbook is %s, and it states no month: found %q beside Period, expected a date. Download it again.",
			f.Title, plain(cover["period"]))
	}
	t := table{File: f, g: grids[i], month: Period{month.Month().First(), Monthly}}
	head := slices.IndexFunc(t.g.Rows, func(r extract.GridRow) bool {
		return slices.ContainsFunc(r.Cells, func(c string) bool { return key(c) == "summarytype" })
	})
	if head < 0 {
		return nil, refuse("The workbook is %s, and its sheet %s has no heading Summary Type: expected it with UTLA Code below the preamble, "+
			"usually in row 15. Nothing was kept. Download it again.", f.Title, plain(t.g.Name))
	}
	if err := t.readyRows(head); err != nil {
		return nil, err
	}
	for j, g := range grids {
		if j != i && len(g.Rows) > 20 && !isCover(g) {
			f.note("The sheet %s was passed over: the councils stand on UTLA Acceptable, and every level in the CSV of the month.", plain(g.Name))
		}
	}
	return f, nil
}

// readyRows reads the rows below the headings of UTLA Acceptable.
func (t *table) readyRows(head int) error {
	headings := t.g.Rows[head].Cells
	find := func(names ...string) int {
		return slices.IndexFunc(headings, func(c string) bool { return slices.Contains(names, key(c)) })
	}
	kind, code, name := find("summarytype"), find("utlacode"), find("utla", "utlaname")
	provider := find("providercode", "orgcode", "providerorgcode", "trustcode")
	if code < 0 {
		return refuse("The workbook is %s, and its sheet %s has no heading UTLA Code beside Summary Type. Nothing was kept. Download it again.",
			t.Title, plain(t.g.Name))
	}
	columns := t.readyColumns(head)
	if !slices.ContainsFunc(columns, func(c column) bool { return c.measure == Discharges && c.breakdown == "" }) ||
		!slices.ContainsFunc(columns, func(c column) bool { return c.measure == BedDays && c.breakdown == "" }) {
		return refuse("The workbook is %s, and its sheet %s has no headings for all discharges and all bed days: expected \"Total Discharges "+
			"for UTLA from acceptable trusts\" and \"Total bed days lost due to delayed discharge\". Nothing was kept. Download it again.",
			t.Title, plain(t.g.Name))
	}
	for _, r := range t.g.Rows[head+1:] {
		level, breakdown := readyLevel(at(r.Cells, kind)), ""
		area, label := plain(at(r.Cells, code)), plain(at(r.Cells, name))
		switch {
		case key(at(r.Cells, kind)) == "":
			continue // a note
		case level == "":
			t.note("Rows of the summary type %s were passed over.", plain(at(r.Cells, kind)))
			continue
		case level == Nation:
			area, label = nationCode, "England"
		case level != Council:
			t.note("Rows of the summary type %s on the councils' sheet were passed over.", plain(at(r.Cells, kind)))
			continue
		case isMapped(at(r.Cells, kind)):
			if provider < 0 || plain(at(r.Cells, provider)) == "" {
				t.note("Rows of councils by provider were passed over: the sheet has no column of provider codes.")
				continue
			}
			breakdown = "provider=" + noDivider(plain(at(r.Cells, provider)))
		}
		if level == Council && !councilCode.MatchString(area) {
			t.note("Rows whose council is %s and no council of England were passed over.", map[bool]string{true: "blank", false: area}[area == ""])
			continue
		}
		for _, c := range columns {
			both := c.breakdown
			if breakdown != "" {
				both = strings.TrimSuffix(c.breakdown+"; "+breakdown, "; ")
				both = strings.TrimPrefix(both, "; ")
			}
			if err := t.add(r.Line, t.month, level, area, label, c.measure, both, at(r.Cells, c.at)); err != nil {
				return err
			}
		}
	}
	return nil
}

var councilCode = regexp.MustCompile(`^E\d{8}$`)

// readyColumns names the columns of figures. A heading that stands a second
// time needs the heading of its block above it.
func (t *table) readyColumns(head int) []column {
	var out []column
	used := map[string]bool{}
	above := ""
	for i, c := range t.g.Rows[head].Cells {
		if head > 0 {
			if block := plain(at(t.g.Rows[head-1].Cells, i)); block != "" {
				above = block
			}
		}
		k := key(c)
		if k == "" || k == "summarytype" || strings.HasSuffix(k, "code") || strings.HasSuffix(k, "name") || k == "utla" || k == "region" ||
			k == "icb" || k == "provider" || k == "trust" {
			continue
		}
		measure, breakdown := readyMeasure(c, "")
		if used[measure+breakdown] || above != "" && strings.Contains(breakdown, "delay=") {
			measure, breakdown = readyMeasure(c, above)
		}
		if measure == "" || used[measure+breakdown] {
			t.note("The column %s, which stands several times, was read where it stands first.", plain(c))
			continue
		}
		used[measure+breakdown] = true
		out = append(out, column{at: i, period: t.month, measure: measure, breakdown: breakdown})
	}
	return out
}

// readyLevel gives the level of a summary type or data type, empty when it is
// not known.
func readyLevel(kind string) Level {
	switch k := key(kind); {
	case k == "national", k == "england":
		return Nation
	case k == "regional", k == "region":
		return Region
	case k == "icb":
		return ICB
	case k == "provider", k == "trust":
		return Provider
	case strings.HasPrefix(k, "utla"), isMapped(kind):
		return Council
	}
	return ""
}

func isMapped(kind string) bool { return strings.Contains(key(kind), "mappedtoutla") }
