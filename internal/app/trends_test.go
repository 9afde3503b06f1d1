package app_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// northshireWithGap takes in twelve weeks of the fictional partnership, of
// which one hospital sent nothing for three.
func northshireWithGap(t *testing.T) (folder string, store *sqlite.Store) {
	t.Helper()
	work := t.TempDir()
	must(t, "synth", "--out", work, "--seed", "7", "--from", "2026-01-05", "--to", "2026-03-29", "--size", "40")
	removed := 0
	for d := delay.MustDay("2026-02-02"); d <= delay.MustDay("2026-02-22"); d++ {
		// The maker leaves a day out now and then, as hospitals do.
		if err := os.Remove(filepath.Join(work, "extracts", "RZ1_"+d.String()+".csv")); err == nil {
			removed++
		}
	}
	if removed < 15 {
		t.Fatalf("%d extracts of the hospital were found for 21 days", removed)
	}
	folder = filepath.Join(work, "data")
	must(t, "init", "--data", folder)
	_, _, _ = run(t, "ingest", "--data", folder, "--partnership", filepath.Join(work, "partnership.yaml"), filepath.Join(work, "extracts"))
	store, err := sqlite.Open(t.Context(), folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return folder, store
}

func TestTrendsFlowAndFiguresAgree(t *testing.T) {
	skipShort(t)
	folder, store := northshireWithGap(t)
	from, to := delay.MustDay("2026-01-05"), delay.MustDay("2026-03-29")
	table, err := csv.NewReader(strings.NewReader(must(t, "figures", "--data", folder, "--from", from.String(), "--to", to.String(), "--by",
		"week,provider", "--format", "csv"))).ReadAll()
	if err != nil || len(table) < 10 {
		t.Fatalf("%d lines of figures, %v", len(table), err)
	}
	figures := map[string]string{}
	for _, line := range table[1:] {
		figures[line[0]+" "+line[1]] = line[2]
	}
	days, _ := measure.MetricOf(measure.DelayedDays, nil)
	trend, err := measure.MakeTrend(t.Context(), store, measure.TrendQuery{Metric: days, Grain: measure.ByWeek, Split: measure.ByProvider,
		From: from, To: to}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("chart and table have the command line's figures", func(t *testing.T) {
		seen := 0
		for i, s := range trend.Series {
			c, err := chart.ControlOf(trend, i, chart.TrendOptions{ID: "trend", Place: "Northshire"})
			if err != nil {
				t.Fatal(err)
			}
			for j, r := range s.Readings {
				want := figures[r.First.String()+" "+s.Cell.Provider]
				if want != "" {
					seen++
				} else {
					want = "0"
				}
				if strconv.FormatInt(r.Amount, 10) != want {
					t.Errorf("%s %s: counted %d, figures %s", r.First, s.Cell.Provider, r.Amount, want)
				}
				cell := c.Table.Rows[j][1]
				if cell.Numeric && strconv.FormatFloat(cell.Value, 'f', -1, 64) != want {
					t.Errorf("%s %s: drawn %v, figures %s", r.First, s.Cell.Provider, cell.Value, want)
				}
			}
		}
		if seen != len(figures) {
			t.Errorf("%d of %d figures are in the trend", seen, len(figures))
		}
	})
	t.Run("C6 the three-week gap is not a reading", func(t *testing.T) {
		for _, s := range trend.Series {
			for _, r := range s.Readings {
				inside := s.Cell.Provider == "RZ1" && r.First >= delay.MustDay("2026-02-02") && r.Last <= delay.MustDay("2026-02-22")
				if inside == r.Counts(days) {
					t.Errorf("%s %s: state %d", r.First, s.Cell.Provider, r.State)
				}
			}
		}
	})
	all := measure.Filter{}
	for _, q := range []measure.TrendQuery{
		{Grain: measure.ByDay, Filter: all}, {Grain: measure.ByWeek, Filter: all}, {Grain: measure.ByMonth, Filter: all},
		{Grain: measure.ByWeek, Split: measure.ByResponsible}, {Grain: measure.ByDay, Split: measure.ByReason},
		{Grain: measure.ByMonth, Split: measure.ByCouncil},
		{Grain: measure.ByWeek, Split: measure.ByProvider}, {Grain: measure.ByWeek, Split: measure.ByCare},
		{Grain: measure.ByWeek, Filter: measure.Filter{Bodies: []delay.Body{delay.SocialCare}}},
		{Grain: measure.ByDay, Split: measure.ByResponsible, Filter: measure.Filter{Reasons: []delay.Reason{"E", "A"},
			Providers: []string{"RZ1"}}},
	} {
		t.Run(fmt.Sprintf("C16 flow reconciles by %s split %s filter %v", q.Grain, q.Split, q.Filter), func(t *testing.T) {
			q.From, q.To = from, to
			f, err := measure.MakeFlows(t.Context(), store, q, nil)
			if err != nil || len(f.Groups) == 0 {
				t.Fatal(len(f.Groups), err)
			}
			var events int64
			for _, g := range f.Groups {
				for _, p := range g.Periods {
					if !p.Adds() {
						t.Errorf("%s %+v: start %d, %v, now %d", p.First, g.Cell, p.Start, p.By, p.Now)
					}
					events += p.By[measure.Began] + p.By[measure.Ended]
				}
			}
			if events == 0 {
				t.Error("nobody came or went")
			}
		})
	}
	t.Run("M05 on a day is the people of the overview", func(t *testing.T) {
		day := delay.MustDay("2026-03-15")
		for _, least := range measure.Bands {
			var want int64
			waited, err := store.Waiting(t.Context(), all, map[string]delay.Day{"RZ1": day, "RZ2": day, "RZ3": day})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range waited {
				if w.Days >= least {
					want += w.People
				}
			}
			cells, err := store.LongDays(t.Context(), measure.Query{From: day, To: day, By: []measure.Dimension{measure.ByDay}}, least)
			var got int64
			for _, c := range cells {
				got += c.Days
			}
			if err != nil || got != want || want == 0 && least == 7 {
				t.Errorf("%d days or more: %d, overview %d, %v", least, got, want, err)
			}
		}
	})
	t.Run("M07 M09 the ended waits are those of the flow", func(t *testing.T) {
		l, err := measure.MakeLengths(t.Context(), store, all, from, to, to)
		if err != nil {
			t.Fatal(err)
		}
		f, err := measure.MakeFlows(t.Context(), store, measure.TrendQuery{Grain: measure.ByMonth, From: from, To: to}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Groups[0].Whole.By[measure.Ended]; l.EndedQuantiles.People != got || got == 0 {
			t.Errorf("lengths have %d, the flow %d", l.EndedQuantiles.People, got)
		}
		if got := f.Groups[0].Whole.Now; l.OpenQuantiles.People != got {
			t.Errorf("%d waits are open, %d people wait", l.OpenQuantiles.People, got)
		}
	})
}
