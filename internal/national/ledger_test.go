package national_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/national"
)

// table reads a file of the shared ledger.
func table(t *testing.T, elements ...string) []map[string]string {
	t.Helper()
	shared := os.Getenv("HOMEWARD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(append([]string{shared, "extracts", "ledger-2026"}, elements...)...))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the shared ledger is missing: %v", err)
		}
		t.Skipf("the shared ledger is missing: %v", err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		out = append(out, row)
	}
	return out
}

func day(s string) delay.Day {
	if s == "" {
		return 0
	}
	return delay.MustDay(s)
}

// age is in whole years on a day.
func age(birth, on delay.Day) int {
	b, d := birth.Time(), on.Time()
	years := d.Year() - b.Year()
	if d.Month() < b.Month() || d.Month() == b.Month() && d.Day() < b.Day() {
		years--
	}
	return years
}

// stays reads the people of one ledger as they are, not as a hospital lists
// them: what is tested here is the counting alone.
func stays(t *testing.T, ledger string) []national.Stay {
	var out []national.Stay
	for _, r := range table(t, "people.csv") {
		if r["ledger"] != ledger {
			continue
		}
		s := national.Stay{
			Provider: r["provider"], Person: r["person"], Council: delay.Council(r["council"]), Admitted: day(r["admitted"]),
			Out: day(r["discharged"]), AgeAt: -1,
			How: map[string]national.How{"alive": national.Alive, "died": national.Died, "transfer": national.Transferred}[r["how"]],
		}
		if s.Out != 0 {
			s.AgeAt = age(day(r["birth_date"]), s.Out)
		}
		var steps []national.Step
		for part := range strings.FieldsSeq(r["reasons"]) {
			on, key, _ := strings.Cut(part, "=")
			step := national.Step{From: day(on), Reason: delay.Reason(key), Council: s.Council, Pathway: r["pathway"]}
			switch {
			case ledger == "england-mhsds":
				code, body, _ := strings.Cut(key, "/")
				step.Reason = delay.Reason(code)
				step.Body = map[string]delay.Body{"04": delay.NHS, "05": delay.SocialCare, "06": delay.Joint}[body]
			case ledger == "scotland":
				step.Reason = delay.Reason(strings.TrimSuffix(key, "/"))
			case ledger == "england-acute" && key == "0":
				step.Reason = ""
			}
			steps = append(steps, step)
		}
		for part := range strings.FieldsSeq(r["ready_periods"]) {
			ready, end, _ := strings.Cut(part, ">")
			p := national.Period{Ready: day(ready), End: day(end), Age: age(day(r["birth_date"]), day(ready))}
			if p.End == 0 {
				p.End = s.Out
			}
			for _, step := range steps {
				if step.From < p.Ready || p.End != 0 && step.From > p.End {
					continue
				}
				p.Steps = append(p.Steps, step)
			}
			if n := len(steps); len(p.Steps) == 0 && n > 0 {
				p.Steps = []national.Step{steps[n-1]}
			} else if n == 0 {
				p.Steps = []national.Step{
					{From: p.Ready, Council: s.Council, Pathway: r["pathway"], Reason: map[string]delay.Reason{"england-mhsds": "98"}[ledger]},
				}
			}
			if r["drd_stated"] == "N" && p.Ready == s.Out {
				continue // The hospital leaves the date blank.
			}
			if ledger == "scotland" {
				p.Steps = monthly(p)
			}
			s.Periods = append(s.Periods, p)
		}
		out = append(out, s)
	}
	return out
}

// monthly gives a period's steps as Scotland's files state them: a month's row
// has one reason, the last, for all its days.
func monthly(p national.Period) []national.Step {
	var out []national.Step
	for m := p.Ready.Month(); m <= window.Last; m++ {
		last := m.Last()
		if p.End != 0 {
			last = min(last, p.End)
		}
		step := p.On(last)
		step.From = m.First()
		out = append(out, step)
	}
	return out
}

