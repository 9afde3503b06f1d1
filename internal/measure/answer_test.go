package measure

import (
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

func TestDaysChange(t *testing.T) {
	t.Parallel()
	of := func(social, nhs int64) (s Split) {
		s.Days[delay.SocialCare], s.Days[delay.NHS] = social, nhs
		return s
	}
	t.Run("a share falls while the days rise", func(t *testing.T) {
		c := CouncilFigures{Now: of(60, 240), Was: of(50, 150)}
		got, ok := c.DaysChange()
		if want := (DaysChange{Days: 10, Volume: 25, Mix: -15}); !ok || got != want {
			t.Errorf("got %+v, %v; want %+v", got, ok, want)
		}
	})
	t.Run("nothing to compare", func(t *testing.T) {
		if _, ok := (CouncilFigures{Now: of(3, 4)}).DaysChange(); ok {
			t.Error("a change from nothing has parts")
		}
	})
	t.Run("the parts add up to the change", rapid.MakeCheck(func(t *rapid.T) {
		n := rapid.Int64Range(0, 5000)
		c := CouncilFigures{Now: of(n.Draw(t, "now"), n.Draw(t, "now nhs")), Was: of(n.Draw(t, "was"), n.Draw(t, "was nhs"))}
		got, ok := c.DaysChange()
		if ok && (got.Volume+got.Mix != got.Days || got.Days != c.Now.Days[delay.SocialCare]-c.Was.Days[delay.SocialCare]) {
			t.Errorf("got %+v of %v and %v", got, c.Now.Days, c.Was.Days)
		}
	}))
}

func TestUnanswered(t *testing.T) {
	t.Parallel()
	c := CouncilFigures{NotSettled: []Standing{
		{State: agreement.Proposed, Body: delay.SocialCare, Next: agreement.CouncilSide, Waits: 2, Days: 9},
		{State: agreement.Proposed, Body: delay.SocialCare, Next: agreement.NHSSide, Waits: 1, Days: 4},
		{State: agreement.Proposed, Body: delay.NHS, Next: agreement.CouncilSide, Waits: 7, Days: 70},
		{State: agreement.Disputed, Body: delay.SocialCare, Next: agreement.NHSSide, Waits: 3, Days: 30},
	}}
	got := c.Unanswered(delay.SocialCare, agreement.Proposed)
	if got.Waits != 3 || got.Days != 13 || got.Council != 9 || got.NHS != 4 {
		t.Errorf("got %+v", got)
	}
}
