package published

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/extract"
)

// layout is a table with one row of headings: how it is told, and how a row is
// read. Headings are compared by key; alternatives stand with | between, and *
// stands for anything.
type layout struct {
	series, title string
	needs         []string
	read          func(*row) error
}

// headingWithin is how many rows may stand above the headings.
const headingWithin = 40

// flatFile reads a table with one row of headings: every CSV, and a workbook
// that holds the same.
func flatFile(grids []extract.Grid, o Options) (*File, error) {
	for _, g := range grids {
		for i, r := range g.Rows[:min(len(g.Rows), headingWithin)] {
			headings := make([]string, len(r.Cells))
			for j, c := range r.Cells {
				headings[j] = statsWales(key(c))
			}
			var best *layout
			for k := range layouts {
				l := &layouts[k]
				if !slices.ContainsFunc(l.needs, func(want string) bool { return find(headings, want) < 0 }) &&
					(best == nil || len(l.needs) > len(best.needs)) {
					best = l
				}
			}
			if best != nil {
				return best.file(g, i, headings, o)
			}
		}
	}
	return nil, nil
}

// statsWales takes off what StatsWales puts after its headings.
func statsWales(k string) string {
	for _, end := range []string{"itemnameeng", "itemname"} {
		if name, ok := strings.CutSuffix(k, end); ok {
			return name
		}
	}
	return k
}

func find(headings []string, want string) int {
	for pattern := range strings.SplitSeq(want, "|") {
		for i, h := range headings {
			if ok, _ := path.Match(pattern, h); ok && h != "" {
				return i
			}
		}
	}
	return -1
}

// row is one row of a table that is being read.
type row struct {
	*table
	o        Options
	headings []string
	labels   []string
	found    map[string]int
	line     int
	cells    []string
	days     map[string]delay.Day
	// owners are the labels that measures were read of.
	owners map[string]string
}

func (l *layout) file(g extract.Grid, head int, headings []string, o Options) (*File, error) {
	f := &File{Series: l.series, Title: l.title}
	r := &row{table: &table{File: f, g: g}, o: o, headings: headings, labels: g.Rows[head].Cells, found: map[string]int{},
		days: map[string]delay.Day{}, owners: map[string]string{}}
	for _, above := range g.Rows[:head] {
		r.preamble(above)
	}
	for _, line := range g.Rows[head+1:] {
		filled := 0
		for _, c := range line.Cells {
			if plain(c) != "" {
				filled++
			}
		}
		if filled <= 1 && len(headings) > 2 {
			continue // a note below the table
		}
		r.line, r.cells = line.Line, line.Cells
		if len(line.Cells) < len(headings)/2 {
			return nil, refuse("The file is %s, and row %d has %d cells where the headings have %d: the file looks cut off. Nothing was kept. "+
				"Download it again.", l.title, line.Line, len(line.Cells), len(headings))
		}
		if err := l.read(r); err != nil {
			return nil, err
		}
	}
	f.months()
	f.totals()
	return f, nil
}

// preamble takes the days of publication and revision where the lines above
// the headings state them.
func (r *row) preamble(above extract.GridRow) {
	for i, c := range above.Cells {
		text := plain(c)
		name, rest, _ := strings.Cut(text, ":")
		for _, to := range []struct {
			name string
			day  *delay.Day
		}{{"published", &r.Published}, {"publicationdate", &r.Published}, {"revised", &r.Revised}, {"revisiondate", &r.Revised}} {
			if key(name) == to.name {
				*to.day = cmp.Or(dayOf(rest), dayOf(at(above.Cells, i+1)), *to.day)
			}
		}
	}
}

// is gives the place of a heading.
func (r *row) is(want string) int {
	i, ok := r.found[want]
	if !ok {
		i = find(r.headings, want)
		r.found[want] = i
	}
	return i
}

func (r *row) has(want string) bool { return r.is(want) >= 0 }

func (r *row) text(want string) string { return plain(at(r.cells, r.is(want))) }

