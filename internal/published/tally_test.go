package published

import (
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
)

// The receipt's lines hold every value once, and add up what may be added.
func TestTally(t *testing.T) {
	april := Period{delay.MustDay("2024-04-01"), Monthly}
	may := Period{delay.MustDay("2024-05-01"), Monthly}
	values := []Value{
		{Period: april, Level: Council, Code: "E10000008", Measure: BedDays, Text: "50"},
		{Period: may, Level: Council, Code: "E10000008", Measure: BedDays, Text: "30.5"},
		{Period: may, Level: Council, Code: "E06000026", Measure: BedDays, Mark: "*"},
		{Period: april, Level: Council, Code: "E10000008", Measure: "share_delayed", Text: "0.25"},
		{Period: april, Level: Council, Code: "E10000008", Measure: BedDays, Breakdown: "age=18plus; reason=All", Text: "50"},
		{Period: april, Level: Council, Code: "E10000008", Measure: BedDays, Breakdown: "age=75plus; reason=A", Text: "20"},
		{Period: april, Level: Nation, Code: "E92000001", Measure: BedDays, Breakdown: "reason=A", Text: "7"},
	}
	got := Tally(values)
	want := []Line{
		{Nation, BedDays, "reason", Monthly, april.First, april.First, 1, 1, 0, Whole(7), true},
		{Council, BedDays, "", Monthly, april.First, may.First, 2, 2, 1, Whole(80) + one/2, true},
		{Council, BedDays, "age; reason", Monthly, april.First, april.First, 1, 2, 0, Whole(70), false},
		{Council, "share_delayed", "", Monthly, april.First, april.First, 1, 1, 0, one / 4, false},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: %+v, expected %+v", i+1, got[i], want[i])
		}
	}
}

// However many values and whatever their size: none is lost or counted twice.
func TestTallyKeepsEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Value {
			v := Value{Level: rapid.SampledFrom(Levels).Draw(t, "level"), Measure: rapid.SampledFrom([]string{"a", "average_b"}).Draw(t, "measure"),
				Code: rapid.StringMatching(`[A-C]`).Draw(t, "code"), Breakdown: rapid.SampledFrom([]string{"", "x=1", "x=all"}).Draw(t, "by")}
			if rapid.Bool().Draw(t, "mark") {
				v.Mark = "*"
			} else {
				v.Text = rapid.SampledFrom([]string{"0", "12", "999999999999", "none"}).Draw(t, "text")
			}
			return v
		})).Draw(t, "values")
		n := 0
		for _, l := range Tally(values) {
			n += l.Figures + l.Marks
			if l.Sum < 0 && l.Adds {
				t.Errorf("%+v ran over", l)
			}
		}
		if n != len(values) {
			t.Errorf("%d of %d", n, len(values))
		}
	})
}
