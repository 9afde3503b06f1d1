package sqlite_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/measure"
	"homeward/internal/record"
	"homeward/internal/sqlite"
)

// The rows behind a number are the days that it counts, and nothing else: for
// every filter of bodies, states, reasons, councils and days (C3, J7). Patients
// move from council to council, and from body to body.
func TestC3RowsBehindAFigureAddUpToIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvidence(t, true)
		dir, err := os.MkdirTemp("", "period")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s, err := sqlite.Open(context.Background(), dir, &neverShort)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		fill(t, s, keyOne, e)
		scopes := []record.Filter{}
		for range 6 {
			f, _ := drawFilter(t)
			f.Wards, f.State = nil, ""
			f.From = start - 1
			f.To = f.From + 12
			f.States = some(t, "states", agreement.Proposed, agreement.Agreed, agreement.Disputed)
			scopes = append(scopes, f)
		}
		g := drawScope(t)
		for _, f := range scopes {
			cells, err := s.Cells(context.Background(), measure.Query{From: f.From, To: f.To, Filter: f.Filter})
			if err != nil {
				t.Fatal(err)
			}
			var figure int64
			for _, c := range cells {
				figure += c.Days
			}
			all := list(t, s, everything(t), f, record.Page{Size: record.MaxPage})
			if n := addUp(t, all, f); n != figure {
				t.Fatalf("%+v: the figure is %d, its rows hold %d:\n%s", f, figure, n, show(all))
			}
			own := list(t, s, g.Scope(), f, record.Page{Size: record.MaxPage})
			if n := addUp(t, own, f); n != own.Days {
				t.Fatalf("%s, %+v: %d days, rows hold %d:\n%s", g, f, own.Days, n, show(own))
			}
		}
	})
}

// addUp sums the rows of a list and checks that each is what was asked for.
func addUp(t fataler, l *record.List, f record.Filter) (sum int64) {
	t.Helper()
	for _, d := range l.Delays {
		var n int64
		for _, p := range d.Periods(f) {
			n += p.Days()
			if p.First < f.From || p.Last > f.To || len(f.Bodies) > 0 && !slices.Contains(f.Bodies, p.Body) ||
				len(f.Reasons) > 0 && !slices.Contains(f.Reasons, p.Reason) || len(f.Councils) > 0 && !slices.Contains(f.Councils, p.Council) {
				t.Fatalf("%+v has the row %+v", f, p)
			}
		}
		if n != d.Days {
			t.Fatalf("%+v: %s has %d days, its rows %d: %s", f, d.Reference, d.Days, n, show(d))
		}
		sum += n
	}
	return sum
}
