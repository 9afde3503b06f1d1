package national_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/national"
)

func tables(t testing.TB) *definition.Tables {
	t.Helper()
	defs, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return defs
}

// drawStays makes people of every kind that the counts tell apart.
func drawStays(t *rapid.T, from delay.Day, span int) []national.Stay {
	n := rapid.IntRange(0, 12).Draw(t, "people")
	reasons := []delay.Reason{"", "england-acute-2024/1", "england-acute-2024/12", "england-acute-2024/33"}
	councils := []delay.Council{"", "E10000008", "E06000026"}
	var out []national.Stay
	for i := range n {
		at := func(name string, low, high int) delay.Day {
			return from + delay.Day(rapid.IntRange(low, high).Draw(t, name))
		}
		s := national.Stay{Provider: rapid.SampledFrom([]string{"RK9", "RA9"}).Draw(t, "provider"), Person: fmt.Sprint(i), AgeAt: 40,
			Admitted: at("admitted", -20, span), Council: rapid.SampledFrom(councils).Draw(t, "council"), Pathway: "1"}
		if rapid.Bool().Draw(t, "left") {
			s.Out = s.Admitted + delay.Day(rapid.IntRange(0, 30).Draw(t, "nights"))
			s.How = rapid.SampledFrom([]national.How{national.Alive, national.Died, national.Transferred}).Draw(t, "how")
		}
		day := s.Admitted
		for range rapid.IntRange(0, 2).Draw(t, "periods") {
			ready := day + delay.Day(rapid.IntRange(0, 9).Draw(t, "ready"))
			if s.Out != 0 && ready > s.Out {
				break
			}
			p := national.Period{Ready: ready, Age: rapid.SampledFrom([]int{-1, 15, 16, 17, 18, 80}).Draw(t, "age")}
			for step := ready; len(p.Steps) < 3; step += 2 {
				p.Steps = append(p.Steps, national.Step{From: step, Reason: rapid.SampledFrom(reasons).Draw(t, "reason"),
					Council: rapid.SampledFrom(councils).Draw(t, "on"), Pathway: rapid.SampledFrom([]string{"", "0", "3"}).Draw(t, "pathway")})
			}
			end := ready + delay.Day(rapid.IntRange(1, 8).Draw(t, "ready for"))
			if s.Out == 0 || end < s.Out {
				p.End = end
			} else {
				p.End = s.Out
			}
			s.Periods = append(s.Periods, p)
			if p.End == s.Out {
				break
			}
			day = p.End
		}
		if n := len(s.Periods); s.Out == 0 && n > 0 && rapid.Bool().Draw(t, "still ready") {
			s.Periods[n-1].End = 0
		}
		out = append(out, s)
	}
	return out
}

// However a situation report is broken down, it adds up to the same, and to
// the counts by day.
func TestD6SituationsAddUp(t *testing.T) {
	defs := tables(t)
	from := delay.MustDay("2026-03-01")
	rapid.Check(t, func(t *rapid.T) {
		stays := drawStays(t, from, 31)
		floor := rapid.SampledFrom([]int{16, 18}).Draw(t, "floor")
		a := national.Asked{AgeFloor: floor}
		for day := from; day <= from+30; day++ {
			a.Days = append(a.Days, day)
		}
		sum := func(by ...national.Dimension) national.Numbers {
			a.By = by
			var n national.Numbers
			for _, one := range national.Situations(stays, defs, a) {
				n.Add(one.Numbers)
			}
			return n
		}
		var want national.Numbers
		for _, d := range national.Sitrep(stays, from, from+30, floor) {
			want.Add(national.Numbers{Remaining: d.Remaining, DischargedDated: d.DischargedDated, DischargedBlank: d.DischargedBlank,
				Died: d.Died, Transferred: d.Transferred, ZeroNight: d.ZeroNight})
		}
		whole := sum()
		got := whole
		got.Stay, got.SinceReady, got.ExtraDays, got.NoAdmission = [3]int{}, [3]int{}, [3]int{}, 0
		got.Internal, got.InternalOver, got.InternalNear = 0, 0, 0
		if got != want {
			t.Fatalf("D6 the whole is %+v, by day %+v", got, want)
		}
		for _, d := range national.Dimensions {
			if got := sum(d); got != whole {
				t.Fatalf("D6 by %s it is %+v, in all %+v", d, got, whole)
			}
		}
		if got := sum(national.Dimensions...); got != whole {
			t.Fatalf("D6 by everything it is %+v, in all %+v", got, whole)
		}
	})
}

// A bridge adds up exactly whatever it is of, ends at the counts themselves,
// and walks back the way it came.
func TestD8ChainsAddUp(t *testing.T) {
	defs := tables(t)
	dtoc, _ := defs.Convention("england-dtoc")
	drd, _ := defs.Convention("england-drd")
	m := delay.MonthOf(2026, 3)
	rapid.Check(t, func(t *rapid.T) {
		stays := drawStays(t, m.First()-10, 50)
		of := national.Stretch{From: m.First(), To: m.Last(), Month: m, Floor: rapid.SampledFrom([]int{16, 18}).Draw(t, "floor"),
			Provider: rapid.SampledFrom([]string{"", "RK9"}).Draw(t, "of")}
		asked := national.Asked{AgeFloor: 18, By: []national.Dimension{}}
		for day := of.From; day <= of.To; day++ {
			asked.Days = append(asked.Days, day)
		}
		if rapid.Bool().Draw(t, "one council") {
			c := rapid.SampledFrom([]delay.Council{"", "E10000008"}).Draw(t, "which")
			of.Council, asked.Councils = &c, []delay.Council{c}
		}
		remaining, beds := 0, 0
		for i := range stays {
			if of.Provider != "" && stays[i].Provider != of.Provider {
				continue
			}
			one := stays[i : i+1]
			for _, n := range national.Situations(one, defs, asked) {
				remaining += n.Remaining
			}
			if of.Council != nil && stays[i].Council != *of.Council {
				continue
			}
			for _, d := range national.ReadyDates(one, []delay.Month{m}, of.Floor) {
				if d.By == "all" {
					beds += d.BedDays
				}
			}
		}
		chain := national.Chain(stays, of, dtoc, drd)
		local := &national.Local{Days: chain[0].Days + 7, Elsewhere: 4, Anchor: national.DToC, Name: "england-dtoc"}
		for _, from := range national.Counts {
			for _, to := range national.Counts {
				steps := national.Walk(chain, local, from, to)
				if from == to {
					continue
				}
				running := 0
				for i, s := range steps {
					if i == 0 || !s.Total {
						running += s.Days
					}
					if s.Running != running || s.Total && s.Days != running {
						t.Fatalf("D8 from %s to %s, step %d %q is %d, running %d, expected %d", from, to, i, s.Words, s.Days, s.Running, running)
					}
				}
				if len(steps) < 3 || steps[0].Of != from || steps[len(steps)-1].Of != to {
					t.Fatalf("D8 from %s to %s: %+v", from, to, steps)
				}
				for _, s := range steps {
					want, is := map[national.Count]int{national.Remaining: remaining, national.ReadyDate: beds, national.Ours: local.Days}[s.Of]
					if is && s.Total && s.Days != want {
						t.Fatalf("D8 %s is %d on the bridge and %d by itself", s.Of, s.Days, want)
					}
				}
			}
		}
	})
}
