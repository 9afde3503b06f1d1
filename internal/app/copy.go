package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"homeward/internal/chart"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// readingFlags say that a copy for reading is served.
type readingFlags struct {
	on       bool
	writesAt string
	oldest   time.Duration
}

func addReading(flags *flag.FlagSet) *readingFlags {
	r := &readingFlags{}
	flags.BoolVar(&r.on, "read-only", false, "serve the pages of a copy of the database for readers, and write nothing; needs --writes-at")
	flags.StringVar(&r.writesAt, "writes-at", "", "the `address` where people sign in and change things, with --read-only")
	flags.DurationVar(&r.oldest, "oldest", 15*time.Minute, "how old the copy may be before it is no longer shown, with --read-only")
	return r
}

// copying is what is said of a copy for reading.
type copying struct {
	writesAt string
	oldest   time.Duration
}

// copy gives what the flags ask for, nil for the database itself.
func (r *readingFlags) copy() (*copying, error) {
	u, err := url.Parse(r.writesAt)
	switch {
	case !r.on && r.writesAt != "":
		return nil, usage("--writes-at is for a copy: add --read-only.")
	case !r.on:
		return nil, nil
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return nil, usage("Say where changes are made, for the readers of the copy: --writes-at https://NAME.")
	case r.oldest <= 0:
		return nil, usage("Found --oldest %s. Use a time like 15m.", r.oldest)
	}
	return &copying{r.writesAt, r.oldest}, nil
}

// openCopy opens the copy in a data folder, for reading. No key is asked for: neither
// identifiers nor received files can be opened with what is in memory.
func openCopy(ctx context.Context, o Options, was *sqlite.Copy) (*App, *sqlite.Copy, error) {
	if err := o.private(); err != nil {
		return nil, nil, err
	}
	w, err := o.words()
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.OpenCopy(ctx, o.Data, w.settings, was, sqlite.WithClock(o.Now))
	if err != nil {
		return nil, nil, err
	}
	a := w.app(o, store.Store, nil)
	a.copied = true
	if err := a.amend(ctx); err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return a, store, nil
}

// lookEvery is how often it is looked whether a newer copy has come.
const lookEvery = time.Second

// copies answers by the newest copy, which takes the place of the one before while
// the program runs.
type copies struct {
	options  Options
	of       copying
	at       *Listening
	renderer *chart.Renderer
	version  string

	mu  sync.Mutex
	now *openedCopy
	// trouble is why a newer copy is not served.
	trouble error
}

// openedCopy is a copy that is open; mu of copies guards the adding to users.
type openedCopy struct {
	app    *App
	store  *sqlite.Copy
	server *web.Server
	// partnership is the partnership file as it was read.
	partnership fs.FileInfo
	users       sync.WaitGroup
}

// serveCopy serves the pages of a copy for reading until ctx ends.
func serveCopy(ctx context.Context, o Options, at *Listening, of copying, c *Console) error {
	renderer, err := newRenderer()
	if err != nil {
		return err
	}
	o.Now = time.Now
	v := &copies{options: o, of: of, at: at, renderer: renderer, version: c.Version}
	if err := v.renew(ctx); err != nil {
		return err
	}
	defer func() { v.swap(nil).end(o) }()
	signIn := v.now.app.Partnership().SignIn
	if err := at.check(signIn); err != nil {
		return err
	}
	proxies, err := networks(signIn.TrustedProxies)
	if err != nil {
		return err
	}
	listener, places, err := at.listen(ctx, proxies, o.Log)
	if err != nil {
		return err
	}
	httpServer := v.now.server.Listener()
	httpServer.Handler = v
	httpServer.ConnState = places.idle
	watching, stop := context.WithCancel(ctx)
	var watched sync.WaitGroup
	watched.Go(func() { v.watch(watching) })
	return answer(ctx, httpServer, listener, func() {
		fmt.Fprintf(c.Out, "Homeward serves a copy for reading at %s\nChanges are made at %s\nStop it with Ctrl-C.\n", at.address(listener),
			of.writesAt)
	}, func(context.Context) error {
		stop()
		watched.Wait()
		return nil
	})
}

// ServeHTTP answers one request by the copy that is the newest when it begins.
func (v *copies) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	one := v.now
	one.users.Add(1)
	v.mu.Unlock()
	defer one.users.Done()
	one.server.ServeHTTP(w, r)
}

