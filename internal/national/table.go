package national

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Table is a national count as a table: its name, what it counts, the
// convention that made it, and cells as text.
type Table struct {
	Name, Title, Convention string
	Words                   string
	Columns                 []string
	Rows                    [][]string
	// LeftOut says of each provider that the table does not count why its lists
	// cannot answer it (D4).
	LeftOut []LeftOut
}

// LeftOut is a provider that a table does not count, and why.
type LeftOut struct {
	Provider string `json:"provider"`
	Why      string `json:"why"`
}

// Lists is what a provider's lists are of.
type Lists struct {
	// Beds says that they are of everybody in a bed (R13); Sets names the code
	// sets of their reasons.
	Beds bool
	Sets []string
}

// Choice is what a table is asked for.
type Choice struct {
	Stays  []Stay
	Window Window
	Defs   *definition.Tables
	// Lists says of each provider what its lists are of, and Days on which days it
	// sent any: a table counts only those who can answer it, and the window is
	// bounded by their days. Nil counts everybody in the window as it is.
	Lists map[string]Lists
	Days  map[string]delay.Calendar
	// Floors are the age floors of England's situation report and discharge
	// ready date; the sources name 16 and 18.
	Floors []int
}

// TableNames lists the tables that Make knows, with what each is.
var TableNames = [][2]string{
	{"days", "delayed days under england-drd and england-dtoc, by provider, council, age, group, reason and pathway"},
	{"sitrep", "England's situation report: remaining and discharged, by day, provider and age floor"},
	{"snapshot", "England's Monday snapshot: 7, 14 and 21 days and over since admission, and since ready"},
	{"ready-dates", "England's discharge ready date: discharges, bed days, bands and the Better Care Fund's days"},
	{"bridge", "from england-dtoc days to remaining to discharge ready date bed days, step by step"},
	{"mhs26", "days of the mental health data set by council, body, reason and age"},
	{"mhs518", "records of the mental health data set"},
	{"bed-days", "Scotland's bed days by council and group"},
	{"census", "people on the census days of Scotland, or of Wales"},
}

// Make makes one table. The error says which names there are.
func Make(name string, c Choice) (Table, error) {
	if len(c.Floors) == 0 {
		c.Floors = []int{16, 18}
	}
	made := map[string]struct {
		make  func(Choice) (Table, error)
		takes takes
	}{
		"days": {days, ofNation("england")}, "sitrep": {sitrep, ofBeds}, "snapshot": {snapshot, ofBeds}, "ready-dates": {readyDates, ofBeds},
		"bridge": {bridge, ofBeds}, "mhs26": {mhs26, ofSets("england-mhsds")}, "mhs518": {mhs518, ofSets("england-mhsds")},
		"bed-days": {bedDays, ofNation("scotland")}, "census": {census, ofNation("scotland", "wales")},
	}
	one, ok := made[name]
	if !ok {
		return Table{}, fmt.Errorf("found the table %q, expected one of %s", name, strings.Join(slices.Sorted(maps.Keys(made)), ", "))
	}
	out, err := c.narrow(name, one.takes)
	if err != nil {
		return Table{}, err
	}
	t, err := one.make(c)
	t.Name, t.LeftOut = name, out
	return t, err
}

// takes says whether a provider's lists can answer a table, and if not why.
type takes func(Lists, *definition.Tables) (why string)

func ofBeds(l Lists, _ *definition.Tables) string {
	if l.Beds {
		return ""
	}
	return "its lists are not of everybody in a bed with criteria to reside"
}

// ofSets takes the providers whose reasons are of a family of code sets.
func ofSets(family string) takes {
	return func(l Lists, _ *definition.Tables) string {
		if slices.ContainsFunc(l.Sets, func(set string) bool { return strings.HasPrefix(set, family) }) {
			return ""
		}
		return "its reasons are of " + andWords(l.Sets) + ", not of " + family
	}
}

// ofNation takes the providers whose reasons are of one of the nations.
func ofNation(nations ...string) takes {
	return func(l Lists, defs *definition.Tables) string {
		for _, set := range defs.CodeSets {
			if slices.Contains(l.Sets, set.Name) && slices.Contains(nations, set.Nation) {
				return ""
			}
		}
		return "its reasons are of " + andWords(l.Sets) + ", not of " + strings.Join(nations, " or ")
	}
}

func andWords(names []string) string {
	if len(names) == 0 {
		return "no code set"
	}
	return strings.Join(names, " and ")
}

