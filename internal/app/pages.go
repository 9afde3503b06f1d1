package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// figures answers the pages' questions from a store: the present one, or one
// of a past moment.
type figures struct {
	*sqlite.Store
	app *App
	// at is the past moment, zero for the present.
	at time.Time
}

// moment is when the figures are looked at.
func (f figures) moment() time.Time { return f.app.momentOr(f.at) }

// momentOr gives a past moment in London, or the present for none.
func (a *App) momentOr(at time.Time) time.Time {
	if at.IsZero() {
		return a.now()
	}
	return at.In(a.London)
}

// Overview gives the first page.
func (f figures) Overview(ctx context.Context, filter measure.Filter, from, to delay.Month) (measure.Overview, error) {
	return measure.MakeOverview(ctx, f.Store, filter, from, to, measure.Moment{Now: f.moment()}, f.app.Expected())
}

// now is the present moment in London.
func (a *App) now() time.Time { return a.Options.Now().In(a.London) }

// extracts tells the pages what has arrived, now or by a past moment.
type extracts struct {
	app   *App
	store *sqlite.Store
	at    time.Time
}

// Arrivals gives every provider's days.
func (e extracts) Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error) {
	rows, err := e.store.Arrivals(ctx, from, to)
	if err != nil {
		return nil, err
	}
	stand, err := e.store.ProviderDays(ctx, from, to)
	if err != nil {
		return nil, err
	}
	// A hospital of which nothing came in these days is missing in them.
	began, err := e.store.Began(ctx)
	if err != nil {
		return nil, err
	}
	lacking := map[string]map[delay.Day][]string{}
	for _, p := range stand {
		lacking[p.Code] = p.Lacking
	}
	now := e.app.momentOr(e.at)
	away, err := e.turnedAway(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var out []measure.ExtractLine
	part := e.app.Partnership()
	for i, expected := range expectedOf(part) {
		line := measure.ExtractLine{Code: expected.Code, Name: expected.Name, Due: part.Providers[i].Due,
			Sends: sendsWords(expected.Days)}
		arrived := map[delay.Day]sqlite.Arrival{}
		for _, r := range rows {
			if r.Provider == expected.Code {
				arrived[r.Day] = r
			}
		}
		for day := from; day <= to; day++ {
			a, lacks := arrived[day], lacking[expected.Code][day]
			line.Days = append(line.Days, measure.ExtractDay{Day: day, Rows: a.Rows, File: a.SHA256, Reading: a.Reading,
				Held: a.HeldSHA256, HeldRows: a.HeldRows, Lacks: lacks, Codes: a.Codes,
				Doubt: a.Doubt, Files: a.Files, Rejected: away[rejectedOf{expected.Code, day}],
				Arrival: expected.Standing(day, measure.Received{Counted: a.Counted, Lacks: len(lacks) > 0, Held: a.Held, At: a.Received},
					began[expected.Code], now)})
		}
		out = append(out, line)
	}
	return out, nil
}

// rejectedOf is a provider and the day before a file of it was turned away: the
// day of which a file that arrives speaks.
type rejectedOf struct {
	provider string
	day      delay.Day
}

// turnedAway gives the fingerprints of the files that were turned away on the
// mornings after the days from from to to.
func (e extracts) turnedAway(ctx context.Context, from, to delay.Day) (map[rejectedOf][]string, error) {
	all, err := e.TurnedAway(ctx, from, to)
	out := map[rejectedOf][]string{}
	for _, r := range all {
		of := rejectedOf{r.Provider, delay.DayOf(r.At) - 1}
		if !slices.Contains(out[of], r.File) {
			out[of] = append(out[of], r.File)
		}
	}
	return out, err
}

// TurnedAway gives the files that were turned away on the mornings after the days
// from from to to.
func (e extracts) TurnedAway(ctx context.Context, from, to delay.Day) ([]web.TurnedAway, error) {
	begin := func(day delay.Day) time.Time {
		y, m, d := day.Time().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, e.app.London)
	}
	all, err := e.store.Rejections(ctx, begin(from+1), begin(to+2))
	var out []web.TurnedAway
	for _, r := range all {
		out = append(out, web.TurnedAway{Provider: r.Provider, File: r.SHA256, Name: r.Name, Reason: r.Reason,
			At: r.Received.In(e.app.London)})
	}
	return out, err
}

// sendsWords names days of the week as people write them: "Monday, Tuesday".
func sendsWords(days []time.Weekday) string {
	var words []string
	for _, d := range days {
		words = append(words, d.String())
	}
	return strings.Join(words, ", ")
}

// Receipt gives a file's receipt.
func (e extracts) Receipt(ctx context.Context, sum string) (ingest.Arrived, error) {
	f, err := e.app.Store.File(ctx, sum)
	if err != nil {
		return ingest.Arrived{}, err
	}
	r := ingest.Arrived{At: f.Received.In(e.app.London), ReadAgain: f.ReadAgain, Bytes: f.Bytes}
	if err := json.Unmarshal(f.Report, &r.Report); err != nil || r.Report.Outcome == ingest.Rejected {
		return r, err
	}
	r.Standings, err = e.app.Store.Standings(ctx, sum)
	return r, err
}

// Accept has a provider's held extract of a day count.
func (e extracts) Accept(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (
	bool, error) {
	n, err := e.app.Store.Accept(ctx, by, as, sum, provider, day, reason)
	return n > 0, err
}

// Discard has a provider's held extract of a day count for nothing.
func (e extracts) Discard(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (
	bool, error) {
	n, err := e.app.Store.Discard(ctx, by, as, sum, provider, day, reason)
	return n > 0, err
}

// jobs shows the scheduler to the pages.
type jobs struct{ *schedule.Scheduler }

// List gives the jobs with their last runs.
func (j jobs) List(ctx context.Context) ([]web.Job, error) {
	all, err := j.Scheduler.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]web.Job, len(all))
	for i, s := range all {
		out[i] = web.Job{Name: s.Name, Title: s.Title, When: s.Words, Next: s.Next, Last: s.Last, Took: s.Took, Result: s.Result,
			Message: s.Message, Waits: s.Waits}
	}
	return out, nil
}

// Run starts a job now.
func (j jobs) Run(ctx context.Context, name string) error { return j.RunNow(ctx, name) }
