package app

import (
	"cmp"
	"context"
	"slices"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/quality"
	"homeward/internal/web"
)

// dataQuality tells the pages what senders' files leave to be mended.
type dataQuality struct{ app *App }

// mostPairs bounds the pairs of people that are counted of each kind.
const mostPairs = 10_000

// Quality gives what the extracts of a period leave to be mended, all of one
// moment.
func (q dataQuality) Quality(ctx context.Context, from, to delay.Day) (web.QualityOf, error) {
	held, err := q.app.Store.Snapshot(ctx)
	if err != nil {
		return web.QualityOf{}, err
	}
	defer held.Close()
	var providers []string
	out := web.QualityOf{Owners: map[string]string{}}
	for _, p := range q.app.Partnership().Providers {
		providers = append(providers, p.Code)
		out.Owners[p.Code] = cmp.Or(p.DataOwner, "The hospital's data team")
	}
	found, err := held.Found(ctx, from, to)
	if err != nil {
		return out, err
	}
	out.Report = quality.Make(from, to, found, providers)
	blanks, err := held.BlankDelays(ctx, from, to)
	if err != nil {
		return out, err
	}
	days, err := q.blankDays(ctx, figures{Store: held.Store, app: q.app}, from, to)
	if err != nil {
		return out, err
	}
	ledger, err := figures{Store: held.Store, app: q.app}.Ledger(ctx)
	if err != nil {
		return out, err
	}
	blanks = append(append(blanks, days...), q.blankReady(ledger, from, to)...)
	out.Blanks = quality.Blanks(blanks, providers, q.app.counts().book.Divides())
	// Counts are for everybody (P1); the pairs themselves are read with the reader's
	// own scope, on their page.
	pairs, err := held.PossiblePairs(ctx, people.Actor{Kind: people.Machine}, mostPairs)
	out.Same, out.Transfers, out.Before = quality.CountPairs(pairs)
	return out, err
}

// blankDays counts delayed days that lack something to break them down by.
func (q dataQuality) blankDays(ctx context.Context, f figures, from, to delay.Day) ([]quality.Blank, error) {
	var out []quality.Blank
	for _, by := range []struct {
		dimension measure.Dimension
		field     quality.Field
		blank     func(measure.Cell) bool
	}{
		{measure.ByReason, quality.Reason, func(c measure.Cell) bool { return c.Reason == delay.ReasonNotKnown }},
		{measure.ByResponsible, quality.Responsible, func(c measure.Cell) bool { return c.Body == delay.NotAttributed }},
		{measure.ByCouncil, quality.Council, func(c measure.Cell) bool { return c.Council == delay.CouncilNotKnown }},
		{measure.ByCare, quality.Care, func(c measure.Cell) bool { return c.Care == delay.CareNotKnown }},
		{measure.ByPathway, quality.Pathway, func(c measure.Cell) bool { return c.Pathway == "" }},
	} {
		cells, err := f.Cells(ctx, measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByProvider, by.dimension},
			Filter: measure.Filter{Book: q.app.counts().book}})
		if err != nil {
			return nil, err
		}
		counted := map[string]*quality.Blank{}
		for _, c := range cells {
			b := counted[c.Provider]
			if b == nil {
				b = &quality.Blank{Provider: c.Provider, Field: by.field}
				counted[c.Provider] = b
			}
			b.Of += c.Days
			if by.blank(c) {
				b.Blank += c.Days
			}
		}
		for _, p := range q.app.Partnership().Providers {
			b := counted[p.Code]
			if b == nil || by.field == quality.Pathway && b.Blank == b.Of {
				continue // A hospital that says no pathway leaves none blank.
			}
			out = append(out, *b)
		}
	}
	return out, nil
}

// blankReady counts the discharges of people who were ready without a ready
// date, where hospitals list everybody in a bed (R13).
func (q dataQuality) blankReady(l *national.Ledger, from, to delay.Day) []quality.Blank {
	if !slices.ContainsFunc(q.app.Partnership().Providers, q.app.Partnership().ListsBeds) {
		return nil
	}
	counted := map[string]*quality.Blank{}
	var out []quality.Blank
	for _, d := range national.Sitrep(l.Stays, from, to, q.app.dischargeFloor()) {
		b := counted[d.Provider]
		if b == nil {
			b = &quality.Blank{Provider: d.Provider, Field: quality.ReadyDate}
			counted[d.Provider] = b
		}
		b.Blank += int64(d.DischargedBlank)
		b.Of += int64(d.DischargedDated + d.DischargedBlank)
	}
	for _, p := range q.app.Partnership().Providers {
		if b := counted[p.Code]; b != nil && q.app.Partnership().ListsBeds(p) {
			out = append(out, *b)
		}
	}
	return out
}