// period reads a period of the row; what a workbook or CSV states as the first
// day of a month is the month where the grain says so.
func (r *row) period(want string, grain Grain) (Period, error) {
	text := at(r.cells, r.is(want))
	day, ok := r.days[text]
	if !ok {
		if day, ok = date(text); !ok {
			return Period{}, refuse("The file is %s, and the period of row %d cannot be read: expected a date or a month, such as 2024-06-01 "+
				"or Jun 2024. Nothing was kept. Look at this row, and send the file as it was published.", r.Title, r.line)
		}
		r.days[text] = day
	}
	if grain == Monthly {
		day = day.Month().First()
	}
	return Period{day, grain}, nil
}

// put adds the value of a column, where the file has that column.
func (r *row) put(p Period, level Level, code, name, measure, breakdown, want string) error {
	i := r.is(want)
	if i < 0 {
		return nil
	}
	return r.add(r.line, p, level, code, name, measure, breakdown, at(r.cells, i))
}

// months corrects what some months of the situation report's CSV have: rows of
// a monthly measure dated in another month than every day of the file.
func (f *File) months() {
	if f.Series != AcuteSitrep && f.Series != CommunitySitrep {
		return
	}
	days := map[delay.Month]int{}
	for i := range f.Values {
		if v := &f.Values[i]; v.Period.Grain == Daily && v.Text != "" {
			days[v.Period.First.Month()]++
		}
	}
	if len(days) != 1 {
		return
	}
	for m := range days {
		for i := range f.Values {
			if v := &f.Values[i]; v.Period.Grain == Monthly && v.Period.First.Month() != m {
				f.note("Rows of %s are dated %s, and every day of the file is of %s: they were taken as of %s.", v.Measure, v.Period, m, m)
				v.Period.First = m.First()
			}
		}
	}
}

// layouts are the tables that are read. Of those that fit, the one with the
// most headings is taken.
var layouts = []layout{
	{AcuteSitrep, "Discharge situation report", []string{"period", "level", "orgcode", "metric", "metrictype", "metricgroup", "value"},
		sitrepRow},
	{ReadyDate, "Discharge ready date", []string{"datatype", "date|period|month", "measure*|metric*", "value*"}, readyDateRow},
	{ReadyDate, "Discharge ready date by council", []string{"utlacode", "month|period|date", "discharges", "sameday", "delayed",
		"beddays*"}, readyDateCouncil},
	{OldReturn, "Delayed transfers of care by provider and council", []string{"year", "periodname", "providerorgcode|orgcode",
		"localauthoritycode", "acuteornonacute*", "reasonfordelay*", "nhsbsum|nhsb*", "socialcareb*", "bothb*"}, oldMonthly},
	{OldReturn, "Delayed transfers of care by council", []string{"period|month", "lacode", "laname", "totaldays"}, oldWide},
	{OldReturn, "Delayed transfers of care, England", []string{"period|month", "financialyear", "totaldays"}, oldWide},
	{OldReturn, "Delayed transfers of care, England, by reason", []string{"period|month", "typeofcare", "reasoncode", "nhsdays",
		"socialcaredays", "bothdays"}, oldByReason},
	{OldReturn, "Delayed transfers of care, England, by reason", []string{"month|period", "caretype", "reason", "responsibility",
		"delayeddays"}, oldLong},
	{OldReturn, "Delayed transfers of care by provider", []string{"code|orgcode|providercode", "nhsdtocdays", "socialcaredtocdays"},
		oldTrusts},
	{AcuteSitrep, "Acute discharge situation report, no longer meeting the criteria", []string{"nhstrust*code|icb*code", "date",
		"donotmeetcriteriatoreside"}, packaged(NoLongerMeets, "donotmeetcriteriatoreside")},
	{AcuteSitrep, "Acute discharge situation report, discharged", []string{"nhstrust*code|icb*code", "date", "dischargedtotal"},
		packaged(Discharged, "dischargedtotal")},
	{AcuteSitrep, "Acute discharge situation report, reasons", []string{"nhstrust*code", "date", "delayreason", "delaycount"},
		packagedReasons},
	{ScotlandDays, "Delayed discharge bed days", []string{"monthofdelay|date|month", "hbt|hb|hbcode|ca|ltlacode|hbres", "agegroup*",
		"reasonfordelay|delayreason", "numberofdelayedbeddays|numdelayedbeddays"}, scotlandRow},
	{WalesDelays, "Pathway of care delays", []string{"date|month|censusdate|census*|year",
		"lhb*code|*healthboard*|lhb*name|area*|*localauthority*", "*reason*", "datavalue*|delaycount|value|data|count|numberofdelays"}, walesRow},
	{WalesOld, "Delayed transfers of care, Wales", []string{"date", "hbcode", "hb", "communitycarearrangements", "healthcarearrangements"},
		walesOld},
}