// narrow leaves out the providers whose lists cannot answer a table, in order,
// and bounds the window by the days of the others.
func (c *Choice) narrow(name string, can takes) ([]LeftOut, error) {
	if c.Lists == nil {
		return nil, nil
	}
	var out []LeftOut
	var why []string
	taken := map[string]bool{}
	for _, p := range slices.Sorted(maps.Keys(c.Lists)) {
		if reason := can(c.Lists[p], c.Defs); reason != "" {
			out = append(out, LeftOut{p, reason})
			why = append(why, p+": "+reason)
			continue
		}
		taken[p] = true
	}
	if len(taken) == 0 {
		return nil, fmt.Errorf("no provider's lists can answer %s (%s)", name, strings.Join(why, "; "))
	}
	c.Stays = slices.DeleteFunc(slices.Clone(c.Stays), func(s Stay) bool { return !taken[s.Provider] })
	within := &Ledger{Days: maps.Clone(c.Days)}
	maps.DeleteFunc(within.Days, func(p string, days delay.Calendar) bool { return !taken[p] || len(days) == 0 })
	c.Window.From, c.Window.To = within.Extent()
	return out, nil
}

const notKnown = "not known"

func known(s string) string { return cmp.Or(s, notKnown) }

// conventions gives conventions by name.
func (c Choice) conventions(names ...string) ([]*definition.Convention, error) {
	var out []*definition.Convention
	for _, name := range names {
		conv, err := c.Defs.Convention(name)
		if err != nil {
			return nil, err
		}
		out = append(out, conv)
	}
	return out, nil
}

// grouped sums numbers by the cells before them and gives the rows in the
// order of those cells.
type grouped struct {
	sums map[string][]int
	keys map[string][]string
}

func (g *grouped) add(cells []string, numbers ...int) {
	if g.sums == nil {
		g.sums, g.keys = map[string][]int{}, map[string][]string{}
	}
	k := strings.Join(cells, "\x00")
	if g.sums[k] == nil {
		g.sums[k], g.keys[k] = make([]int, len(numbers)), cells
	}
	for i, n := range numbers {
		g.sums[k][i] += n
	}
}

func (g *grouped) rows() [][]string {
	var out [][]string
	for _, k := range slices.SortedFunc(maps.Keys(g.sums), func(a, b string) int { return slices.Compare(g.keys[a], g.keys[b]) }) {
		row := slices.Clone(g.keys[k])
		for _, n := range g.sums[k] {
			row = append(row, strconv.Itoa(n))
		}
		out = append(out, row)
	}
	return out
}

func days(c Choice) (Table, error) {
	conv, err := c.conventions("england-drd", "england-dtoc")
	if err != nil {
		return Table{}, err
	}
	t := Table{Title: "Delayed days", Convention: "england-drd, england-dtoc", Words: conv[0].Words + " " + conv[1].Words,
		Columns: []string{"month", "provider", "council", "age_at_ready", "group", "reason", "pathway", "england_drd_days", "england_dtoc_days"}}
	var g grouped
	for _, l := range Days(c.Stays, c.Window, conv...) {
		group, label := notKnown, notKnown
		if _, code, ok := c.Defs.Reason(l.Step.Reason, l.Month.Last()); ok {
			group, label = known(code.Group), code.Label
		}
		pathway := notKnown
		if l.Step.Pathway != "" {
			pathway = "P" + l.Step.Pathway
		}
		g.add([]string{l.Month.String(), l.Provider, known(string(l.Step.Council)), AgeBand(l.Age), group, label, pathway}, l.Days...)
	}
	t.Rows = g.rows()
	return t, nil
}