func convention(t *testing.T, name string) *definition.Convention {
	t.Helper()
	tab, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tab.Convention(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// labels gives the label and group of each reason of a ledger, by key.
func labels(t *testing.T, ledger string) (label, group map[string]string) {
	label, group = map[string]string{}, map[string]string{}
	for _, r := range table(t, "labels.csv") {
		if r["ledger"] == ledger && r["kind"] == "reason" {
			label[r["key"]], group[r["key"]] = r["label"], r["group"]
		}
	}
	return label, group
}

// same compares cells by their keys.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	wrong := 0
	for k, v := range want {
		if got[k] != v {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: %s: got %q, want %q", what, k, got[k], v)
			}
		}
	}
	for k, v := range got {
		if _, ok := want[k]; !ok {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: %s: got %q, want nothing", what, k, v)
			}
		}
	}
	if wrong > 5 {
		t.Errorf("%s: %d cells differ of %d", what, wrong, len(want))
	}
	if len(want) == 0 {
		t.Errorf("%s: nothing to compare with", what)
	}
}

func cells(rows []map[string]string, keys, values []string) map[string]string {
	out := map[string]string{}
	for _, r := range rows {
		var k []string
		for _, name := range keys {
			k = append(k, r[name])
		}
		for _, name := range values {
			out[strings.Join(k, "|")+"|"+name] = r[name]
		}
	}
	return out
}

func orNotKnown(s string) string {
	if s == "" {
		return "not known"
	}
	return s
}

var (
	window = national.Window{
		First: delay.MustDay("2026-02-01").Month(),
		Last:  delay.MustDay("2026-04-01").Month(),
		From:  delay.MustDay("2026-02-01"),
		To:    delay.MustDay("2026-04-30"),
	}
	welshWindow = national.Window{
		First: delay.MustDay("2025-02-01").Month(),
		Last:  delay.MustDay("2025-04-01").Month(),
		From:  delay.MustDay("2025-02-01"),
		To:    delay.MustDay("2025-04-30"),
	}
)

func TestD2EnglandDaysOfTheLedger(t *testing.T) {
	label, group := labels(t, "england-acute")
	got := map[string]int{}
	for _, l := range national.Days(stays(t, "england-acute"), window, convention(t, "england-drd"), convention(t, "england-dtoc")) {
		band := national.AgeBand(l.Age)
		k := strings.Join(
			[]string{l.Month.String(), l.Provider, orNotKnown(string(l.Step.Council)), band, orNotKnown(group[string(l.Step.Reason)]),
				orNotKnown(label[string(l.Step.Reason)]), "P" + l.Step.Pathway},
			"|",
		)
		got[k+"|england_drd_days"] += l.Days[0]
		got[k+"|england_dtoc_days"] += l.Days[1]
	}
	text := map[string]string{}
	for k, v := range got {
		text[k] = strconv.Itoa(v)
	}
	same(t, "delayed_days", text, cells(
		table(t, "expected", "england-acute", "delayed_days.csv"),
		[]string{
			"month",
			"provider",
			"council",
			"age_at_ready",
			"group",
			"reason",
			"pathway",
		},
		[]string{"england_drd_days", "england_dtoc_days"},
	))
}

func TestD6SituationReportOfTheLedger(t *testing.T) {
	people := stays(t, "england-acute")
	got := map[string]string{}
	for _, d := range national.Sitrep(people, window.From, window.To, 16, 18) {
		k := fmt.Sprintf("%s|%s|%d|", d.Date, d.Provider, d.AgeFloor)
		for name, n := range map[string]int{"remaining": d.Remaining, "discharged": d.Discharged(), "no_longer_meets": d.NoLongerMeets(),
			"discharged_dated":      d.DischargedDated,
			"discharged_blank_date": d.DischargedBlank, "died": d.Died, "transferred": d.Transferred, "zero_night": d.ZeroNight} {
			got[k+name] = strconv.Itoa(n)
		}
	}
	same(t, "daily", got, cells(table(t, "expected", "england-acute", "daily.csv"), []string{"date", "provider", "age_floor"},
		[]string{"remaining", "discharged", "no_longer_meets", "discharged_dated", "discharged_blank_date", "died", "transferred", "zero_night"}))

	got = map[string]string{}
	var names []string
	for _, s := range national.Snapshots(people, window.From, window.To, 16, 18) {
		for n, days := range national.Thresholds {
			for name, v := range map[string]int{"people_stay": s.Stay[n], "people_since_ready": s.SinceReady[n], "extra_days_stay": s.ExtraDays[n]} {
				column := fmt.Sprintf("%s_%dplus", name, days)
				got[fmt.Sprintf("%s|%s|%d|%s", s.Monday, s.Provider, s.AgeFloor, column)] = strconv.Itoa(v)
				if !slices.Contains(names, column) {
					names = append(names, column)
				}
			}
		}
	}
	same(t, "mondays", got, cells(table(t, "expected", "england-acute", "mondays.csv"), []string{"monday", "provider", "age_floor"}, names))
}

