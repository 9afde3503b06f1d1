package app

import (
	"context"
	"time"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/people"
)

// logDemo lets the demonstration's coordinators keep their lists as they would
// on a ward round: most people are logged and were checked since yesterday
// morning, a few were not, and the longest waits have a next step.
func logDemo(ctx context.Context, a *App) error {
	now := a.now()
	for _, p := range a.Partnership().Providers {
		by := people.Actor{Kind: people.APerson, Email: "coordinator." + p.Code + "@demonstration.example", Name: "Demonstration coordinator",
			Grant: people.Grant{Role: people.Coordinator, Side: people.ProviderSide, Codes: []string{p.Code}}}
		rows, latest, err := a.Store.Worklist(ctx, by.Scope(), p.Code)
		if err != nil {
			return err
		}
		for i, row := range rows {
			// Those who came onto the list last are still to be logged.
			if row.Listed >= latest-1 || i%11 == 10 {
				continue
			}
			c, err := a.Store.Case(ctx, by.Scope(), row.Reference)
			if err != nil {
				return err
			}
			d := c.Delays[len(c.Delays)-1]
			if len(d.Stretches) == 0 {
				continue
			}
			said := d.Stretches[len(d.Stretches)-1]
			logged := row.Listed + 1
			// They write down what the extract said on the day of the round.
			first := d.Stretches[0]
			for _, st := range d.Stretches {
				if st.First <= logged {
					first = st
				}
			}
			checked := delay.DayOf(now)
			if i%7 == 3 {
				checked -= 2
			}
			for _, in := range []casework.NewEntry{
				{Reference: row.Reference, Kind: logbook.Opened, Made: logged, Day: d.Ready, Ready: d.Ready, Admitted: d.Admitted,
					Given: first.Given, Outcome: first.Outcome, Destination: a.destinationOf(said.Given.Reason), Uncertain: i%17 == 5},
				{Reference: row.Reference, Kind: logbook.Verified, Made: max(checked, logged), Day: max(checked, logged)},
			} {
				in.Place.Site, in.Place.Ward, in.Place.Bed = d.Site, d.Ward, d.Bed
				if _, _, err := a.madeUp(onRound(in.Made, i, now)).Log(ctx, by, in); err != nil {
					return err
				}
			}
			if i < 12 {
				step := casework.Action{What: "Agree a start date with the provider of care", OwnerOrg: string(said.Given.Council), Owner: "Brokerage",
					Due: delay.DayOf(now) + delay.Day(i%4)}
				if said.Outcome.Body == delay.NHS || step.OwnerOrg == "" {
					step = casework.Action{What: "Ask the community team for a date", OwnerOrg: p.Code, Owner: "Discharge team",
						Due: delay.DayOf(now) + delay.Day(i%3)}
				}
				if err := a.madeUp(onRound(delay.DayOf(now), i, now)).AddAction(ctx, by, row.Reference, "", step); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// onRound is a time on the morning's ward round of a day, never after now.
func onRound(day delay.Day, i int, now time.Time) time.Time {
	y, m, d := day.Time().Date()
	at := time.Date(y, m, d, 8, 30+i, 0, 0, now.Location())
	if at.After(now) {
		return now
	}
	return at
}

// destinationOf is where people who wait for a reason usually go, as its table
// has it.
func (a *App) destinationOf(r delay.Reason) string {
	if _, code, ok := a.counts().book.Meaning(r); ok && len(code.Pathways) == 1 {
		return code.Pathways[0]
	}
	return "undecided"
}