// sitrepRow reads the situation report's CSV, in which every level is stacked.
func sitrepRow(r *row) error {
	group, metric, how := r.text("metricgroup"), r.text("metric"), key(r.text("metrictype"))
	reasons := strings.Contains(key(group), "delayreason")
	grain := Monthly
	switch {
	case strings.Contains(how, "daily"):
		grain = Daily
	case strings.Contains(how, "week") && !reasons:
		grain = Weekly
	}
	p, err := r.period("period", grain)
	if err != nil {
		return err
	}
	measure, breakdown := "", ""
	switch k := key(group); {
	case reasons && (strings.Contains(k, "cost") || strings.Contains(key(metric), "cost")):
		measure, breakdown = "cost", "reason="+noDivider(metric)
	case reasons:
		measure, breakdown = "waiting_reason", "reason="+noDivider(metric)
	case grain == Daily && sitrepMeasure(metric) != "":
		measure = sitrepMeasure(metric)
	case grain == Weekly && extraDays(metric+" "+group) != "":
		measure = extraDays(metric + " " + group)
	case strings.HasPrefix(key(metric), "pathway"), strings.Contains(k, "destination"):
		measure, breakdown = "discharged_to", "destination="+noDivider(metric)
	default:
		measure, breakdown = slug(group), "metric="+noDivider(metric)
	}
	if m := plusDays.FindStringSubmatch(group); reasons && m != nil {
		measure += "_" + m[1] + m[2] + "plus"
	}
	if strings.Contains(key(r.text("orgname")), "community") && r.text("level") == "National" {
		r.Series = CommunitySitrep
	}
	code, name := r.text("orgcode"), r.text("orgname")
	var level Level
	switch key(r.text("level")) {
	case "national":
		level, code = Nation, nationCode
	case "region", "regional":
		level, code = Region, strings.ToUpper(name)
	case "icb":
		level = ICB
	case "provider", "trust":
		level = Provider
	default:
		return refuse("The file is %s, and the level of row %d is %q: expected National, Region, ICB or Provider. Nothing was kept. Look at "+
			"this row, and send the file as it was published.", r.Title, r.line, r.text("level"))
	}
	return r.put(p, level, code, name, measure, breakdown, "value")
}

// readyDateRow reads the discharge ready date's CSV, in which every level is
// stacked. Its headings are known from programs that read the original, not from
// the original itself, so codes are looked for under several names.
func readyDateRow(r *row) error {
	p, err := r.period("date|period|month", Monthly)
	if err != nil {
		return err
	}
	kind := r.text("datatype")
	level := readyLevel(kind)
	council, councilName := r.text("uppertierlocalauthoritycode|utlacode|localauthoritycode"),
		r.text("uppertierlocalauthority|uppertierlocalauthorityname|utla|utlaname|localauthority*")
	org := r.text("orgcode|organisationcode|providercode|trustcode|code")
	orgName := r.text("orgname|organisationname|provider|providername|name")
	var code, name, breakdown string
	switch level {
	case Nation:
		code, name = nationCode, "England"
	case Region:
		code = strings.ToUpper(cmp.Or(given(r.text("region*")), orgName))
		name = code
	case ICB:
		code, name = cmp.Or(given(r.text("icbcode")), org), cmp.Or(given(r.text("icb*")), orgName)
	case Provider:
		code, name = org, orgName
	case Council:
		code, name = cmp.Or(given(council), org), cmp.Or(given(councilName), orgName)
		if isMapped(kind) {
			if given(council) == "" || given(org) == "" {
				r.note("Rows of councils by provider were passed over: the file has no two columns for council and provider.")
				return nil
			}
			breakdown = "; provider=" + noDivider(org)
		} else if !councilCode.MatchString(code) {
			r.note("Rows whose council is no council of England were passed over: %s.", cmp.Or(code, "blank"))
			return nil
		}
	default:
		return refuse("The file is %s, and the data type of row %d is %q: expected National, Regional, ICB, Provider or UTLA Aggregate. Nothing "+
			"was kept. Look at this row, and send the file as it was published.", r.Title, r.line, kind)
	}
	if given(code) == "" {
		return refuse("The file is %s, and row %d (%s) has no code: found the headings %s. Nothing was kept. Send the file as it was published.",
			r.Title, r.line, kind, r.shown())
	}
	label := r.text("measure*|metric*")
	measure, band := readyMeasure(label, "")
	switch {
	case measure == "discharges_of_council_at_provider" && breakdown != "":
		measure = Discharges
	case measure == Discharges && band == "" && level == Council && strings.Contains(key(label), "intotal"):
		measure = inTotal
	}
	// Two labels are never one measure, whatever they are called next year.
	if of := string(level) + key(kind) + measure + band; r.owners[of] == "" {
		r.owners[of] = label
	} else if r.owners[of] != label {
		measure, band = slug(label), ""
	}
	return r.put(p, level, code, name, measure, strings.TrimPrefix(band+breakdown, "; "), "value*")
}

