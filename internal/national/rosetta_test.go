package national_test

import (
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// From any convention to any other the steps add up exactly, and the ends are
// what Days counts.
func TestD8BetweenConventionsAddsUp(t *testing.T) {
	defs := tables(t)
	m := delay.MonthOf(2026, 3)
	w := national.Window{First: m, Last: m, From: m.First() - 400, To: m.Last()}
	rapid.Check(t, func(t *rapid.T) {
		stays := drawStays(t, m.First()-10, 50)
		sums := map[string]int{}
		for _, b := range national.Rosetta(stays, m.First(), m.Last(), nil, defs.Conventions) {
			sums[b.Name] = b.Days
			want := 0
			for _, l := range national.Days(stays, w, b.Convention) {
				if l.Age < 0 || l.Age >= b.AgeFloor {
					want += l.Days[0]
				}
			}
			if b.Days != want {
				t.Fatalf("D2 %s is %d side by side and %d by itself", b.Name, b.Days, want)
			}
		}
		for _, from := range defs.Conventions {
			for _, to := range defs.Conventions {
				steps := national.Between(stays, m.First(), m.Last(), nil, from, to)
				running := 0
				for i, s := range steps {
					if i == 0 || !s.Total {
						running += s.Days
					}
					if s.Running != running {
						t.Fatalf("D8 from %s to %s the step %q leaves %d, the row says %d", from.Name, to.Name, s.Words, running, s.Running)
					}
				}
				if steps[0].Days != sums[from.Name] || running != sums[to.Name] || steps[len(steps)-1].Days != running {
					t.Fatalf("D8 from %s %d to %s %d: %+v", from.Name, sums[from.Name], to.Name, sums[to.Name], steps)
				}
			}
		}
	})
}
