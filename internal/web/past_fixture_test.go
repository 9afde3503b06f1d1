package web

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/revision"
)

// memory gives Northshire as it was known: at each past moment as it is now but
// for what had not arrived. open counts the pasts in use.
type memory struct {
	north   *northshire
	answers revision.Answers
	open    atomic.Int32
	asked   []time.Time
}

func (m *memory) At(_ context.Context, at time.Time) (Past, func(), error) {
	m.asked = append(m.asked, at)
	switch {
	case at.After(time.Date(2026, 11, 4, 9, 12, 0, 0, time.UTC)):
		return nil, nil, problem.New(problem.Invalid, "4 November 2026 is not over yet.")
	case at.Before(time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)):
		return nil, nil, problem.New(problem.Invalid, "Homeward had received nothing before 1 October 2025, so this date cannot be rebuilt.")
	}
	m.open.Add(1)
	then := newNorthshire()
	then.last = min(delay.DayOf(at), m.north.last)
	for _, note := range m.north.notes {
		if !note.At.After(at) {
			then.notes = append(then.notes, note)
		}
	}
	return &remembered{then}, func() { m.open.Add(-1) }, nil
}

// instant is the present: Northshire with the figures that a test shows.
type instant struct {
	*northshire
	figures Figures
	o       *Options
}

// show has the pages show figures.
func (o *Options) show(f Figures) {
	o.Moment = func(context.Context) (Present, func(), error) {
		return instant{o.Trends.(*northshire), f, o}, func() {}, nil
	}
}

func (i instant) Extent(ctx context.Context) (first, last delay.Day, err error) {
	return i.figures.Extent(ctx)
}

func (i instant) Overview(ctx context.Context, f measure.Filter, from, to delay.Month) (measure.Overview, error) {
	return i.figures.Overview(ctx, f, from, to)
}

func (i instant) Cells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	return i.figures.Cells(ctx, q)
}

func (i instant) Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error) {
	return i.o.Extracts.Arrivals(ctx, from, to)
}

func (i instant) Learnt(context.Context) (time.Time, error) {
	return time.Date(2026, 11, 4, 6, 10, 0, 250000000, time.UTC), nil
}

func (i instant) AnswersSince(context.Context, time.Time) (revision.Answers, error) {
	return i.o.Pasts.(*memory).answers, nil
}

func (i instant) MonthFiles(ctx context.Context, m delay.Month) ([]closing.File, error) {
	return i.o.Closings.(*cabinet).MonthFiles(ctx, m)
}

func (i instant) ScopedDelays(ctx context.Context, scope people.Scope, f record.Filter, page record.Page) (*record.List, error) {
	return i.o.Rows.(*register).ScopedDelays(ctx, scope, f, page)
}

func (i instant) EachScopedDelay(ctx context.Context, scope people.Scope, f record.Filter, _ record.Sort,
	each func(record.Delay) error) error {
	l, err := i.ScopedDelays(ctx, scope, f, record.Page{})
	for _, d := range l.Delays {
		err = errors.Join(err, each(d))
	}
	return err
}

// remembered lacks the second hospital's last day.
type remembered struct{ *northshire }

func (r *remembered) Cells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	all, err := r.northshire.Cells(ctx, q)
	if !q.Has(measure.ByDay) || !q.Has(measure.ByProvider) {
		return all, err
	}
	var out []measure.Cell
	for _, c := range all {
		if c.Provider != "RXB" || c.Period != r.last {
			out = append(out, c)
		}
	}
	return out, err
}

func (r *remembered) Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error) {
	lines, err := r.northshire.Arrivals(ctx, from, to)
	for i := range lines {
		for j, d := range lines[i].Days {
			if lines[i].Code == "RXB" && d.Day == r.last {
				lines[i].Days[j] = measure.ExtractDay{Day: d.Day, Arrival: measure.Missing}
			}
		}
	}
	return lines, err
}