// inTotal is what a council's discharges are called where those from acceptable
// trusts, which bed days are of, may stand beside them.
const inTotal = "discharges_in_total"

// totals takes a council's discharges in total for its discharges where no
// others are stated.
func (f *File) totals() {
	if f.Series != ReadyDate {
		return
	}
	type area struct {
		period          Period
		code, breakdown string
	}
	stated := map[area]bool{}
	for i := range f.Values {
		if v := &f.Values[i]; v.Measure == Discharges && v.Level == Council {
			stated[area{v.Period, v.Code, v.Breakdown}] = true
		}
	}
	for i := range f.Values {
		if v := &f.Values[i]; v.Measure == inTotal && !stated[area{v.Period, v.Code, v.Breakdown}] {
			v.Measure = Discharges
		}
	}
}

// given gives a text that is no mark.
func given(text string) string {
	if _, mark, ok := value(text); ok && mark != "" {
		return ""
	}
	return text
}

// shown gives the headings of the file, for a message.
func (r *row) shown() string {
	var out []string
	for _, l := range r.labels[:min(len(r.labels), 12)] {
		out = append(out, plain(l))
	}
	return strings.Join(out, ", ")
}

func readyDateCouncil(r *row) error {
	p, err := r.period("month|period|date", Monthly)
	if err != nil {
		return err
	}
	code, name := r.text("utlacode"), r.text("utlaname|utla")
	for _, m := range [][2]string{{Discharges, "discharges"}, {SameDay, "sameday"}, {Delayed, "delayed"}, {BedDays, "beddays*"}} {
		if err := r.put(p, Council, code, name, m[0], "", m[1]); err != nil {
			return err
		}
	}
	return nil
}

// DelayedDays is the measure of the old return, PatientsDelayed its count on
// the last Thursday.
const (
	DelayedDays     = "delayed_days"
	PatientsDelayed = "patients_on_last_thursday"
)