func TestD7ReadyDatesOfTheLedger(t *testing.T) {
	got := map[string]string{}
	var names []string
	for _, d := range national.ReadyDates(stays(t, "england-acute"), window.Months(), 16, 18) {
		k := fmt.Sprintf("%s|%d|%s|%s|", d.Month, d.AgeFloor, d.By, orNotKnown(d.Code))
		ok := d.Delayed() > 0
		all, delayed := float64(d.BedDays)/float64(d.Discharges), float64(d.BedDays)/float64(max(1, d.Delayed()))
		values := map[string]string{
			"discharges": strconv.Itoa(
				d.Discharges,
			),
			"same_day": strconv.Itoa(d.SameDay),
			"delayed":  strconv.Itoa(d.Delayed()),
			"bed_days": strconv.Itoa(d.BedDays),
			"share_same_day": fmt.Sprintf(
				"%.6f",
				float64(d.SameDay)/float64(d.Discharges),
			),
			"share_delayed": fmt.Sprintf("%.6f", float64(d.Delayed())/float64(d.Discharges)),
			"mean_inc_zero": fmt.Sprintf("%.6f", all),
			"mean_exc_zero": fmt.Sprintf("%.6f", delayed),
			"bcf_days":      fmt.Sprintf("%.6f", all),
		}
		if !ok {
			values["mean_exc_zero"] = ""
		}
		for i, n := range d.Bands {
			values["band_"+national.BandNames[i]] = strconv.Itoa(n)
		}
		names = names[:0]
		for name, v := range values {
			got[k+name], names = v, append(names, name)
		}
	}
	same(t, "drd", got, cells(table(t, "expected", "england-acute", "drd.csv"), []string{"month", "age_floor", "by", "code"}, names))
}

func TestD8BridgeOfTheLedger(t *testing.T) {
	people := stays(t, "england-acute")
	got := map[string]string{}
	for _, m := range window.Months() {
		for _, provider := range []string{"RA9", "RK9", ""} {
			for _, floor := range []int{16, 18} {
				steps := national.Bridge(people, m, window, provider, floor, convention(t, "england-dtoc"), convention(t, "england-drd"))
				running := 0
				for i, s := range steps {
					if !s.Total {
						running += s.Days
					} else if i == 0 {
						running = s.Days
					}
					if running != s.Running {
						t.Errorf("D8 step %d of %s does not add up: %d, %d", i+1, m, running, s.Running)
					}
					name := provider
					if name == "" {
						name = "all"
					}
					k := fmt.Sprintf("%s|%s|%d|%d|", m, name, floor, i+1)
					got[k+"days"], got[k+"running_total"], got[k+"cause"] = strconv.Itoa(s.Days), strconv.Itoa(s.Running), s.Words
				}
			}
		}
	}
	same(
		t,
		"bridge",
		got,
		cells(
			table(t, "expected", "england-acute", "bridge.csv"),
			[]string{"month", "provider", "age_floor", "step"},
			[]string{"cause", "days", "running_total"},
		),
	)
}

