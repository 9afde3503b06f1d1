package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"homeward/internal/chart"
	"homeward/internal/durable"
	"homeward/internal/problem"
	"homeward/internal/schedule"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
	"homeward/internal/web"
	"homeward/internal/web/page"
	"homeward/static"
	"homeward/templates"
)

func setUpServe(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	at := addListening(flags)
	reading := addReading(flags)
	return func(ctx context.Context, words []string) (int, error) {
		if err := errors.Join(noWords(words), d.check()); err != nil {
			return ExitUsage, err
		}
		o := d.options(slog.New(slog.NewTextHandler(c.Err, nil)))
		if of, err := reading.copy(); err != nil {
			return ExitUsage, err
		} else if of != nil {
			return ExitDone, serveCopy(ctx, o, at, *of, c)
		}
		o.Make, o.FiguresOnly = true, true
		a, err := Open(ctx, o)
		if err != nil {
			return ExitLess, err
		}
		err = a.Serve(ctx, at, c)
		return ExitDone, errors.Join(err, a.Close())
	}
}

// grace is how long requests and jobs in flight may go on after a stop.
const grace = 20 * time.Second

// Serve serves the pages and runs the scheduled jobs until ctx ends, then lets
// what is in flight finish: requests first, then jobs. The caller closes the
// app afterwards.
func (a *App) Serve(ctx context.Context, at *Listening, c *Console) (err error) {
	if err := at.check(a.Partnership().SignIn); err != nil {
		return err
	}
	release, err := hold(a.Options.Data, fmt.Sprintf("process %d, since %s", os.Getpid(), a.now().Format("2 January 2006, 15:04")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := a.sweepPasts(); err != nil {
		a.Options.Log.Error("what an earlier process left of past moments could not be removed", "error", err)
	}
	if err := a.takeAgain(ctx, nil); err != nil {
		return err
	}
	renderer, err := newRenderer()
	if err != nil {
		return err
	}
	kept := a.Store.Sessions()
	scheduler, err := a.scheduler(renderer, c.Version, kept)
	if err != nil {
		return err
	}
	if w := a.Partnership().SignIn.WorkAccount; w != nil {
		if a.SignIn.Work, err = signin.NewWork(*w, nil); err != nil {
			return err
		}
	}
	proxies, err := networks(a.Partnership().SignIn.TrustedProxies)
	if err != nil {
		return err
	}
	spool, err := a.spool()
	if err != nil {
		return err
	}
	tried := newLooks(a, spool)
	defer tried.close()
	secure := at.secure(a.Partnership().SignIn)
	counted, token, err := a.measured(c.Version, scheduler)
	if err != nil {
		return err
	}
	desk := &partnershipDesk{app: a}
	sessions, layouts, published := signin.NewSessions(a.SignIn, kept, secure, a.Options.Log), newLayoutDesk(a, spool), newPublishedDesk(a)
	options := func() web.Options {
		return a.pages(web.Options{
			Drawer: renderer, Jobs: jobs{scheduler}, Status: a.status(scheduler), Packs: packs{a, renderer}, Calls: calls{a.Store, a, renderer},
			Ready: a.ready(scheduler), Looks: tried, Published: published, Sessions: sessions, Layouts: layouts, Partnership: desk,
			Pace:   float64(a.Partnership().SignIn.RequestsPerSecond),
			Secure: secure, TrustedProxies: proxies, Hosts: at.names(a.Partnership().SignIn), AnyHost: at.anyHost(a.Partnership().SignIn),
			Version: c.Version, Metrics: counted, MetricsToken: token, Spool: spool,
		})
	}
	server, err := newLivePages(options())
	if err != nil {
		return err
	}
	desk.renew = func() error {
		jobs, err := a.jobs(renderer, c.Version, kept)
		if err != nil {
			return err
		}
		return errors.Join(server.renew(options()), scheduler.Renew(jobs))
	}
	listener, places, err := at.listen(ctx, proxies, a.Options.Log)
	if err != nil {
		return err
	}
	alarmed, quiet := context.WithCancel(context.WithoutCancel(ctx))
	a.alarm.end = alarmed
	defer a.alarm.at.Wait()
	defer quiet()
	if err := scheduler.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	// The first page should not wait for the drawing machine to load.
	go func() {
		if err := renderer.Warm(ctx); err != nil && ctx.Err() == nil {
			a.Options.Log.Error("warming the chart renderer", "error", err)
		}
	}()
	httpServer := server.now.Load().Listener()
	httpServer.Handler = server
	httpServer.ConnState = places.idle
	return answer(ctx, httpServer, listener, func() {
		if err := a.welcome(ctx, at.address(listener), c); err != nil {
			a.Options.Log.Error("how to sign in could not be said", "error", err)
		}
	}, scheduler.Stop)
}

// answer has a server answer until ctx ends, and lets what is in flight finish: requests
// first, then what stop ends. begun is called once it answers.
func answer(ctx context.Context, httpServer *http.Server, listener net.Listener, begun func(), stop func(context.Context) error) error {
	served := make(chan error, 1)
	go func() { served <- httpServer.Serve(listener) }()
	begun()
	var err error
	select {
	case <-ctx.Done():
	case err = <-served: // It could not serve at all.
	}
	// ctx has ended; what is in flight gets a context of its own.
	drain, end := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer end()
	// Serve returns http.ErrServerClosed at once while Shutdown still waits
	// for requests in flight, so only Shutdown says when they are done.
	err = errors.Join(err, httpServer.Shutdown(drain), stop(drain))
	if errors.Is(err, context.DeadlineExceeded) {
		return problem.Wrap(err, problem.Unavailable, "Some work did not finish within %s of the stop", grace)
	}
	return err
}

// pages completes the options of the pages with what follows from the app and the
// partnership as it is now.
func (a *App) pages(o web.Options) web.Options {
	o.Extracts, o.Ingest, o.Again = extracts{app: a, store: a.Store}, a.Ingest, readingAgain{a}
	o.Pasts, o.Moment, o.Trends = known{a}, a.present, trends{a.Store, a}
	o.Cases, o.Casework, o.Pairs, o.Quality, o.SentAnswers = a.Store, a.casework(), a.Store, dataQuality{a}, a.Store
	o.Closings, o.Rows, o.Audit, o.SignIn = a.closings(), rows{a.Store, a}, a.Store, a.SignIn
	o.Places, o.Levels, o.Rules, o.RuleSets, o.RuleChanges = a.places(), a.levels(), a.Rules, a.counts().rules, ruleDesk{a.Store, a}
	o.Defs, o.Beds, o.DischargeFloor = a.counts().defs, a.bedLists(), a.dischargeFloor()
	o.Counting, o.Lead = a.Partnership().Settings.Counting, a.Partnership().Settings.Lead
	o.Templates, o.Assets = parsedTemplates, static.Files
	o.Log, o.Now, o.Zone = a.Options.Log, a.Options.Now, a.London
	return o
}

// parsedTemplates reads the page templates when the first server asks.
var parsedTemplates = sync.OnceValues(func() (page.Templates, error) { return page.ParseTemplates(templates.Files) })

// livePages answers by the pages as they are now: a partnership that is changed
// while the program runs has new ones take the place of those before.
type livePages struct{ now atomic.Pointer[web.Server] }

func newLivePages(o web.Options) (*livePages, error) {
	server, err := web.New(o)
	if err != nil {
		return nil, err
	}
	l := &livePages{}
	l.now.Store(server)
	return l, nil
}

func (l *livePages) renew(o web.Options) error {
	next, err := l.now.Load().Renewed(o)
	if err != nil {
		return err
	}
	l.now.Store(next)
	return nil
}

// ServeHTTP answers one request.
func (l *livePages) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.now.Load().ServeHTTP(w, r) }

// ready says whether the server can do its work: keep what it is sent, and run
// its jobs.
func (a *App) ready(jobs *schedule.Scheduler) func(context.Context) error {
	return func(ctx context.Context) error {
		kept, ran := a.Store.Ready(ctx), jobs.Trouble()
		if kept == nil || ran == nil {
			return cmp.Or(kept, ran)
		}
		// A disk that is full must not hide which job that stopped.
		return problem.Wrap(errors.Join(kept, ran), problem.Unavailable, "%s %s", sentence(kept), sentence(ran))
	}
}

// newRenderer makes the chart renderer of the ECharts that the pages load too.
func newRenderer() (*chart.Renderer, error) {
	script, err := fs.ReadFile(static.Files, "vendor/echarts/echarts.min.js")
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "This program was built without its charts. Build it with: make build")
	}
	return chart.NewRenderer(script, 2), nil
}

