package people

import (
	"slices"
	"time"
)

// Attempt is one attempt to sign in that is on record.
type Attempt struct {
	At time.Time
	// SameAccount and SameAddress say what the attempt has in common with the
	// one being decided on.
	SameAccount, SameAddress bool
	Right                    bool
}

// Limit is so many wrong attempts within so long.
type Limit struct {
	Wrong  int
	Within time.Duration
}

// Throttle is when attempts to sign in are put off. Several people share one
// address behind a hospital's network, and an attacker must not be able to
// keep a person out for long by failing in their name, so the tight limit is
// for one account from one address.
type Throttle struct {
	// Pair is for one account from one address, Account for one account from
	// anywhere, Address for any account from one address.
	Pair, Account, Address Limit
}

// DefaultThrottle is five wrong attempts in 15 minutes for one account from
// one address, 50 a day for one account, 50 in 15 minutes from one address.
var DefaultThrottle = Throttle{
	Pair:    Limit{5, 15 * time.Minute},
	Account: Limit{50, 24 * time.Hour},
	Address: Limit{50, 15 * time.Minute},
}

// Memory is how long attempts need to be remembered.
func (t Throttle) Memory() time.Duration {
	return max(t.Pair.Within, t.Account.Within, t.Address.Within)
}

// Until says from when on an attempt may be made, given the attempts on
// record, in any order; the zero time means now. A right attempt at the account
// clears the wrong ones before it for the account, from that address when
// counting pairs, never for the address alone: who has one account must not be
// able to try all others.
func (t Throttle) Until(now time.Time, past []Attempt) time.Time {
	var until time.Time
	for _, rule := range []struct {
		limit  Limit
		counts func(Attempt) bool
		clears bool
	}{
		{t.Pair, func(a Attempt) bool { return a.SameAccount && a.SameAddress }, true},
		{t.Account, func(a Attempt) bool { return a.SameAccount }, true},
		{t.Address, func(a Attempt) bool { return a.SameAddress }, false},
	} {
		var cleared time.Time
		if rule.clears {
			for _, a := range past {
				if a.Right && rule.counts(a) && a.At.After(cleared) {
					cleared = a.At
				}
			}
		}
		var wrong []time.Time
		for _, a := range past {
			if !a.Right && rule.counts(a) && a.At.After(cleared) && a.At.After(now.Add(-rule.limit.Within)) {
				wrong = append(wrong, a.At)
			}
		}
		if len(wrong) < rule.limit.Wrong {
			continue
		}
		slices.SortFunc(wrong, time.Time.Compare)
		// Free again when so many have passed out of the window that the limit
		// is not reached.
		if free := wrong[len(wrong)-rule.limit.Wrong].Add(rule.limit.Within); free.After(until) {
			until = free
		}
	}
	return until
}
