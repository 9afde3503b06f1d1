package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/revision"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// pastsKept is how many past moments are kept worked out, pastsAtOnce how many
// there may be while all are in use. Each is a copy of the evidence on the disk.
const (
	pastsKept   = 2
	pastsAtOnce = 4
)

// pastWithin bounds the working out of one past moment.
const pastWithin = 5 * time.Minute

// pasts keeps the latest past moments that somebody looked at. The zero value
// is empty and ready.
type pasts struct {
	mu     sync.Mutex
	kept   []*past // the one used last at the end
	closed bool
	making sync.WaitGroup
	// one has a single moment worked out at a time.
	one sync.Mutex
}

// past is one moment; mu of pasts guards uses and gone.
type past struct {
	at    time.Time
	made  chan struct{} // closed when store or err is set
	store *sqlite.Known
	err   error
	uses  int
	gone  bool // no longer kept: closed when nobody uses it
}

// get gives a past moment, working it out at most once for all who ask, and
// what to call when it is no longer needed.
func (p *pasts) get(ctx context.Context, store *sqlite.Store, at time.Time, today delay.Day) (*sqlite.Known, func(), error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, nil, problem.New(problem.Unavailable, "Homeward is stopping. Try again in a minute.")
	}
	var one *past
	for i, k := range p.kept {
		if k.at.Equal(at) {
			one = k
			p.kept = append(append(p.kept[:i:i], p.kept[i+1:]...), k)
			break
		}
	}
	if one == nil {
		p.makeRoom()
		if len(p.kept) >= pastsAtOnce {
			p.mu.Unlock()
			return nil, nil, problem.New(problem.Unavailable, "Several past moments are being looked at now. Try again in a minute.")
		}
		one = &past{at: at, made: make(chan struct{})}
		p.kept = append(p.kept, one)
		p.making.Add(1)
		// Whoever asked first may go away; the others still wait for it.
		go p.make(context.WithoutCancel(ctx), store, one, today)
	}
	one.uses++
	p.mu.Unlock()
	var once sync.Once
	done := func() { once.Do(func() { p.release(one) }) }
	select {
	case <-one.made:
	case <-ctx.Done():
		done()
		return nil, nil, ctx.Err()
	}
	if one.err != nil {
		done()
		return nil, nil, one.err
	}
	return one.store, done, nil
}

func (p *pasts) make(ctx context.Context, store *sqlite.Store, one *past, today delay.Day) {
	defer p.making.Done()
	defer close(one.made)
	p.one.Lock()
	defer p.one.Unlock()
	ctx, cancel := context.WithTimeout(ctx, pastWithin)
	defer cancel()
	made, err := store.AsKnown(ctx, one.at, today)
	p.mu.Lock()
	defer p.mu.Unlock()
	one.store, one.err = made, err
	if err != nil || one.gone {
		p.drop(one) // The next who asks tries anew.
	}
}

// makeRoom lets the longest unused go until there is room for one more.
func (p *pasts) makeRoom() {
	for i := 0; i < len(p.kept) && len(p.kept) >= pastsKept; {
		if p.kept[i].uses > 0 {
			i++
			continue
		}
		p.drop(p.kept[i])
	}
}

// drop takes a past out of those kept, and closes it unless somebody uses it.
// It is called with mu held.
func (p *pasts) drop(one *past) {
	for i, k := range p.kept {
		if k == one {
			p.kept = append(p.kept[:i:i], p.kept[i+1:]...)
			break
		}
	}
	one.gone = true
	if one.uses == 0 && one.store != nil {
		// What cannot be removed now is removed at the next start.
		_ = one.store.Close()
		one.store = nil
	}
}

func (p *pasts) release(one *past) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.uses--
	if one.gone {
		p.drop(one)
		return
	}
	for len(p.kept) > pastsKept && one.uses == 0 {
		p.drop(one)
		return
	}
}