// oldMonthly reads the old return's monthly CSV: A are patients on the last
// Thursday, B delayed days, and a blank is nothing.
func oldMonthly(r *row) error {
	first, _, _ := strings.Cut(r.text("year"), "-")
	month, known := monthNamed(r.text("periodname"))
	year := 0
	if _, err := fmt.Sscanf(first, "%d", &year); err != nil || !known {
		return refuse("The file is %s, and row %d is of no month: expected a year such as 2016-17 and a month such as OCTOBER. Nothing was "+
			"kept. Look at this row, and send the file as it was published.", r.Title, r.line)
	}
	if month < 4 && strings.Contains(r.text("year"), "-") {
		year++ // January to March belong to the later calendar year.
	}
	day, ok := dated(year, month, 1)
	if !ok {
		return refuse("The file is %s, and the year of row %d is none in which it was published. Nothing was kept.", r.Title, r.line)
	}
	p := Period{day, Monthly}
	letter, _, _ := strings.Cut(r.text("reasonfordelay*"), "_")
	care := oldCare(r.text("acuteornonacute*"))
	rest := "care=" + care + "; provider=" + noDivider(r.text("providerorgcode|orgcode")) + "; reason=" + noDivider(letter)
	code, name := r.text("localauthoritycode"), r.text("localauthorityname")
	for _, body := range [][3]string{{"NHS", "nhsa*", "nhsb*"}, {"Social care", "socialcarea*", "socialcareb*"},
		{"Both", "botha*", "bothb*"}} {
		for i, measure := range []string{PatientsDelayed, DelayedDays} {
			column := r.is(body[i+1])
			if column < 0 {
				continue
			}
			cell := cmp.Or(plain(at(r.cells, column)), "0")
			if err := r.add(r.line, p, Council, code, name, measure, "body="+body[0]+"; "+rest, cell); err != nil {
				return err
			}
		}
	}
	return nil
}

func oldCare(text string) string {
	if strings.HasPrefix(key(text), "non") {
		return "non-acute"
	}
	return strings.ToLower(text)
}

