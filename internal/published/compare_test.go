package published

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
)

// addsUp checks that a comparison adds up exactly (D8): every step adds its
// value, a total says where the sum stands, and the way leads from what was
// published to ours.
func addsUp(t interface{ Errorf(string, ...any) }, list []Comparison) {
	for _, c := range list {
		if c.Mark != "" {
			if len(c.Steps) != 1 || c.Steps[0].Kind != IsOurs {
				t.Errorf("a figure with a mark has steps: %+v", c)
			}
			continue
		}
		running := Decimal(0)
		explained := Decimal(0)
		for i, s := range c.Steps {
			switch {
			case i == 0:
				if s.Kind != IsPublished || s.Value != c.Published {
					t.Errorf("it begins with %+v: %+v", s, c)
				}
				running = s.Value
			case s.Total():
				if running != s.Value || s.Running != s.Value || s.Kind == IsOurs && s.Value != c.Ours {
					t.Errorf("the way comes to %s, and the total is %+v: %+v", running, s, c)
				}
			default:
				running += s.Value
				if s.Running != running {
					t.Errorf("%+v after %s: %+v", s, running, c)
				}
			}
			if s.Kind == IsCause || s.Kind == NotExplained {
				explained += s.Value
			}
		}
		if explained != c.Difference() {
			t.Errorf("causes come to %s, the difference is %s: %+v", explained, c.Difference(), c)
		}
	}
}

func definitions(t *testing.T) *definition.Tables {
	t.Helper()
	defs, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return defs
}

// TestD8ComparisonsAddUp compares any published figures with any stays: every
// difference is divided without a remainder.
func TestD8ComparisonsAddUp(t *testing.T) {
	defs := definitions(t)
	first := delay.MustDay("2026-03-01")
	rapid.Check(t, func(t *rapid.T) {
		o := Ours{Defs: defs, Floor: rapid.SampledFrom([]int{16, 18}).Draw(t, "floor"), Providers: map[string]string{"RK9": "A", "RA9": "B"},
			Councils: map[delay.Council]string{"E10000008": "Devon", "E06000026": "Plymouth"}, Calendars: map[string]delay.Calendar{},
			Window: national.Window{First: first.Month(), Last: first.Month()},
			Council: func(code, _ string, _ delay.Day) delay.Council {
				return map[string]delay.Council{"912": "E10000008", "E06000026": "E06000026"}[code]
			}}
		for code := range o.Providers {
			from := first + delay.Day(rapid.IntRange(-20, 20).Draw(t, "from"))
			for d := from; d < from+delay.Day(rapid.IntRange(1, 50).Draw(t, "days")); d++ {
				o.Calendars[code] = append(o.Calendars[code], d)
			}
			if o.Window.From == 0 || from < o.Window.From {
				o.Window.From = from
			}
			o.Window.To = max(o.Window.To, o.Calendars[code][len(o.Calendars[code])-1])
		}
		for range rapid.IntRange(0, 12).Draw(t, "stays") {
			ready := first + delay.Day(rapid.IntRange(-30, 30).Draw(t, "ready"))
			out := ready + delay.Day(rapid.IntRange(0, 40).Draw(t, "wait"))
			s := national.Stay{Provider: rapid.SampledFrom([]string{"RK9", "RA9"}).Draw(t, "at"), Admitted: ready - 3, Out: out,
				Council: rapid.SampledFrom([]delay.Council{"E10000008", "E06000026"}).Draw(t, "council"),
				How:     rapid.SampledFrom([]national.How{national.Alive, national.Died, national.Transferred}).Draw(t, "how"),
				AgeAt:   rapid.IntRange(15, 90).Draw(t, "age")}
			s.Periods = []national.Period{{Ready: ready, End: out, Age: s.AgeAt, Listed: ready, Steps: []national.Step{{From: ready,
				Council: s.Council}}}}
			if out > o.Window.To {
				s.Out, s.How, s.Periods[0].End = 0, national.StillIn, 0
			}
			o.Stays = append(o.Stays, s)
			o.Cells = append(o.Cells, measure.Cell{Period: first, Provider: s.Provider, Council: s.Council, Body: delay.NHS,
				Days: int64(rapid.IntRange(0, 99).Draw(t, "cell"))})
		}
		value := func(v Value) Stored {
			v.Text, v.Mark = strconv.Itoa(rapid.IntRange(0, 500).Draw(t, "value")), ""
			if rapid.IntRange(0, 5).Draw(t, "marked") == 0 {
				v.Text, v.Mark = "", "-"
			}
			return Stored{Value: v, File: 1}
		}
		month := Period{first, Monthly}
		all := map[string][]Stored{}
		for d := first; d <= first.Month().Last(); d++ {
			for _, m := range []string{Remaining, Discharged} {
				all[AcuteSitrep] = append(all[AcuteSitrep], value(Value{Period: Period{d, Daily}, Level: Provider, Code: "RK9", Measure: m}))
			}
		}
		for _, m := range []string{Discharges, SameDay, BedDays} {
			all[ReadyDate] = append(all[ReadyDate], value(Value{Period: month, Level: Provider, Code: "RK9", Measure: m}),
				value(Value{Period: month, Level: Council, Code: "912", Measure: m}),
				value(Value{Period: month, Level: Council, Code: "912", Measure: m, Breakdown: "provider=RH8"}),
				value(Value{Period: month, Level: Council, Code: "912", Measure: m, Breakdown: "provider=RK9"}))
		}
		for _, b := range []string{"", "body=NHS", "body=NHS; care=acute; provider=RH8; reason=A",
			"body=NHS; care=acute; provider=RK9; reason=A"} {
			all[OldReturn] = append(all[OldReturn], value(Value{Period: month, Level: Council, Code: "912", Measure: DelayedDays, Breakdown: b}))
		}
		const everything = "age=18plus; reason=All Delay Reasons"
		for _, m := range []string{BedDays, "average_beds"} {
			all[ScotlandDays] = append(all[ScotlandDays], value(Value{Period: month, Level: Board, Code: "RK9", Measure: m, Breakdown: everything}))
		}
		all[WalesDelays] = append(all[WalesDelays], value(Value{Period: month, Level: Board, Code: "W11000023", Name: "A", Measure: "delays",
			Breakdown: "reason=x"}))
		for series, values := range all {
			for _, grain := range []Grain{Monthly, Daily} {
				list, err := Compare(series, values, o, grain)
				if err != nil {
					t.Fatal(err)
				}
				addsUp(t, list)
			}
		}
	})
}

