package app

import (
	"context"
	"errors"
	"time"

	"homeward/internal/call"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// demoCalls is how many weekly calls the demonstration has had.
const demoCalls = 8

// demoPathwayWeeks is of how many weeks the log knows where people went: those
// that the flow of the first of the calls shows, and those since.
const demoPathwayWeeks = demoCalls + 14

// pathwaysDemo lets the demonstration's coordinators note, while people waited,
// where those are going who have left since. Those who wait now are logDemo's.
func pathwaysDemo(ctx context.Context, a *App) error {
	now := a.now()
	since := delay.DayOf(now) - 7*demoPathwayWeeks
	type left struct {
		provider, reference string
		made                delay.Day
		reason              delay.Reason
		// spread is the same every time, which the order of references is not.
		spread int
	}
	var all []left
	if err := a.Store.Delays(ctx, func(d sqlite.DelayRecord) error {
		if d.EndKind == delay.Open || d.LastDay < since || len(d.Segments) == 0 {
			return nil
		}
		all = append(all, left{d.Provider, d.Reference, d.FirstDay, d.Segments[len(d.Segments)-1].Reason,
			int(7*d.FirstDay+5*d.LastDay) + len(d.Segments)})
		return nil
	}); err != nil {
		return err
	}
	for _, l := range all {
		by := people.Actor{Kind: people.APerson, Email: "coordinator." + l.provider + "@demonstration.example", Name: "Demonstration coordinator",
			Grant: people.Grant{Role: people.Coordinator, Side: people.ProviderSide, Codes: []string{l.provider}}}
		in := casework.NewEntry{Reference: l.reference, Kind: logbook.Verified, Made: l.made, Day: l.made,
			Destination: a.pathwayOf(l.reason, l.spread)}
		if _, _, err := a.madeUp(onRound(l.made, l.spread%60, now)).Log(ctx, by, in); err != nil {
			return err
		}
	}
	return nil
}

// pathwayOf is where somebody went who waited for a reason; spread is for those
// whose reason does not say.
func (a *App) pathwayOf(r delay.Reason, spread int) string {
	if to := a.destinationOf(r); to != "undecided" {
		return to
	}
	return [...]string{"1", "0", "1", "2", "1", "3"}[spread%6]
}

// callsDemo holds the demonstration's weekly calls of the last eight weeks, each
// on its Thursday at ten and with what was known at that moment, and lets people
// say what they will do: most of it is done by the next call, some is carried
// over, and what was said last is open.
func callsDemo(ctx context.Context, a *App, draw call.Drawer, said func(done, total int)) error {
	by := people.Actor{Kind: people.APerson, Email: "presenter@demonstration.example", Name: "Demonstration presenter",
		Grant: people.Grant{Role: people.Presenter}}
	k := calls{a.Store, a, draw}
	// The latest Thursday that is over.
	last := delay.DayOf(a.now()).Week() + 3
	if last >= delay.DayOf(a.now()) {
		last -= 7
	}
	for n := range demoCalls {
		day := last - delay.Day(7*(demoCalls-1-n))
		if err := a.callAsKnown(ctx, k, by, day, n); err != nil {
			return err
		}
		said(n+1, demoCalls)
	}
	return nil
}

// demoActions are what people say on a call that they will do, by whether a
// council or a hospital does it.
var demoActions = [...]struct {
	what    string
	council bool
}{
	{"Ask three homes for a start date by Tuesday", true},
	{"Send the list of people who wait for equipment to the store", false},
	{"Agree who assesses at weekends", true},
	{"Bring the waits over 21 days to the discharge round", false},
	{"Look at the referrals that came back in the last two weeks", true},
}

// callAsKnown holds the call of a day with what was known at ten, settles what
// was said on the one before, and adds two actions.
func (a *App) callAsKnown(ctx context.Context, k calls, by people.Actor, day delay.Day, n int) (err error) {
	y, m, d := day.Time().Date()
	at := time.Date(y, m, d, 10, 0, 0, 0, a.London)
	past, err := a.Store.AsKnown(ctx, at, day)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.Close()) }()
	if _, err := k.startOf(ctx, past.Store, at, by); err != nil {
		return err
	}
	open, err := k.CallActions(ctx, day)
	if err != nil {
		return err
	}
	for i, one := range open {
		state := call.Done
		if (n+i)%3 == 0 && one.Carried == 0 {
			state = call.CarriedOver
		}
		if err := k.SettleCallAction(ctx, one.ID, day, state, at.Add(time.Duration(20+i)*time.Minute), by.Who()); err != nil {
			return err
		}
	}
	for i := range 2 {
		said := demoActions[(2*n+i)%len(demoActions)]
		owner := a.Partnership().Providers[n%len(a.Partnership().Providers)].Code
		if said.council {
			owner = a.Partnership().Councils[n%len(a.Partnership().Councils)].Code
		}
		if _, err := k.AddCallAction(ctx, call.Action{What: said.what, Owner: owner, Due: day + delay.Day(5+2*i), Call: day,
			At: at.Add(time.Duration(30+i) * time.Minute), By: by.Who()}); err != nil {
			return err
		}
	}
	return k.Store.EndCall(ctx, day, at.Add(45*time.Minute))
}