// watch takes in newer copies until ctx ends.
func (v *copies) watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !v.changed() {
			continue
		}
		err := v.renew(ctx)
		if ctx.Err() != nil {
			return
		}
		v.mu.Lock()
		v.trouble = err
		v.mu.Unlock()
		if err == nil {
			said = ""
		} else if said != err.Error() {
			said = err.Error()
			v.options.Log.Error("a newer copy cannot be served, and the one before still is", "error", err)
		}
	}
}

// changed says that the database or the partnership file is another.
func (v *copies) changed() bool {
	v.mu.Lock()
	one, trouble := v.now, v.trouble
	v.mu.Unlock()
	if trouble != nil || one.store.Changed() {
		return true
	}
	info, err := os.Stat(v.options.partnershipPath())
	return err == nil && (!os.SameFile(info, one.partnership) || !info.ModTime().Equal(one.partnership.ModTime()))
}

// renew opens what stands there now and answers by it.
func (v *copies) renew(ctx context.Context) error {
	info, err := os.Stat(v.options.partnershipPath())
	if err != nil {
		return problem.Wrap(err, problem.NotFound, "There is no partnership file %s. Copy it from where the database is written",
			v.options.partnershipPath())
	}
	var was *sqlite.Copy
	if v.now != nil {
		was = v.now.store
	}
	a, store, err := openCopy(ctx, v.options, was)
	if err != nil {
		return err
	}
	next := &openedCopy{app: a, store: store, partnership: info}
	options, err := v.pages(next)
	if err == nil && v.now == nil {
		next.server, err = web.New(options)
	} else if err == nil {
		next.server, err = v.now.server.Renewed(options)
	}
	if err != nil {
		return errors.Join(err, a.Close())
	}
	go v.swap(next).end(v.options)
	return nil
}

// swap has the next copy answer and gives the one before.
func (v *copies) swap(next *openedCopy) *openedCopy {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.now
	v.now = next
	return was
}

// end closes a copy once nobody reads it any more.
func (o *openedCopy) end(with Options) {
	if o == nil {
		return
	}
	o.users.Wait()
	if err := o.app.Close(); err != nil {
		with.Log.Error("a copy could not be closed", "error", err)
	}
}

// ready says whether the copy that is shown is the newest and new enough.
func (v *copies) ready(ctx context.Context) error {
	v.mu.Lock()
	trouble, store := v.trouble, v.now.store
	v.mu.Unlock()
	if trouble != nil {
		return problem.Wrap(trouble, problem.Unavailable, "The newest copy cannot be served: %s", sentence(trouble))
	}
	at, err := store.AsAt(ctx)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The copy cannot be read. Restore it again")
	}
	if age := v.options.Now().Sub(at); age > v.of.oldest {
		return problem.New(problem.Unavailable, "The copy is of %s, and older than %s. See whether Homeward runs where it is written, and what "+
			"brings the copies.", at.UTC().Format(time.RFC3339), v.of.oldest)
	}
	return nil
}

// pages are the options of the pages of a copy. Those of routes that a copy does not
// answer are there, so that pages are the same, and empty.
func (v *copies) pages(one *openedCopy) (web.Options, error) {
	a, signIn := one.app, one.app.Partnership().SignIn
	proxies, err := networks(signIn.TrustedProxies)
	if err != nil {
		return web.Options{}, err
	}
	secure := v.at.secure(signIn)
	kept := a.Store.Sessions()
	return a.pages(web.Options{
		Copy:   &web.Copy{AsAt: one.store.AsAt, WritesAt: v.of.writesAt, Oldest: v.of.oldest},
		Drawer: v.renderer, Ready: v.ready, Published: newPublishedDesk(a),
		Sessions: signin.NewSessions(a.SignIn, kept, secure, a.Options.Log).ReadOnly(),
		Jobs:     jobs{}, Looks: (*looks)(nil), Layouts: (*layoutDesk)(nil), Partnership: (*partnershipDesk)(nil), Packs: packs{}, Calls: calls{},
		Status: func(context.Context) []web.Check { return nil },
		Pace:   float64(signIn.RequestsPerSecond),
		Secure: secure, TrustedProxies: proxies, Hosts: v.at.names(signIn), AnyHost: v.at.anyHost(signIn),
		Version: v.version, Spool: os.DevNull,
	}), nil
}
