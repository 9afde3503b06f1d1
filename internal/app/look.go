package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"homeward/internal/audit"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web"
)

const (
	// lookKept is for how long files that were looked at wait to be taken.
	lookKept = time.Hour
	// lookTime bounds one trial.
	lookTime = 10 * time.Minute
	// mostLooks bounds the looks of all people together.
	mostLooks = 12
	// lookProblems bounds the rows that are listed of each file looked at.
	lookProblems = 100
)

// looks keeps files that people look at before they count: sealed, for an hour,
// in the folder of uploads, which is cleared at every start. Files are tried on a
// copy of the store, one trial at a time on this machine and one a person, beside
// everything else.
type looks struct {
	app *App
	dir string
	// trial is held by the trial that runs.
	trial chan struct{}

	mu  sync.Mutex
	all map[string]*tryout
}

func newLooks(a *App, dir string) *looks {
	return &looks{app: a, dir: dir, trial: make(chan struct{}, 1), all: map[string]*tryout{}}
}

// tryout is what one person looks at.
type tryout struct {
	id    string
	by    int64
	files []lookedAt
	ends  *time.Timer
	stop  context.CancelFunc // of the trial
	done  chan struct{}      // closed when the trial has ended

	// What follows is under the mutex of looks.
	state   web.Look
	mark    string // the evidence that it was tried on
	busy    bool   // it is being taken
	over    bool   // its hour ended meanwhile
	removed bool
}

// lookedAt is one sealed file.
type lookedAt struct {
	name, path string
	sum        [32]byte
	correction *web.Correction
}

// Begin keeps files sealed and tries them. A look of the same person that is not
// being tried goes.
func (l *looks) Begin(ctx context.Context, by people.Actor, files []web.SentFile) (string, error) {
	one := &tryout{id: strings.ToLower(rand.Text()), by: by.PersonID, done: make(chan struct{}), state: web.Look{State: web.LookWaiting}}
	for _, f := range files {
		at, err := l.seal(f)
		if err != nil {
			one.unseal()
			return "", err
		}
		one.files = append(one.files, at)
		one.state.Names = append(one.state.Names, f.Name)
	}
	trial, stop := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	one.stop = stop
	if err := l.add(one); err != nil {
		stop()
		one.unseal()
		return "", err
	}
	go func() {
		defer close(one.done)
		defer stop()
		l.try(trial, one)
	}()
	return one.id, nil
}

// Done keeps what became of files that were taken without a look, and why not all
// were, to be shown.
func (l *looks) Done(_ context.Context, by people.Actor, reports []*ingest.Report, why string) (string, error) {
	one := &tryout{id: strings.ToLower(rand.Text()), by: by.PersonID, done: make(chan struct{}), stop: func() {},
		state: web.Look{State: web.LookTaken, Files: reports, Why: why}}
	close(one.done)
	for _, r := range reports {
		one.state.Names = append(one.state.Names, r.File)
		shorten(r)
	}
	return one.id, l.add(one)
}

func (l *looks) add(one *tryout) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, other := range l.all {
		if other.by != one.by {
			continue
		}
		if other.state.State == web.LookWaiting || other.busy {
			return problem.New(problem.Conflict, "The files that you looked at before are still being tried. Wait until that is done, or leave "+
				"them, and send these again.")
		}
		l.remove(other)
	}
	if len(l.all) >= mostLooks {
		return problem.New(problem.Unavailable, "Others look at files just now, and there is no room for more. Try again in a few minutes. "+
			"Nothing was kept.")
	}
	l.all[one.id] = one
	one.ends = time.AfterFunc(lookKept, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if one.over = one.busy; !one.over {
			l.remove(one)
		}
	})
	return nil
}

// remove lets a look go with its files. The mutex is held.
func (l *looks) remove(one *tryout) {
	if one.removed {
		return
	}
	one.removed = true
	one.stop()
	one.ends.Stop()
	delete(l.all, one.id)
	one.unseal()
}

func (one *tryout) unseal() {
	for _, f := range one.files {
		_ = os.Remove(f.path)
	}
}

// seal keeps one file.
func (l *looks) seal(f web.SentFile) (at lookedAt, err error) {
	frozen, err := ingest.Freeze(f.Content, l.dir)
	if err != nil {
		return at, err
	}
	defer frozen.Close()
	at = lookedAt{f.Name, filepath.Join(l.dir, ".look-"+strings.ToLower(rand.Text())), frozen.Sum, f.Correction}
	return at, l.app.sealInto(at.path, frozen.Reader())
}

// open gives a file's bytes as they were sent, and nothing else.
func (l *looks) open(f lookedAt) (*ingest.Frozen, error) {
	content, done, err := l.app.openSealed(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, goneFiles()
	}
	if err != nil {
		return nil, err
	}
	frozen, err := ingest.Freeze(content, l.dir)
	if err = errors.Join(err, done()); err != nil {
		return nil, err
	}
	if frozen.Sum != f.sum {
		frozen.Close()
		return nil, problem.New(problem.Unavailable, "The file that was kept is not the one that was looked at. Nothing was taken. Send it "+
			"again.")
	}
	return frozen, nil
}

func goneFiles() error {
	return problem.New(problem.NotFound, "These files are no longer kept: they are deleted an hour after they were looked at, when they are "+
		"left, and when Homeward starts. Nothing was taken. Send them again.")
}

