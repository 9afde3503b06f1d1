package chart

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"homeward/internal/measure"
	"homeward/internal/spc"
)

// flatLines gives the ends of the flat lines of a name: reading and value.
func flatLines(tb testing.TB, c Chart, name string) [][2]float64 {
	tb.Helper()
	var option struct {
		Series []struct {
			Name string            `json:"name"`
			Data []json.RawMessage `json:"data"`
		} `json:"series"`
	}
	if err := json.Unmarshal(c.Option, &option); err != nil {
		tb.Fatal(err)
	}
	var out [][2]float64
	for _, s := range option.Series {
		if s.Name != name {
			continue
		}
		for _, d := range s.Data {
			var item struct {
				Value json.RawMessage `json:"value"`
			}
			if json.Unmarshal(d, &item) == nil {
				d = item.Value // written as an object
			}
			var at [2]float64
			if err := json.Unmarshal(d, &at); err != nil {
				tb.Fatalf("%s has %s", name, d)
			}
			out = append(out, at)
		}
	}
	return out
}

// A level that changes is drawn for the readings of its own days; readings are
// judged against the one that stands at the last of them.
func TestLevelThatChangesIsAStep(t *testing.T) {
	t.Parallel()
	trend := weekly(t, "M02", calm(20)...)
	rs := trend.Series[0].Readings
	levels := []measure.Level{
		{Metric: "M02", Value: 50, From: rs[0].First - 30, To: rs[11].Last, Agreed: "Board in March"},
		{Metric: "M02", Value: 3, From: rs[11].Last + 1, To: rs[19].Last, Agreed: "Board in May", Change: "Chief executives in May"},
	}
	c := control(t, trend, TrendOptions{Levels: levels})
	if c.Result.Assurance.Kind != spc.ConsistentFail {
		t.Errorf("judged against %+v, want the last", c.Result.Assurance)
	}
	got := flatLines(t, c.Chart, "Agreed level")
	if want := [][2]float64{{0, 50}, {11, 50}, {12, 3}, {19, 3}}; !slices.Equal(got, want) {
		t.Errorf("drawn as %v, want %v", got, want)
	}
	if !bytes.Contains(c.Option, []byte("Agreed level 3.0")) || bytes.Contains(c.Option, []byte("Agreed level 50.0")) {
		t.Error("the level at the end has no label, or the earlier one has")
	}
	want := "Agreed levels: 50.0 from " + levels[0].From.Long() + " to " + levels[0].To.Long() + " (agreed: Board in March); 3.0 from " +
		levels[1].From.Long() + " to " + levels[1].To.Long() + " (agreed: Board in May; change agreed: Chief executives in May)."
	if !slices.Contains(c.Notes, want) || !strings.Contains(c.Alt, want) {
		t.Errorf("the words are %q and %q, want %q", c.Notes, c.Alt, want)
	}
	last := len(c.Table.Head) - 1
	if c.Table.Head[last] != "Agreed level" || c.Table.Rows[11][last].Text != "50.0" || c.Table.Rows[12][last].Text != "3.0" {
		t.Errorf("the table has %q, %v and %v", c.Table.Head, c.Table.Rows[11], c.Table.Rows[12])
	}

	// A level that stands no longer judges nothing.
	levels[1].To = rs[18].Last
	if c := control(t, trend, TrendOptions{Levels: levels}); c.Assurance.Words != "" || c.Table.Rows[19][last].Text != "None" {
		t.Errorf("found %+v and %v", c.Assurance, c.Table.Rows[19])
	}
	// A neutral measure has a level and nothing to assure.
	share := control(t, stepped(t, "M03", measure.ByMonth, .3, .33, .29, .34, .31, .28, .33, .3, .32, .29, .31, .3, .33, .31),
		TrendOptions{Levels: []measure.Level{{Metric: "M03", Value: .35, From: 1, Agreed: "Board"}}})
	if share.Assurance.Words != "" || !bytes.Contains(share.Option, []byte("Agreed level 35")) {
		t.Errorf("found %+v", share.Assurance)
	}
}
