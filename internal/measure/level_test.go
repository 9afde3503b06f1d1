package measure

import (
	"testing"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

func TestLevelsAreOfOnePlaceAndStep(t *testing.T) {
	waiting, _ := MetricOf("M02", nil)
	fresh, _ := MetricOf("M08", nil)
	day := delay.MustDay
	all := []Level{
		{Metric: "M02", Value: 95, From: day("2026-04-01"), To: day("2027-03-31")},
		{Metric: "M02", Value: 110, From: day("2025-04-01"), To: day("2026-03-31")},
		{Metric: "M02", Provider: "RZ1", Value: 40, From: day("2026-04-01")},
		{Metric: "M02", Council: "E10000099", Value: 30, From: day("2026-04-01")},
		{Metric: "M08", Grain: ByWeek, Value: 60, From: day("2026-04-01")},
	}
	for _, c := range []struct {
		name     string
		metric   Metric
		grain    Dimension
		filter   Filter
		from, to string
		want     []float64
	}{
		{"all, one year", waiting, ByWeek, Filter{}, "2026-04-01", "2026-09-30", []float64{95}},
		{"the same for another step", waiting, ByDay, Filter{}, "2026-04-01", "2026-09-30", []float64{95}},
		{"two years, by day", waiting, ByWeek, Filter{}, "2025-10-01", "2026-09-30", []float64{110, 95}},
		{"before any", waiting, ByWeek, Filter{}, "2025-01-01", "2025-03-31", nil},
		{"after the last", waiting, ByWeek, Filter{}, "2027-04-01", "2027-06-30", nil},
		{"one hospital", waiting, ByWeek, Filter{Providers: []string{"RZ1"}}, "2026-04-01", "2030-01-01", []float64{40}},
		{"two hospitals", waiting, ByWeek, Filter{Providers: []string{"RZ1", "RZ2"}}, "2026-04-01", "2026-09-30", nil},
		{"one council", waiting, ByWeek, Filter{Councils: []delay.Council{"E10000099"}}, "2026-04-01", "2026-09-30", []float64{30}},
		{"a hospital's residents of a council", waiting, ByWeek, Filter{Providers: []string{"RZ1"}, Councils: []delay.Council{"E10000099"}},
			"2026-04-01", "2026-09-30", nil},
		{"one reason", waiting, ByWeek, Filter{Reasons: []delay.Reason{"E"}}, "2026-04-01", "2026-09-30", nil},
		{"one body", waiting, ByWeek, Filter{Bodies: []delay.Body{delay.NHS}}, "2026-04-01", "2026-09-30", nil},
		{"one state", waiting, ByWeek, Filter{States: []agreement.State{agreement.Agreed}}, "2026-04-01", "2026-09-30", nil},
		{"one type of care", waiting, ByWeek, Filter{Care: []delay.CareType{delay.Acute}}, "2026-04-01", "2026-09-30", nil},
		{"a sum by its step", fresh, ByWeek, Filter{}, "2026-04-01", "2026-09-30", []float64{60}},
		{"a sum by another step", fresh, ByMonth, Filter{}, "2026-04-01", "2026-09-30", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := LevelsFor(all, c.metric, c.grain, c.filter, day(c.from), day(c.to))
			if len(got) != len(c.want) {
				t.Fatalf("found %v, want %v", got, c.want)
			}
			for i, l := range got {
				if l.Value != c.want[i] {
					t.Errorf("found %v, want %v", got, c.want)
				}
			}
		})
	}
	if l := all[0]; !l.InForce(day("2027-03-31")) || l.InForce(day("2027-04-01")) || l.InForce(day("2026-03-31")) {
		t.Error("a level stands from its first to its last day")
	}
	if l := all[2]; !l.InForce(day("2046-03-31")) {
		t.Error("a level without an end stands")
	}
}