// oldWide reads tables with a column for each body, reason or type of care.
func oldWide(r *row) error {
	p, err := r.period("period|month", Monthly)
	if err != nil {
		return err
	}
	level, code, name := Nation, nationCode, "England"
	if r.has("lacode") && !isEngland(r.text("laname")) {
		level, code, name = Council, r.text("lacode"), r.text("laname")
	}
	for _, m := range [][3]string{
		{DelayedDays, "body=NHS", "nhsdays"},
		{DelayedDays, "body=Social care", "socialcaredays"},
		{DelayedDays, "body=Both", "bothdays"},
		{DelayedDays, "care=acute", "acutedays"},
		{DelayedDays, "care=non-acute", "nonacutedays"},
		{DelayedDays, "", "totaldays"},
		{"dtoc_beds", "", "dtocbedstotal"},
	} {
		if err := r.put(p, level, code, name, m[0], m[1], m[2]); err != nil {
			return err
		}
	}
	for i, h := range r.headings {
		if letter := strings.ToUpper(h); oldReason.MatchString(letter) {
			if err := r.add(r.line, p, level, code, name, DelayedDays, "reason="+letter, at(r.cells, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// oldReason is the form of the headings under which the old return has its
// reasons: a letter, some divided by i and ii. Which there are is data (D1).
var oldReason = regexp.MustCompile(`^[A-Z]I{0,2}$`)

func oldByReason(r *row) error {
	p, err := r.period("period|month", Monthly)
	if err != nil {
		return err
	}
	rest := "; care=" + noDivider(oldCare(r.text("typeofcare"))) + "; reason=" + noDivider(strings.ToUpper(r.text("reasoncode")))
	for _, body := range [][2]string{{"NHS", "nhsdays"}, {"Social care", "socialcaredays"}, {"Both", "bothdays"}} {
		if err := r.put(p, Nation, nationCode, "England", DelayedDays, "body="+body[0]+rest, body[1]); err != nil {
			return err
		}
	}
	return nil
}

func oldLong(r *row) error {
	p, err := r.period("month|period", Monthly)
	if err != nil {
		return err
	}
	body := r.text("responsibility")
	if key(body) == "socialcare" {
		body = "Social care"
	}
	breakdown := "body=" + noDivider(body) + "; care=" + noDivider(oldCare(r.text("caretype"))) + "; reason=" +
		noDivider(strings.ToUpper(r.text("reason")))
	return r.put(p, Nation, nationCode, "England", DelayedDays, breakdown, "delayeddays")
}

// oldTrusts reads one month of providers; the file does not say which.
func oldTrusts(r *row) error {
	if r.o.Month == 0 {
		return refuse("The file is %s, and it does not say of which month: found its headings only. Give the month, such as 2020-02 "+
			"(the command has --month for it).", r.Title)
	}
	code := r.text("code|orgcode|providercode")
	if given(code) == "" {
		r.note("Rows without a code of a provider were passed over.")
		return nil
	}
	p := Period{r.o.Month.First(), Monthly}
	if err := r.put(p, Provider, code, "", DelayedDays, "body=NHS", "nhsdtocdays"); err != nil {
		return err
	}
	return r.put(p, Provider, code, "", DelayedDays, "body=Social care", "socialcaredtocdays")
}

const trustOrICB = "nhstrust*code|icb*code"

// packaged reads the daily tables as the British Red Cross packages them.
func packaged(measure, want string) func(*row) error {
	return func(r *row) error {
		p, err := r.period("date", Daily)
		if err != nil {
			return err
		}
		level := Provider
		if !r.has("nhstrust*code") {
			level = ICB
		}
		for _, m := range [][2]string{{measure, want}, {"discharged_by_1700", "dischargedby1700"},
			{"discharged_1701_to_2359", "dischargedbetween*"}} {
			if err := r.put(p, level, r.text(trustOrICB), "", m[0], "", m[1]); err != nil {
				return err
			}
		}
		return nil
	}
}

func packagedReasons(r *row) error {
	p, err := r.period("date", Monthly)
	if err != nil {
		return err
	}
	return r.put(p, Provider, r.text("nhstrust*code"), r.text("nhstrust*name"), "waiting_reason", "reason="+noDivider(r.text("delayreason")),
		"delaycount")
}

// scotland is the code of the whole of Scotland.
const scotland = "S92000003"

func scotlandRow(r *row) error {
	p, err := r.period("monthofdelay|date|month", Monthly)
	if err != nil {
		return err
	}
	level, code := Council, r.text("ca|ltlacode")
	if !r.has("ca|ltlacode") {
		level, code = Board, r.text("hbt|hb|hbcode|hbres")
	}
	if code == scotland {
		// Board and council files both have the whole, and must not hide each other.
		level = Nation
	}
	name := ""
	if code == "" {
		name = "not known"
	}
	breakdown := "age=" + noDivider(r.text("agegroup*")) + "; reason=" + noDivider(r.text("reasonfordelay|delayreason"))
	for _, m := range [][2]string{
		{BedDays, "numberofdelayedbeddays|numdelayedbeddays"},
		{"average_beds", "averagedailynumberofdelayedbeds|averagedailydelayedbeds"},
		{Discharges, "discharges"},
		{"median_days_delayed", "dischlodmedian"},
		{"median_stay", "dischlosmedian"},
	} {
		if err := r.put(p, level, code, name, m[0], breakdown, m[1]); err != nil {
			return err
		}
	}
	return nil
}

// walesRow reads pathway of care delays, packaged or from StatsWales, which has
// boards, councils and two measures in one table.
func walesRow(r *row) error {
	p, err := r.period("date|month|censusdate|census*|year", Monthly)
	if err != nil {
		return err
	}
	const boards, councils = "lhb*code|*healthboardcode|*healthboard*|lhb*name|areacode|area*", "*localauthoritycode|*localauthority*"
	level, code, name := Board, r.text(boards), r.text("lhb*name|*healthboardname|*healthboard|area")
	breakdown := ""
	if r.has(councils) {
		council := r.text(councils)
		if r.has("lhb*code|*healthboard*|lhb*name") {
			breakdown = "council=" + noDivider(council) + "; "
		} else {
			level, code, name = Council, council, r.text("*localauthority|*localauthorityname")
		}
	}
	if key(code) == "wales" || code == "W92000004" {
		level = Nation
	}
	measure := "delays"
	if what := key(r.text("measure*|datadescription|variable*")); strings.Contains(what, "day") {
		measure = "days_delayed"
	}
	return r.put(p, level, code, name, measure, breakdown+"reason="+noDivider(r.text("*reason*")),
		"datavalue*|delaycount|value|data|count|numberofdelays")
}

func walesOld(r *row) error {
	p, err := r.period("date", Monthly)
	if err != nil {
		return err
	}
	for i, h := range r.headings {
		if h == "date" || h == "hbcode" || h == "hb" || h == "" {
			continue
		}
		err := r.add(r.line, p, Board, r.text("hbcode"), r.text("hb"), "delays", "reason="+noDivider(plain(r.labels[i])), at(r.cells, i))
		if err != nil {
			return err
		}
	}
	return nil
}
