package sqlite_test

import (
	"context"
	"reflect"
	"slices"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/record"
	"homeward/internal/sqlite"
)

// inASnapshot demands that a snapshot which has read more waits already answers as the
// store does (C16): it asks the same ones again.
func (w *world) inASnapshot(f record.Filter) {
	ctx := context.Background()
	held, err := w.s.Snapshot(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer held.Close()
	type answers struct {
		events []measure.Event
		spells []measure.Spell
		long   []measure.Cell
	}
	ask := func(s *sqlite.Store, q measure.Query) (out answers) {
		if out.events, err = s.Events(ctx, q); err == nil {
			if out.spells, err = s.Spells(ctx, q); err == nil {
				out.long, err = s.LongDays(ctx, q, 3)
			}
		}
		if err != nil {
			w.t.Fatal(err)
		}
		return out
	}
	by := []measure.Dimension{measure.ByDay, measure.ByProvider, measure.ByCouncil, measure.ByResponsible}
	ask(held.Store, measure.Query{From: f.From - 20, To: f.To + 20})
	for _, q := range []measure.Query{
		{From: f.From, To: f.To, By: by}, {From: f.From - 5, To: f.From + 1, By: by[:2]},
		{From: f.From - 2, To: f.From + 4, By: by[2:], Filter: f.Filter},
		{From: f.From, To: f.To, By: append(slices.Clone(by), measure.ByPathway), Filter: f.Filter},
	} {
		if got, want := ask(held.Store, q), ask(w.s, q); !reflect.DeepEqual(got, want) {
			w.t.Fatalf("a snapshot that has read waits before answers %+v, the store %+v, to %+v", got, want, q)
		}
	}
}

// bases demands that agreed days and days that are not agreed are every counted
// day, for whatever is asked, and that the rows behind agreed days are as many.
func (w *world) bases(f record.Filter, all int64) {
	ctx := context.Background()
	days := func(f measure.Filter, from, to delay.Day, count func(measure.Query) ([]measure.Cell, error)) int64 {
		cells, err := count(measure.Query{From: from, To: to, By: []measure.Dimension{measure.ByWeek, measure.ByCouncil}, Filter: f})
		if err != nil {
			w.t.Fatal(err)
		}
		n := int64(0)
		for _, c := range cells {
			n += c.Days
		}
		return n
	}
	counted := func(q measure.Query) ([]measure.Cell, error) { return w.s.Cells(ctx, q) }
	long := func(q measure.Query) ([]measure.Cell, error) { return w.s.LongDays(ctx, q, 3) }
	w.inASnapshot(f)
	open := f.Filter
	if len(open.States) == 0 {
		open.States = agreement.States[:]
	}
	open.States = slices.DeleteFunc(slices.Clone(open.States), agreement.State.Settled)
	agreedOnly := f.Filter.On(measure.BasisAgreed)
	split, err := measure.MakeSplit(ctx, w.s, f.Filter, f.From, f.To)
	if err != nil {
		w.t.Fatal(err)
	}
	agreed, notAgreed := days(agreedOnly, f.From, f.To, counted), int64(0)
	longAgreed, longNot := days(agreedOnly, f.From, f.To, long), int64(0)
	if len(open.States) > 0 {
		notAgreed, longNot = days(open, f.From, f.To, counted), days(open, f.From, f.To, long)
	}
	if agreed+notAgreed != all || split.Agreed.Total() != agreed || split.NotAgreed() != notAgreed || split.Days.Total() != all {
		w.t.Fatalf("G3: %d agreed and %d not agreed days of %d, split as %+v, for %+v", agreed, notAgreed, all, split, f)
	}
	if n := days(f.Filter, f.From, f.To, long); longAgreed+longNot != n {
		w.t.Fatalf("G3: %d agreed and %d not agreed long days of %d, for %+v", longAgreed, longNot, n, f)
	}
	behind := f
	behind.Filter = agreedOnly
	if n := list(w.t, w.s, everything(w.t), behind, record.Page{Size: record.MaxPage}).Days; n != agreed {
		w.t.Fatalf("the rows behind agreed days have %d, the figure %d, for %+v", n, agreed, f)
	}

	at := measure.Moment{Now: f.To.Time().Add(30 * time.Hour)}
	overview := func(b measure.Basis) measure.Overview {
		o, err := measure.MakeOverview(ctx, w.s, f.Filter.On(b), f.From.Month(), f.To.Month(), at, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		return o
	}
	both, only := overview(measure.BasisCounted), overview(measure.BasisAgreed)
	reasons := int64(0)
	for _, r := range only.Reasons {
		reasons += r.Days.Total()
	}
	if only.Now != both.Now || only.ReadyToday != both.ReadyToday || reasons != only.Total().Total() || len(only.Months) != len(both.Months) {
		w.t.Fatalf("the overview of agreed days has %v people waiting, that of all %v; reasons %d of %d days", only.Now, both.Now, reasons,
			only.Total().Total())
	}
	for i, m := range only.Months {
		if m.Days.Total()+m.NotAgreed != both.Months[i].Days.Total() {
			w.t.Fatalf("G3: %s has %d agreed and %d not agreed days of %d", m.First, m.Days.Total(), m.NotAgreed, both.Months[i].Days.Total())
		}
		if s := m.Share(); s.Known && (s.Low > s.Value || s.Value > s.High || s.High > 1+1e-9) {
			w.t.Fatalf("G3: the range of %s is %+v", m.First, s)
		}
	}
}
