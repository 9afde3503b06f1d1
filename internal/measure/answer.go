package measure

import (
	"math"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// DaysChange is why a body's days are more or fewer than in the period before:
// a share can fall while the days rise.
type DaysChange struct {
	// Days is the change of social care's days: Volume and Mix together.
	Days int64
	// Volume is what it would have been at the share of before, because there are
	// more or fewer delayed days in all; Mix is the rest, because the share is
	// another.
	Volume, Mix int64
}

// DaysChange gives the change of the social care days that the share is of, in
// parts that add up to it exactly; false where one of the periods has no days.
func (c CouncilFigures) DaysChange() (DaysChange, bool) {
	now, was := c.Shared(c.Now), c.Shared(c.Was)
	if now.Total() == 0 || was.Total() == 0 {
		return DaysChange{}, false
	}
	d := DaysChange{Days: now[delay.SocialCare] - was[delay.SocialCare]}
	d.Volume = int64(math.Round(share(was, was.Total()) * float64(now.Total()-was.Total())))
	d.Mix = d.Days - d.Volume
	return d, true
}

// Without is the share of counted days if n of social care's were another
// body's: the total stays.
func (s Split) Without(n int64) float64 {
	if s.Days.Total() == 0 {
		return 0
	}
	return float64(s.Days[delay.SocialCare]-n) / float64(s.Days.Total())
}

// Unanswered is what of a body's days waits for answers in one state.
type Unanswered struct {
	Waits, Days int64
	// Council and NHS are the days whose answer comes next from either.
	Council, NHS int64
	// Oldest is the part that has waited longest for its answer.
	Oldest Standing
}

// Unanswered sums what is not settled of a body's days in a state.
func (c CouncilFigures) Unanswered(b delay.Body, state agreement.State) (w Unanswered) {
	for _, one := range c.NotSettled {
		if one.Body != b || one.State != state {
			continue
		}
		w.Waits += one.Waits
		w.Days += one.Days
		switch one.Next {
		case agreement.CouncilSide:
			w.Council += one.Days
		case agreement.NHSSide:
			w.NHS += one.Days
		}
		if !one.Oldest.IsZero() && (w.Oldest.Oldest.IsZero() || one.Oldest.Before(w.Oldest.Oldest)) {
			w.Oldest = one
		}
	}
	return w
}