func sitrep(c Choice) (Table, error) {
	t := Table{
		Title:      "Situation report by day",
		Convention: "england-drd",
		Words: "Remaining: ready on or before the day and not out by its end. Discharged: left on the day, alive, after a night or more " +
			"and not to another acute hospital, with a ready date or with a blank one.",
		Columns: []string{
			"date",
			"provider",
			"age_floor",
			"remaining",
			"discharged",
			"no_longer_meets",
			"discharged_dated",
			"discharged_blank_date",
			"died",
			"transferred",
			"zero_night",
		},
	}
	from, to := max(c.Window.From, c.Window.First.First()), min(c.Window.To, c.Window.Last.Last())
	for _, d := range Sitrep(c.Stays, from, to, c.Floors...) {
		row := []string{d.Date.String(), d.Provider}
		for _, n := range []int{d.AgeFloor, d.Remaining, d.Discharged(), d.NoLongerMeets(), d.DischargedDated, d.DischargedBlank, d.Died,
			d.Transferred, d.ZeroNight} {
			row = append(row, strconv.Itoa(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func snapshot(c Choice) (Table, error) {
	t := Table{
		Title:      "Monday snapshot",
		Convention: "england-drd",
		Words: "People remaining on Mondays by days since admission and, apart, by days since the ready date; extra days are Monday less " +
			"the ready date. The thresholds are nested and are not to be summed.",
	}
	t.Columns = []string{"monday", "provider", "age_floor"}
	for _, what := range []string{"people_stay", "people_since_ready", "extra_days_stay"} {
		for _, n := range Thresholds {
			t.Columns = append(t.Columns, fmt.Sprintf("%s_%dplus", what, n))
		}
	}
	from, to := max(c.Window.From, c.Window.First.First()), min(c.Window.To, c.Window.Last.Last())
	for _, s := range Snapshots(c.Stays, from, to, c.Floors...) {
		row := []string{s.Monday.String(), s.Provider, strconv.Itoa(s.AgeFloor)}
		for _, numbers := range [][3]int{s.Stay, s.SinceReady, s.ExtraDays} {
			for _, n := range numbers {
				row = append(row, strconv.Itoa(n))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func readyDates(c Choice) (Table, error) {
	t := Table{
		Title:      "Discharge ready date",
		Convention: "england-drd-statistic",
		Words: "Discharges of the month, alive, after a night or more and not to another acute hospital; days from the last ready date " +
			"to discharge, all in the month of discharge. The Better Care Fund's days are bed days divided by discharges.",
		Columns: []string{
			"month",
			"age_floor",
			"by",
			"code",
			"discharges",
			"same_day",
			"delayed",
			"bed_days",
			"share_same_day",
			"share_delayed",
			"mean_inc_zero",
			"mean_exc_zero",
		},
	}
	for _, name := range BandNames {
		t.Columns = append(t.Columns, "band_"+name)
	}
	t.Columns = append(t.Columns, "bcf_days")
	for _, d := range ReadyDates(c.Stays, c.Window.Months(), c.Floors...) {
		row := []string{d.Month.String(), strconv.Itoa(d.AgeFloor), d.By, known(d.Code)}
		for _, n := range []int{d.Discharges, d.SameDay, d.Delayed(), d.BedDays} {
			row = append(row, strconv.Itoa(n))
		}
		row = append(
			row,
			ratio(d.SameDay, d.Discharges),
			ratio(d.Delayed(), d.Discharges),
			ratio(d.BedDays, d.Discharges),
			ratio(d.BedDays, d.Delayed()),
		)
		for _, n := range d.Bands {
			row = append(row, strconv.Itoa(n))
		}
		t.Rows = append(t.Rows, append(row, ratio(d.BedDays, d.Discharges)))
	}
	return t, nil
}

// ratio gives six decimals, and a blank where there is nothing to divide by.
func ratio(a, b int) string {
	if b == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(a)/float64(b), 'f', 6, 64)
}

func bridge(c Choice) (Table, error) {
	conv, err := c.conventions("england-dtoc", "england-drd")
	if err != nil {
		return Table{}, err
	}
	t := Table{Title: "From delayed days to the discharge ready date", Convention: "england-dtoc, england-drd, england-drd-statistic",
		Words:   "Each step says what the count after it has and the one before has not; the steps add up exactly.",
		Columns: []string{"month", "provider", "age_floor", "step", "cause", "days", "running_total"}}
	for _, floor := range c.Floors {
		for _, m := range c.Window.Months() {
			for _, provider := range append(providers(c.Stays), "") {
				for i, s := range Bridge(c.Stays, m, c.Window, provider, floor, conv[0], conv[1]) {
					t.Rows = append(
						t.Rows,
						[]string{
							m.String(),
							cmp.Or(provider, "all"),
							strconv.Itoa(floor),
							strconv.Itoa(i + 1),
							s.Words,
							strconv.Itoa(s.Days),
							strconv.Itoa(s.Running),
						},
					)
				}
			}
		}
	}
	return t, nil
}

// attribWords are the bodies in the words of the mental health data set's
// tables, attribCodes in its codes.
var (
	attribWords = map[delay.Body]string{
		delay.NHS:           "NHS",
		delay.SocialCare:    "Social Care",
		delay.Joint:         "Both",
		delay.NotAttributed: "Not attributed",
	}
	attribCodes = map[delay.Body]string{delay.NHS: "04", delay.SocialCare: "05", delay.Joint: "06"}
)

func mhs26(c Choice) (Table, error) {
	conv, err := c.conventions("england-mhs26")
	if err != nil {
		return Table{}, err
	}
	t := Table{Title: "Days clinically ready for discharge", Convention: conv[0].Name, Words: conv[0].Words,
		Columns: []string{"month", "council", "body", "reason", "label", "age_at_ready", "mhs26_days"}}
	var g grouped
	for _, l := range Days(c.Stays, c.Window, conv...) {
		code, label := c.reason(l.Step.Reason, l.Month.Last())
		band := "18+"
		if l.Age >= 0 && l.Age < 18 {
			band = "under 18"
		}
		g.add([]string{l.Month.String(), known(string(l.Step.Council)), attribWords[l.Step.Body], code, label, band}, l.Days...)
	}
	t.Rows = g.rows()
	return t, nil
}

// reason gives the code and label of a reason, the code set's own code for no
// reason where it has one.
func (c Choice) reason(key delay.Reason, on delay.Day) (code, label string) {
	if _, r, ok := c.Defs.Reason(key, on); ok {
		return r.Code, r.Label
	}
	return notKnown, notKnown
}

func mhs518(c Choice) (Table, error) {
	t := Table{Title: "Records of people clinically ready for discharge", Convention: "england-mhs26",
		Words:   "One record a ready period, reason and body; a change of either ends one record and begins the next.",
		Columns: []string{"person", "start", "end", "reason", "attrib", "council"}}
	for _, r := range Records(c.Stays) {
		end := ""
		if r.End != 0 {
			end = r.End.String()
		}
		code, _ := c.reason(r.Step.Reason, r.Start)
		t.Rows = append(t.Rows, []string{r.Person, r.Start.String(), end, code, attribCodes[r.Step.Body], known(string(r.Step.Council))})
	}
	return t, nil
}

// grouping gives the code set and code of a reason, with the code for which a
// blank stands in the only code set that says so.
func (c Choice) grouping(key delay.Reason, nation string, on delay.Day) (*definition.CodeSet, definition.Code) {
	if set, code, ok := c.Defs.Reason(key, on); ok {
		return set, code
	}
	for _, set := range c.Defs.CodeSets {
		if set.Nation == nation && set.BlankReason != "" {
			code, _ := set.Coded(set.BlankReason, on)
			return set, code
		}
	}
	return &definition.CodeSet{}, definition.Code{Group: notKnown, Label: notKnown}
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// divided are the cells of Scotland's tables that say which group it is.
func divided(council delay.Council, set *definition.CodeSet, code definition.Code) []string {
	return []string{
		known(string(council)),
		code.Group,
		yesNo(!slices.Contains(set.NotStandard, code.Group)),
		yesNo(!slices.Contains(set.Apart, code.Group)),
	}
}

func bedDays(c Choice) (Table, error) {
	conv, err := c.conventions("scotland-2016")
	if err != nil {
		return Table{}, err
	}
	t := Table{Title: "Delayed discharge bed days", Convention: conv[0].Name, Words: conv[0].Words,
		Columns: []string{"month", "council", "group", "standard", "published", "bed_days"}}
	var g grouped
	for _, l := range Days(c.Stays, c.Window, conv...) {
		if !counted(l.Age, conv[0].AgeFloor) {
			continue
		}
		set, code := c.grouping(l.Step.Reason, conv[0].Nation, l.Month.Last())
		g.add(append([]string{l.Month.String()}, divided(l.Step.Council, set, code)...), l.Days...)
	}
	t.Rows = g.rows()
	return t, nil
}

// census gives the census of the nation whose reasons the stays have.
func census(c Choice) (Table, error) {
	nation := ""
	for _, s := range c.Stays {
		for _, p := range s.Periods {
			if set, _, ok := c.Defs.Reason(p.On(p.Ready).Reason, p.Ready); ok {
				nation = cmp.Or(nation, set.Nation)
			}
		}
	}
	var conv *definition.Convention
	for _, other := range c.Defs.Conventions {
		if other.Nation == nation && other.Census != definition.Daily {
			conv = other
		}
	}
	if conv == nil {
		return Table{}, fmt.Errorf(
			"no convention with a census day belongs to the reasons of these providers: expected those of Scotland or Wales",
		)
	}
	t := Table{Title: "People on the census days", Convention: conv.Name, Words: conv.Words}
	lines := CensusOf(c.Stays, c.Window.Months(), conv, c.Window)
	var g grouped
	if conv.GraceDays > 0 {
		t.Columns = []string{"month", "census", "council", "label", "people", "days_delayed", "people_if_2_days_or_more"}
		for _, l := range lines {
			_, code := c.grouping(l.Step.Reason, conv.Nation, l.Census)
			t.Rows = append(t.Rows, []string{l.Month.String(), l.Census.String(), known(string(l.Step.Council)), code.Label,
				strconv.Itoa(l.People), strconv.Itoa(l.Days), strconv.Itoa(l.Sooner)})
		}
		return t, nil
	}
	t.Columns = []string{"month", "census", "council", "group", "standard", "published", "people", "of_them_26x_46x", "days_since_ready"}
	for _, l := range lines {
		set, code := c.grouping(l.Step.Reason, conv.Nation, l.Census)
		doubt := 0
		if slices.Contains(set.InDoubt, code.Code) {
			doubt = l.People
		}
		g.add(append([]string{l.Month.String(), l.Census.String()}, divided(l.Step.Council, set, code)...), l.People, doubt, l.Days)
	}
	t.Rows = g.rows()
	return t, nil
}
