package record

import (
	"slices"

	"homeward/internal/delay"
)

// Period is days of a delay that one filter counts and that count alike: what
// one row behind a figure stands for.
type Period struct {
	First, Last delay.Day
	Rule        string
	Counted
}

// Days is the number of days of the period.
func (p Period) Days() int64 { return int64(p.Last-p.First) + 1 }

// Periods gives the days of the delay that the filter lets through, from first
// to last, each run of them that counts alike as one: together they are
// d.Days. Days of other bodies, reasons or states than the filter's are none
// of them, wherever in the delay they stand.
func (d Delay) Periods(f Filter) []Period {
	var out []Period
	for _, st := range d.Stretches {
		c := st.Counted
		if c.First == 0 || !lets(f.Councils, c.Council) || !lets(f.Care, c.Care) || !lets(f.Reasons, c.Reason) || !lets(f.Bodies, c.Body) ||
			!lets(f.InStates(), c.State) || !lets(f.Pathways, c.Pathway) || !lets(f.Sites, st.Site) || !lets(f.Wards, st.Ward) {
			continue
		}
		p := Period{First: max(st.First, f.From), Last: st.Last, Rule: st.Rule, Counted: c}
		if f.To != 0 {
			p.Last = min(p.Last, f.To)
		}
		if p.Last < p.First {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Counted == c && out[n-1].Rule == p.Rule && out[n-1].Last+1 == p.First {
			out[n-1].Last = p.Last
			continue
		}
		out = append(out, p)
	}
	return out
}

// lets says whether one part of a filter lets a value through; an empty part
// lets everything.
func lets[T comparable](part []T, value T) bool {
	return len(part) == 0 || slices.Contains(part, value)
}
