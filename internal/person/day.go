package person

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// Claim is a run of days of one delay on which a provider counts a person, on
// one statement and with one mark.
type Claim struct {
	Provider    string
	First, Last delay.Day
	Mark        delay.Mark
	Care        delay.CareType
	// Listed is the first day that lists the delay.
	Listed delay.Day
}

// Loss is a run of days of a claim that counts at another provider.
type Loss struct {
	First, Last delay.Day
	To          string
}

// OneDay decides at which provider each day of one person counts (C19), and
// gives the losses of every claim, ascending and without overlap.
func OneDay(claims []Claim) [][]Loss {
	out := make([][]Loss, len(claims))
	for i, c := range claims {
		if !c.Mark.Counts() {
			continue
		}
		for day := c.First; day <= c.Last; day++ {
			best := c
			for _, o := range claims {
				if o.Provider != c.Provider && o.Mark.Counts() && o.First <= day && day <= o.Last && o.before(best) {
					best = o
				}
			}
			if best.Provider == c.Provider {
				continue
			}
			if n := len(out[i]); n > 0 && out[i][n-1].To == best.Provider && out[i][n-1].Last+1 == day {
				out[i][n-1].Last = day
				continue
			}
			out[i] = append(out[i], Loss{day, day, best.Provider})
		}
	}
	return out
}

// before says whether a day counts under c and not under o: a listed day stands
// before one that is not; then the listing that began later, acute care before
// other, and the provider's code.
func (c Claim) before(o Claim) bool {
	rank := func(c Claim) int {
		if c.Mark == delay.Listed {
			return 0
		}
		return 1
	}
	care := func(c Claim) int { return slices.Index(delay.CareTypes[:], c.Care) }
	return cmp.Or(cmp.Compare(rank(c), rank(o)), cmp.Compare(o.Listed, c.Listed), cmp.Compare(care(c), care(o)),
		cmp.Compare(c.Provider, o.Provider)) < 0
}
