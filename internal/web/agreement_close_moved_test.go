package web

import (
	"testing"

	"homeward/internal/delay"
)

// Notes say of which months delayed days have changed and of which England's
// counts have, and never that something is the same that is not.
func TestWordsOfMonthsThatMoved(t *testing.T) {
	t.Parallel()
	m := delay.MustDay("2026-07-01").Month()
	still, moved := monthMoves{month: m}, monthMoves{month: m + 1, more: 3}
	england, both := monthMoves{month: m + 2, england: true}, monthMoves{month: m + 3, elsewhere: 2, england: true}
	for _, c := range []struct {
		all     []monthMoves
		want    string
		changed bool
	}{
		{[]monthMoves{still, still}, "2 months of this period are closed; their figures are the same today.", false},
		{[]monthMoves{still, england}, "2 months of this period are closed; their delayed days are the same today. England's counts of " +
			"September 2026 have changed.", true},
		{[]monthMoves{moved, both}, "2 months of this period are closed; these have changed since: August 2026, +3 days; October 2026, 2 days " +
			"counted in another place. England's counts of October 2026 have changed.", true},
		{[]monthMoves{both, both, both, both}, "4 months of this period are closed; the figures of 4 have changed since: 8 days counted in " +
			"another place in all. England's counts of 4 have changed.", true},
	} {
		if got, changed := monthsMoved(c.all); got != c.want || changed != c.changed {
			t.Errorf("%q, %v, want %q, %v", got, changed, c.want, c.changed)
		}
	}
	for part, one := range map[string]monthMoves{"": still, "#revisions": both, "#england-revisions": england} {
		if _, got := oneMonthMoved(one); got != part {
			t.Errorf("%+v leads to %q, want %q", one, got, part)
		}
	}
}