// try tries a look's files on a copy of the store, when its turn comes.
func (l *looks) try(ctx context.Context, one *tryout) {
	var out *checked
	var mark string
	var err error
	select {
	case l.trial <- struct{}{}:
		out, mark, err = l.tried(ctx, one)
		<-l.trial
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		one.state.State = web.LookFailed
		one.state.Why = "Trying the files took longer than ten minutes and was stopped. They can be taken without it, or sent in parts."
	case err != nil:
		l.app.Options.Log.Error("a trial of files ended", "error", err)
		one.state.State, one.state.Why = web.LookFailed, sentence(err)
	default:
		one.state.State, one.state.Files, one.state.Days, one.mark = web.LookTried, out.Files, out.all, mark
	}
}

// mark changes with everything that what files would give hangs on: the evidence, and
// the words that files are read with, which may be saved while the program runs.
func (l *looks) mark(ctx context.Context, evidence func(context.Context) (string, error)) (string, error) {
	mark, err := evidence(ctx)
	_, words := l.app.Ingest.Words()
	return mark + " " + words, err
}

func (l *looks) tried(ctx context.Context, one *tryout) (_ *checked, mark string, err error) {
	scratch, err := l.app.Store.Scratch(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if mark, err = l.mark(ctx, scratch.EvidenceMark); err != nil {
		return nil, "", err
	}
	before, err := everyCell(ctx, scratch.Store)
	if err != nil {
		return nil, "", err
	}
	out := &checked{}
	service := l.app.Ingest.On(scratch.Store)
	for _, f := range one.files {
		r, err := l.takeOne(ctx, service, f)
		if err != nil {
			return nil, "", err
		}
		out.Files = append(out.Files, r)
	}
	after, err := everyCell(ctx, scratch.Store)
	out.all = beside(before, after)
	return out, mark, err
}

// takeOne takes a kept file in by a service.
func (l *looks) takeOne(ctx context.Context, service *ingest.Service, f lookedAt) (*ingest.Report, error) {
	frozen, err := l.open(f)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	note := ""
	if f.correction != nil {
		note = f.correction.Note()
	}
	r, err := service.Frozen(ctx, f.name, time.Time{}, frozen, note)
	if err == nil {
		shorten(r)
	}
	return r, err
}

// shorten keeps the first rows of a receipt that is held in memory.
func shorten(r *ingest.Report) {
	if n := len(r.Problems); n > lookProblems {
		r.Problems, r.MoreProblems = r.Problems[:lookProblems:lookProblems], r.MoreProblems+n-lookProblems
	}
	for _, one := range r.Files {
		shorten(one)
	}
}

func (l *looks) find(by people.Actor, id string) (*tryout, error) {
	one := l.all[id]
	if one == nil || one.by != by.PersonID {
		return nil, goneFiles()
	}
	return one, nil
}

// Look gives what one looks at, after waiting for the trial for as long as
// ctx lasts.
func (l *looks) Look(ctx context.Context, by people.Actor, id string) (web.Look, error) {
	l.mu.Lock()
	one, err := l.find(by, id)
	l.mu.Unlock()
	if err != nil {
		return web.Look{}, err
	}
	select {
	case <-one.done:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	state := one.state
	if state.State == web.LookTried {
		mark, err := l.mark(context.WithoutCancel(ctx), l.app.Store.EvidenceMark)
		if err != nil {
			return state, err
		}
		state.Older = mark != one.mark
	}
	return state, nil
}

// Take takes exactly the bytes in that were looked at.
func (l *looks) Take(ctx context.Context, by people.Actor, id string) error {
	l.mu.Lock()
	one, err := l.find(by, id)
	if err == nil && (one.busy || one.state.State == web.LookWaiting) {
		err = problem.New(problem.Conflict, "These files are still being tried or taken. Wait until that is done.")
	}
	if err == nil && one.state.State == web.LookTaken {
		l.mu.Unlock()
		return nil // Once more by hand.
	}
	if err != nil {
		l.mu.Unlock()
		return err
	}
	one.busy = true
	l.mu.Unlock()
	ctx = context.WithoutCancel(ctx) // Half of them taken is no answer to somebody who goes away.
	var reports []*ingest.Report
	for _, f := range one.files {
		var r *ingest.Report
		// Who has changed a file's cells is known before it counts.
		if c := f.correction; c != nil {
			err = l.app.Store.Record(ctx, audit.Entry{Who: by.Who(), As: by.As(), From: by.Address, What: audit.RowsCorrected,
				Record: fmt.Sprintf("%x", f.sum), Before: c.Of, After: c.Words + ". " + c.Why})
		}
		if err == nil {
			r, err = l.takeOne(ctx, l.app.Ingest, f)
		}
		if err != nil {
			break
		}
		reports = append(reports, r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one.busy = false
	if err == nil || len(reports) > 0 {
		// What was taken is taken, whatever became of the next.
		one.state = web.Look{State: web.LookTaken, Names: one.state.Names, Files: reports}
		if err != nil {
			one.state.Why = fmt.Sprintf("%d of %d files were taken. The next could not be: %s Send the others again.", len(reports),
				len(one.files), sentence(err))
			l.app.Options.Log.Error("files that were looked at could not all be taken", "error", err)
		}
		one.unseal()
		err = nil
	}
	if one.over {
		l.remove(one)
	}
	return err
}

// Leave lets a look go with its files.
func (l *looks) Leave(by people.Actor, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, err := l.find(by, id)
	switch {
	case err != nil:
		return err
	case one.busy:
		return problem.New(problem.Conflict, "These files are being taken. Wait until that is done.")
	}
	l.remove(one)
	return nil
}

// close lets every look go.
func (l *looks) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.all {
		l.remove(one)
	}
}
