package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/mail"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
)

// missingMail begins what stands for a morning's message in the outbox, in the
// place of a pack's name.
const missingMail = "missing-"

// lookedBack is for how many days missing extracts are looked for.
const lookedBack = 14

// missingJob looks each morning for extracts that were due and are not there.
func (a *App) missingJob() (schedule.Job, error) {
	at := config.MissingAt
	if m := a.Partnership().Mail; m != nil {
		at = m.MissingAt
	}
	hour, minute, _ := strings.Cut(at, ":")
	when := strings.TrimPrefix(minute, "0") + " " + strings.TrimPrefix(hour, "0") + " * * *"
	words, err := schedule.Words(when)
	if err != nil {
		return schedule.Job{}, problem.Wrap(err, problem.Invalid, "mail.missing_at of the partnership file is no time of day that can be used")
	}
	return schedule.Job{Name: "missing", Title: "Look for missing extracts", Words: words, When: when, CatchUp: true,
		Limit: time.Hour, Run: a.lookForMissing}, nil
}

// raised names the hospitals whose latest extract that was due is not there now.
func (a *App) raised(ctx context.Context) ([]measure.Raised, error) {
	yesterday := delay.DayOf(a.now()) - 1
	lines, err := extracts{app: a, store: a.Store}.Arrivals(ctx, yesterday-lookedBack+1, yesterday)
	if err != nil {
		return nil, err
	}
	return measure.Raise(lines), nil
}

// lookForMissing says what is missing and puts a message for those who want to
// know in the outbox, once a day for each.
func (a *App) lookForMissing(ctx context.Context) (string, error) {
	raised, err := a.raised(ctx)
	if err != nil {
		return "", err
	}
	if len(raised) == 0 {
		return "Every hospital's latest extract is in.", nil
	}
	var words []string
	for _, r := range raised {
		words = append(words, r.Words("in this fortnight"))
	}
	said := strings.Join(words, " ")
	if a.Partnership().Mail == nil || len(a.Partnership().Mail.MissingTo) == 0 {
		return said, nil
	}
	now := a.now()
	err = a.Store.AddDeliveries(ctx, missingMail+delay.DayOf(now).String(), sqlite.ByMail, a.Partnership().Mail.MissingTo, now)
	return said, err
}

// mailMissing tells one person what is missing now. The message names hospitals
// and days: nothing about a person and no figure (P1). When all has come since,
// there is nothing to tell.
func (a *App) mailMissing(ctx context.Context, sender *mail.Sender, d sqlite.Delivery) error {
	raised, err := a.raised(ctx)
	if err != nil || len(raised) == 0 {
		return err
	}
	var lines strings.Builder
	for _, r := range raised {
		lines.WriteString("- " + r.Words("in this fortnight") + "\n")
	}
	return sender.Send(ctx, mail.Message{
		To: d.Target, At: d.Made.In(a.London), ID: fmt.Sprintf("%s-%d", d.Pack, d.ID),
		Subject: "Extracts not in: " + a.Partnership().Name,
		Body: fmt.Sprintf("These extracts were due and do not count yet:\n\n%s\nThe calendar shows every day:\n%s%s\n\n"+
			"This message was sent by Homeward of %s, which reads no answers.\n",
			lines.String(), a.Partnership().Mail.Address, "/extracts/calendar", a.Partnership().Name),
	})
}
