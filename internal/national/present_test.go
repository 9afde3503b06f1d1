package national

import (
	"testing"

	"pgregory.net/rapid"

	"homeward/data"
	"homeward/internal/definition"
	"homeward/internal/delay"
)

// tables are the definitions of the reference data.
func tables(t testing.TB) *definition.Tables {
	t.Helper()
	defs, err := definition.Load(data.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return defs
}

// drawnStays are people of any course within sixty days.
func drawnStays(t *rapid.T) []Stay {
	var out []Stay
	n := rapid.IntRange(0, 12).Draw(t, "people")
	pathway := rapid.SampledFrom([]string{"", "0", "1", "2", "3"})
	reason := rapid.SampledFrom([]delay.Reason{"", "england-acute-2024/1", "england-acute-2024/20"})
	for range n {
		s := Stay{Provider: rapid.SampledFrom([]string{"RK9", "RA9"}).Draw(t, "provider"),
			Admitted: delay.Day(1000 + rapid.IntRange(-9, 40).Draw(t, "in")), AgeAt: 70}
		day := s.Admitted
		for range rapid.IntRange(0, 3).Draw(t, "periods") {
			p := Period{Ready: day + delay.Day(rapid.IntRange(0, 6).Draw(t, "ready")), Age: rapid.SampledFrom([]int{-1, 17, 70}).Draw(t, "age")}
			p.End = p.Ready + delay.Day(rapid.IntRange(0, 9).Draw(t, "end"))
			for at := p.Ready; at <= p.End; at += delay.Day(rapid.IntRange(1, 5).Draw(t, "step")) {
				p.Steps = append(p.Steps, Step{From: at, Reason: reason.Draw(t, "why"), Pathway: pathway.Draw(t, "pathway")})
			}
			day = p.End + delay.Day(rapid.IntRange(0, 2).Draw(t, "again"))
			s.Periods = append(s.Periods, p)
		}
		switch last := len(s.Periods) - 1; {
		case last >= 0 && rapid.Bool().Draw(t, "still"):
			s.Periods[last].End = 0
		case last >= 0:
			s.Out, s.How = s.Periods[last].End, Alive
		}
		out = append(out, s)
	}
	return out
}

// D6: by pathway, those waiting at the start and those who became ready, less
// those who left, with the moves between pathways, are those waiting at the end;
// the end of a week is the start of the next; moves add up to nothing; and start
// and end are what the situation report counts.
func TestPathwayFlowsAddUp(t *testing.T) {
	defs := tables(t)
	rapid.Check(t, func(t *rapid.T) {
		stays := drawnStays(t)
		on := delay.Calendar{}
		first := delay.Day(1000 + rapid.IntRange(0, 20).Draw(t, "first list"))
		for day := first; day <= first+delay.Day(rapid.IntRange(0, 40).Draw(t, "lists")); day++ {
			on = append(on, day)
		}
		a := Asked{AgeFloor: 18, Evidence: map[string]delay.Calendar{"RK9": on, "RA9": on}}
		from := first + delay.Day(rapid.IntRange(-5, 30).Draw(t, "from"))
		weeks := [][2]delay.Day{{from, from + 6}, {from + 7, from + 13}}
		flows := PathwayFlows(stays, defs, a, weeks...)
		count := func(day delay.Day, pathway string) (n int) {
			day = min(max(day, on[0]), on[len(on)-1])
			one := a
			one.Days, one.By = []delay.Day{day}, []Dimension{ByPathway}
			for _, s := range Situations(stays, defs, one) {
				if s.Pathway == pathway {
					n += s.Remaining
				}
			}
			return n
		}
		ends, moved := map[string]int{}, map[delay.Day]int{}
		for _, f := range flows {
			if f.Start+f.Ready-f.Left-f.MetAgain+f.In-f.Out != f.End {
				t.Fatalf("%+v does not add up", f)
			}
			if within := f.First-1 <= on[len(on)-1] && f.Last >= on[0]; within {
				if got := count(f.First-1, f.Pathway); got != f.Start {
					t.Fatalf("%+v starts with %d", f, got)
				}
				if got := count(f.Last, f.Pathway); got != f.End {
					t.Fatalf("%+v ends with %d", f, got)
				}
			}
			moved[f.First] += f.In - f.Out
			if f.First == from {
				ends[f.Pathway] = f.End
			} else if f.Start != ends[f.Pathway] && f.First-1 >= on[0] && f.First-1 <= on[len(on)-1] {
				t.Fatalf("%+v starts otherwise than the week before ended: %v", f, ends)
			}
		}
		for week, n := range moved {
			if n != 0 {
				t.Fatalf("in the week of %s %d were moved from nowhere", week, n)
			}
		}
	})
}
