package measure

import (
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/delay"
)

// Settling days gives the split that counting them settled gives, and never takes
// the share out of the range that it had (G3).
func TestSettledDaysCountAsDecidedOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Cell {
			c := Cell{Body: rapid.SampledFrom(delay.Bodies[:]).Draw(t, "body"), Days: rapid.Int64Range(1, 60).Draw(t, "days"),
				State: rapid.SampledFrom(agreement.States[:]).Draw(t, "state")}
			return c
		}), 1, 12).Draw(t, "cells")
		at := rapid.IntRange(0, len(cells)-1).Draw(t, "at")
		cells[at].State = rapid.SampledFrom([]agreement.State{agreement.Disputed, agreement.Decided}).Draw(t, "contested")
		to := rapid.SampledFrom([]delay.Body{delay.NHS, delay.SocialCare, delay.Joint}).Draw(t, "to")
		n := rapid.Int64Range(1, cells[at].Days).Draw(t, "n")
		var now, then Split
		for i, c := range cells {
			now.add(c)
			if i == at {
				then.add(Cell{Body: to, State: agreement.Agreed, Days: n})
				c.Days -= n
			}
			then.add(c)
		}
		got := now.Settle(cells[at].State, cells[at].Body, to, n)
		if got != then {
			t.Fatalf("settled %+v, counted %+v", got, then)
		}
		was, is := now.Share(), got.Share()
		const whisker = 1e-12
		if is.Value < was.Low-whisker || is.Value > was.High+whisker {
			t.Fatalf("G3: the share %v is outside of %v to %v", is.Value, was.Low, was.High)
		}
		if got.Days.Total() != now.Days.Total() || is.High-is.Low > was.High-was.Low+whisker {
			t.Fatalf("the total or the range grew: %+v, %+v", was, is)
		}
	})
}