func TestD2MentalHealthOfTheLedger(t *testing.T) {
	people := stays(t, "england-mhsds")
	label, _ := labels(t, "england-mhsds")
	bodies := map[delay.Body]string{
		delay.NHS:           "NHS",
		delay.SocialCare:    "Social Care",
		delay.Joint:         "Both",
		delay.NotAttributed: "Not attributed",
	}
	sums := map[string]int{}
	for _, l := range national.Days(people, window, convention(t, "england-mhs26")) {
		band := "18+"
		if l.Age < 18 {
			band = "under 18"
		}
		sums[strings.Join([]string{l.Month.String(), orNotKnown(string(l.Step.Council)), bodies[l.Step.Body], string(l.Step.Reason),
			label[string(l.Step.Reason)], band}, "|")+"|mhs26_days"] += l.Days[0]
	}
	got := map[string]string{}
	for k, v := range sums {
		got[k] = strconv.Itoa(v)
	}
	same(
		t,
		"mhs26",
		got,
		cells(
			table(t, "expected", "england-mhsds", "delayed_days.csv"),
			[]string{"month", "council", "body", "reason", "label", "age_at_ready"},
			[]string{"mhs26_days"},
		),
	)

	codes := map[delay.Body]string{delay.NHS: "04", delay.SocialCare: "05", delay.Joint: "06"}
	got = map[string]string{}
	for _, r := range national.Records(people) {
		end := ""
		if r.End != 0 {
			end = r.End.String()
		}
		k := r.Person + "|" + r.Start.String() + "|"
		got[k+"end"], got[k+"reason"], got[k+"attrib"], got[k+"council"] = end, string(
			r.Step.Reason,
		), codes[r.Step.Body], orNotKnown(
			string(r.Step.Council),
		)
	}
	same(
		t,
		"records",
		got,
		cells(table(t, "expected", "england-mhsds", "records.csv"), []string{"person", "start"}, []string{"end", "reason", "attrib", "council"}),
	)
}

func TestA8ScotlandOfTheLedger(t *testing.T) {
	people := stays(t, "scotland")
	c := convention(t, "scotland-2016")
	_, group := labels(t, "scotland")
	tab, _ := definition.Load(data.Reference)
	set, err := tab.CodeSet("scotland-2016")
	if err != nil {
		t.Fatal(err)
	}
	_ = group
	groupOf := func(r delay.Reason) string {
		if r == "" {
			r = delay.Reason(set.BlankReason)
		}
		code, ok := set.Coded(string(r), window.To)
		if !ok {
			t.Fatalf("no code %q", r)
		}
		return code.Group
	}
	sums := map[string]int{}
	for _, l := range national.Days(people, window, c) {
		if l.Age >= 18 {
			sums[l.Month.String()+"|"+orNotKnown(string(l.Step.Council))+"|"+groupOf(l.Step.Reason)+"|bed_days"] += l.Days[0]
		}
	}
	for _, l := range national.CensusOf(people, window.Months(), c, window) {
		k := l.Month.String() + "|" + orNotKnown(string(l.Step.Council)) + "|" + groupOf(l.Step.Reason) + "|"
		sums[k+"people"] += l.People
		sums[k+"days_since_ready"] += l.Days
	}
	got := map[string]string{}
	for k, v := range sums {
		got[k] = strconv.Itoa(v)
	}
	want := cells(table(t, "expected", "scotland", "bed_days.csv"), []string{"month", "council", "group"}, []string{"bed_days"})
	maps.Copy(want, cells(table(t, "expected", "scotland", "census.csv"), []string{"month", "council", "group"}, []string{"people",
		"days_since_ready"}))
	same(t, "scotland", got, want)
}

func TestA8WalesOfTheLedger(t *testing.T) {
	label, _ := labels(t, "wales")
	got := map[string]string{}
	for _, l := range national.CensusOf(stays(t, "wales"), welshWindow.Months(), convention(t, "wales-pocd"), welshWindow) {
		k := fmt.Sprintf("%s|%s|%s|", l.Census, orNotKnown(string(l.Step.Council)), label[string(l.Step.Reason)])
		got[k+"people"], got[k+"days_delayed"], got[k+"people_if_2_days_or_more"] = strconv.Itoa(
			l.People,
		), strconv.Itoa(
			l.Days,
		), strconv.Itoa(
			l.Sooner,
		)
	}
	same(
		t,
		"wales",
		got,
		cells(
			table(t, "expected", "wales", "census.csv"),
			[]string{"census", "council", "label"},
			[]string{"people", "days_delayed", "people_if_2_days_or_more"},
		),
	)
}