// places names who the pages speak of.
func (a *App) places() page.Places {
	p := page.Places{Partnership: a.Partnership().Name, NameOfCouncil: a.reader.CouncilName, Into: a.Partnership().IntoOf,
		Headline: a.headline(), Book: a.counts().book}
	for _, provider := range a.Partnership().Providers {
		p.Providers = append(p.Providers, page.Place{Code: provider.Code, Name: provider.Name})
	}
	for _, council := range a.Partnership().Councils {
		p.Councils = append(p.Councils, page.Place{Code: council.Code, Name: council.Name})
	}
	p.Adults = map[string]page.Adults{}
	for _, council := range a.Partnership().Councils {
		if n := council.Population; n.Adults > 0 {
			p.Adults[council.Code] = page.Adults{Number: n.Adults, Year: n.Year, Source: n.Source}
		}
	}
	return p
}

// leapAtMost is how far the clock may go on between two runs of a job that deletes
// or decides for good.
const leapAtMost = 10 * 24 * time.Hour

// scheduler sets up the jobs.
func (a *App) scheduler(draw *chart.Renderer, version string, sessions *sqlite.Sessions) (*schedule.Scheduler, error) {
	s, err := schedule.New(schedule.Options{Recorder: a.Store.Jobs(), Zone: a.London, Log: a.Options.Log, Now: a.Options.Now,
		Tell: a.tell})
	if err != nil {
		return nil, err
	}
	all, err := a.jobs(draw, version, sessions)
	if err != nil {
		return nil, err
	}
	for _, j := range all {
		if err := s.Add(j); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// verifyNightly derives everything afresh, and makes the sums of what was added since.
// Where that does not agree, or the database cannot be read for it, the newest backup
// that is whole is named.
func (a *App) verifyNightly(ctx context.Context, kept *backups) (string, error) {
	status, sentence, err := verify(ctx, a.Store, a.Key)
	if err == nil && status == ExitDone {
		return sentence, a.Store.SumRows(ctx)
	}
	if ctx.Err() != nil {
		return sentence, err
	}
	good, goodErr := kept.lastGood(ctx)
	if err == nil {
		return "", errors.Join(problem.New(problem.Conflict, "%s %s", strings.TrimSuffix(sentence, "\n"), good), goodErr)
	}
	return "", errors.Join(problem.Wrap(err, problem.Unavailable, "The database could not be read through, so it may be damaged. %s", good),
		goodErr)
}

// jobs are what is done at set times.
func (a *App) jobs(draw *chart.Renderer, version string, sessions *sqlite.Sessions) ([]schedule.Job, error) {
	ofPacks, err := a.packJobs(draw, version)
	if err != nil {
		return nil, err
	}
	missing, err := a.missingJob()
	if err != nil {
		return nil, err
	}
	all := append([]schedule.Job{
		missing,
		{Name: "inbox", Title: "Take in the inbox", Words: "every minute", When: "@every 1m", Limit: 2 * time.Hour,
			Run: a.takeInbox},
		{Name: "verify", Title: "Verify the figures", Words: "every night at 3:30am", When: "30 3 * * *", CatchUp: true,
			Limit: 4 * time.Hour, Run: func(ctx context.Context) (string, error) { return a.verifyNightly(ctx, a.backups(version)) }},
		{Name: "backup", Title: "Make a backup and check it", Words: "every night at 2:40am", When: "40 2 * * *", CatchUp: true,
			Limit: 4 * time.Hour, Run: a.backups(version).make},
		{Name: "rehearsal", Title: "Rehearse a restore", Words: "every Sunday at 3:05am", When: "5 3 * * 0",
			// Before the first backup none was missed: a week would count in which nothing was rehearsed.
			CatchUp: a.backups(version).any(), Limit: 4 * time.Hour, Run: a.backups(version).rehearse},
		{Name: "retention", Title: "Purge identifiers past their period", Words: "every night at 4:15am", When: "15 4 * * *", CatchUp: true,
			Within: leapAtMost, Limit: time.Hour, Run: a.retention},
		{Name: "audit", Title: "Check the audit log", Words: "every night at 4:45am", When: "45 4 * * *", CatchUp: true,
			Limit: 2 * time.Hour, Run: a.checkAudit},
		{Name: "log", Title: "Carry the log to today", Words: "every morning at 5:05am", When: "5 5 * * *", CatchUp: true, Within: leapAtMost,
			Limit: 2 * time.Hour, Run: a.keepLog},
		{Name: "sessions", Title: "Clear ended sessions", Words: "every hour", When: "20 * * * *",
			Limit: 10 * time.Minute, Run: func(ctx context.Context) (string, error) { return "Ended sessions are cleared.", sessions.Sweep(ctx) }},
	}, ofPacks...)
	for _, j := range all {
		a.alarm.titles.Store(j.Name, j.Title)
	}
	return all, nil
}

func setUpHealthcheck(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	listen := flags.String("listen", "127.0.0.1:8080", "the `address` that the server listens on")
	secure := flags.Bool("tls", false, "the server answers over TLS")
	return func(ctx context.Context, words []string) (int, error) {
		if err := noWords(words); err != nil {
			return ExitUsage, err
		}
		ctx, stop := context.WithTimeout(ctx, 5*time.Second)
		defer stop()
		scheme, client := "http://", http.DefaultClient
		if *secure {
			// It asks the machine itself, by an address that the certificate does not
			// name, and believes nothing of the answer but its status.
			scheme, client = "https://", &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true,
				MinVersion: tls.VersionTLS12}}}
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+*listen+"/readyz", nil)
		if err != nil {
			return ExitUsage, usage("Found the address %q. Use one like 127.0.0.1:8080.", *listen)
		}
		res, err := client.Do(req)
		if err != nil {
			return ExitLess, problem.Wrap(err, problem.Unavailable, "Homeward does not answer at %s", *listen)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return ExitLess, problem.New(problem.Unavailable, "Homeward answers at %s that it is not ready (%d).", *listen, res.StatusCode)
		}
		fmt.Fprintln(c.Out, "Ready.")
		return ExitDone, nil
	}
}

// copyFS copies a file system into a folder, replacing what is there.
func copyFS(dir string, from fs.FS) error {
	return fs.WalkDir(from, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(path))
		if e.IsDir() {
			return durable.MkdirAll(target)
		}
		src, err := from.Open(path)
		if err != nil {
			return err
		}
		defer src.Close()
		dst, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, durable.FileMode)
		if err != nil {
			return err
		}
		_, err = io.Copy(dst, src)
		return errors.Join(err, dst.Close())
	})
}