// TestD8KnownCauses names each cause that is known, in figures.
func TestD8KnownCauses(t *testing.T) {
	defs := definitions(t)
	first := delay.MustDay("2026-03-01")
	o := Ours{Defs: defs, Floor: 16, Providers: map[string]string{"RK9": "Plymouth"}, Councils: map[delay.Council]string{"E10000008": "Devon"},
		Window:    national.Window{First: first.Month(), Last: first.Month(), From: first + 2, To: first + 30},
		Calendars: map[string]delay.Calendar{},
		Council: func(code, _ string, _ delay.Day) delay.Council {
			return map[string]delay.Council{"912": "E10000008", "E10000008": "E10000008"}[code]
		}}
	for d := first + 2; d <= first+30; d++ {
		o.Calendars["RK9"] = append(o.Calendars["RK9"], d)
	}
	// Ready on the 5th, out on the 10th: remaining on five days.
	o.Stays = []national.Stay{{Provider: "RK9", Admitted: first, Out: first + 9, How: national.Alive, Council: "E10000008", AgeAt: 80,
		Periods: []national.Period{{Ready: first + 4, End: first + 9, Age: 80, Listed: first + 4, Steps: []national.Step{{From: first + 4}}}}}}
	daily := func(day delay.Day, text, mark string) Stored {
		return Stored{Value: Value{Period: Period{day, Daily}, Level: Provider, Code: "RK9", Measure: Remaining, Text: text, Mark: mark}}
	}
	var values []Stored
	for d := first; d <= first+30; d++ {
		switch {
		case d < first+2:
			values = append(values, daily(d, "7", "")) // before our extracts
		case d == first+5:
			values = append(values, daily(d, "", "-")) // not submitted
		case d < first+9 && d >= first+4:
			values = append(values, daily(d, "1", ""))
		case d == first+20:
			values = append(values, daily(d, "3", "")) // known to nobody here
		default:
			values = append(values, daily(d, "0", ""))
		}
	}
	list, err := Compare(AcuteSitrep, values, o, Monthly)
	if err != nil || len(list) != 1 {
		t.Fatal(err, list)
	}
	addsUp(t, list)
	want := []string{"published 21", "cause -14", "cause 1", "not explained -3", "ours 5", "further -1", "further 4"}
	var got []string
	for _, s := range list[0].Steps {
		got = append(got, string(s.Kind)+" "+s.Value.String())
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("%s, expected %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	ready := func(measure, breakdown, text string) Stored {
		return Stored{Value: Value{Period: Period{first, Monthly}, Level: Council, Code: "912", Measure: measure,
			Breakdown: breakdown, Text: text}}
	}
	list, err = Compare(ReadyDate, []Stored{ready(Discharges, "", "11"), ready(BedDays, "", "35"), ready(Discharges, "provider=RH8", "10"),
		ready(BedDays, "provider=RH8", "30"), ready(BedDays, "provider=RK9", "5")}, o, Monthly)
	if err != nil || len(list) != 3 {
		t.Fatal(err, list)
	}
	addsUp(t, list)
	for _, c := range list {
		if c.Unexplained() != 0 {
			t.Errorf("what was elsewhere is known, and %s is not explained: %+v", c.Unexplained(), c)
		}
	}
}

// Two trusts that merged are published apart and shown here as one.
func TestD8MergedProvidersTogether(t *testing.T) {
	first := delay.MustDay("2026-03-01")
	o := Ours{Defs: definitions(t), Floor: 16, Providers: map[string]string{"RH5": "Somerset"}, Former: map[string]string{"RA4": "RH5"},
		Councils: map[delay.Council]string{}, Window: national.Window{First: first.Month(), Last: first.Month(), From: first, To: first + 30},
		Calendars: map[string]delay.Calendar{"RH5": {first, first + 30}},
		Council:   func(string, string, delay.Day) delay.Council { return "" }}
	daily := func(code string, day delay.Day, text, mark string) Stored {
		return Stored{Value: Value{Period: Period{day, Daily}, Level: Provider, Code: code, Measure: Remaining, Text: text, Mark: mark}}
	}
	list, err := Compare(AcuteSitrep, []Stored{daily("RH5", first, "4", ""), daily("RA4", first, "3", ""), daily("RH5", first+1, "4", ""),
		daily("RA4", first+1, "", "-")}, o, Monthly)
	if err != nil || len(list) != 1 || list[0].Published != Whole(7) {
		t.Errorf("%+v, %v", list, err)
	}
	addsUp(t, list)
}