// close lets all go. Nobody may be using one.
func (p *pasts) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.making.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []error
	for _, one := range p.kept {
		if one.store != nil {
			all = append(all, one.store.Close())
			one.store = nil
		}
		one.gone = true
	}
	p.kept = nil
	return errors.Join(all...)
}

// sweepPasts removes what a process that was killed left of past moments. A
// command that looks back just now has made its own today.
func (a *App) sweepPasts() error {
	left, err := filepath.Glob(filepath.Join(a.Options.Data, sqlite.ScratchPattern))
	for _, dir := range left {
		if info, statErr := os.Stat(dir); statErr == nil && a.Options.Now().Sub(info.ModTime()) > 24*time.Hour {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// asKnown gives the store as known at a moment, after checking that the moment
// can be looked at.
func (a *App) asKnown(ctx context.Context, at time.Time) (*sqlite.Known, func(), error) {
	if err := isOver(ctx, a.Store, at.In(a.London), a.now()); err != nil {
		return nil, nil, err
	}
	if a.copied {
		return nil, nil, problem.New(problem.Unavailable, "Looking back makes a copy of the database for as long as it "+
			"looks, and this is a copy for reading, beside which nothing is written.")
	}
	first, err := a.Store.FirstReceived(ctx)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case first.IsZero():
		return nil, nil, problem.New(problem.Invalid, "No extract has arrived yet, so there is nothing to look back on.")
	case at.Before(first):
		return nil, nil, problem.New(problem.Invalid, "Homeward had received nothing before %s, so this date cannot be rebuilt. Choose a "+
			"later one.", first.In(a.London).Format("2 January 2006"))
	}
	return a.pasts.get(ctx, a.Store, at, delay.DayOf(at.In(a.London)))
}

// isOver refuses a moment that is not over, because more can still become known in it.
func isOver(ctx context.Context, store *sqlite.Store, at, now time.Time) error {
	last, err := store.Moment(ctx)
	if err != nil {
		return err
	}
	// A clock that was set back may stand before what is recorded.
	if at.After(now) && at.After(last) {
		return problem.New(problem.Invalid, "%s is not over yet. Choose an earlier day, or show the latest.", at.Format("2 January 2006"))
	}
	return nil
}

// known looks back for the pages.
type known struct{ app *App }

// pastPages answers the pages from one moment: a past one, or the present.
type pastPages struct {
	figures
	extracts
}

// At gives the figures and arrivals as they were known.
func (k known) At(ctx context.Context, at time.Time) (web.Past, func(), error) {
	store, done, err := k.app.asKnown(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	return pastPages{figures{Store: store.Store, app: k.app, at: at}, extracts{app: k.app, store: store.Store, at: at}}, done, nil
}

// present answers the pages from one moment, which is now.
func (a *App) present(ctx context.Context) (web.Present, func(), error) {
	held, err := a.Store.Snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	// A read transaction that cannot be let go ends with the request.
	return pastPages{figures{Store: held.Store, app: a}, extracts{app: a, store: held.Store}}, func() { _ = held.Close() }, nil
}

// Expected names the providers of the partnership.
func (p pastPages) Expected() []measure.Expected { return p.figures.app.Expected() }

// Arrivals gives every provider's days as they stood.
func (p pastPages) Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error) {
	return p.extracts.Arrivals(ctx, from, to)
}

// AnswersSince counts what people have said after a moment.
func (p pastPages) AnswersSince(ctx context.Context, at time.Time) (revision.Answers, error) {
	n, days, err := p.figures.Store.AnswersSince(ctx, at)
	out := revision.Answers{Count: n}
	for _, d := range days {
		out.Days = append(out.Days, revision.AnsweredDays(d))
	}
	ruled, rerr := p.figures.Store.RuledSince(ctx, at)
	for _, d := range ruled {
		out.Ruled = append(out.Ruled, revision.AnsweredDays(d))
	}
	return out, errors.Join(err, rerr)
}
