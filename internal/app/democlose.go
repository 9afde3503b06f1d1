package app

import (
	"context"
	"errors"
	"time"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// closeDemo lets the demonstration's directors close its months, each on the
// working day after it was due and with what was known at that moment, so that
// later answers and files show as revisions. The latest month that is over is
// left for whoever tries it.
func closeDemo(ctx context.Context, a *App, said func(done, total int)) error {
	first, last, err := figures{Store: a.Store, app: a}.Extent(ctx)
	if err != nil || last == 0 || len(a.Partnership().Councils) == 0 {
		return err
	}
	by := people.Actor{Kind: people.APerson, Email: "director@demonstration.example", Name: "Demonstration director",
		Grant: people.Grant{Role: people.Director, Side: people.CouncilSide, Codes: []string{a.Partnership().Councils[0].Code}}}
	until := delay.DayOf(a.now()).Month() - 2
	total := int(until-first.Month()) + 1
	for m := first.Month(); m <= until; m++ {
		if err := a.closeAsKnown(ctx, by, m); err != nil {
			return err
		}
		said(int(m-first.Month())+1, total)
	}
	return nil
}

// closeAsKnown closes a month with what was known when it was due.
func (a *App) closeAsKnown(ctx context.Context, by people.Actor, m delay.Month) (err error) {
	k := a.closings()
	clocks := a.casework().Settings.Clocks
	y, month, day := clocks.AddWorkingDays(closing.Due(m, clocks), 1).Time().Date()
	now := time.Date(y, month, day, 10, 0, 0, 0, a.London)
	past, err := a.Store.AsKnown(ctx, now, delay.DayOf(now))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.Close()) }()
	check, err := closing.Make(ctx, past.Store, k.setup(past.Store, m, now, now))
	if err != nil {
		return err
	}
	reason := ""
	if check.Content.Loose().Any() {
		reason = "What is open is with the reviewers and comes as a revision."
	}
	r, err := check.Seal(now, by.Grant.Role.String(), by.Grant.Codes, reason)
	if err != nil {
		return err
	}
	return a.madeUp(now).CloseMonth(ctx, by, r, closeWords(r, reason))
}
