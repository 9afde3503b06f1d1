// Package app wires Homeward together: it opens what a data folder holds, runs
// the commands, and starts and stops the server. It decides nothing about
// counting, attribution or pages.
package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"homeward/internal/attribution"
	"homeward/internal/config"
	"homeward/internal/durable"
	"homeward/internal/extract"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/received"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// PartnershipFile and the names below are what a data folder holds beside the
// database.
const (
	PartnershipFile = "partnership.yaml"
	KeyFile         = "identity.key"
	InboxFolder     = "inbox"
	RejectedFolder  = "rejected"
	ReceivedFolder  = "received"
	SpoolFolder     = "spool"
	// ArchiveFolder held files in clear before they were kept sealed.
	ArchiveFolder = "archive"
	PacksFolder   = "packs"
)

// Options say what to open.
type Options struct {
	// Data is the data folder. It is made when Make is set.
	Data string
	Make bool
	// Partnership is the partnership file; empty means the data folder's own.
	Partnership string
	// Key is the key file; empty means identity.key in the data folder.
	Key string
	// FiguresOnly opens a data folder whose key is lost all the same: figures
	// work, extracts and identifiers do not.
	FiguresOnly bool
	// AnyAudit opens a data folder whose audit log cannot be recorded in, its key
	// being lost.
	AnyAudit bool
	// Chromium is the browser that prints packs; empty means one that stands in
	// the machine's PATH, if any.
	Chromium string
	Now      func() time.Time
	Log      *slog.Logger
}

// App is an open data folder.
type App struct {
	Options Options
	Rules   *attribution.RuleSet
	Store   *sqlite.Store
	Ingest  *ingest.Service
	// Key is what identifiers are sealed with, nil when it is lost and the
	// options let the app open without it.
	Key    *identity.Key
	SignIn *signin.Service
	London *time.Location

	// copied is set for a copy for reading.
	copied bool

	// Received holds each file as it was received, sealed; nil when Key is.
	Received *received.Folder

	// part is who takes part and what is counted by, as they are now.
	part atomic.Pointer[part]

	former *identity.Key // of before a rotation, nil when it is not here
	reader *liveLayouts
	pasts  pasts
	again  again
	inbox  inbox
	alarm  alarm
	// sentUnnoted are deliveries that were sent and not noted; the job that delivers
	// alone uses it.
	sentUnnoted map[int64]bool
	// ledgers keeps what was made of stays.
	ledgers ledgers
}

// Open opens a data folder with its partnership file, ready to take extracts
// in and to serve. Close it when done.
func Open(ctx context.Context, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Make {
		if err := durable.MkdirAll(o.Data); err != nil {
			return nil, problem.Wrap(err, problem.Unavailable, "The data folder %s could not be made", o.Data)
		}
	}
	// Before anything else: what a lost database is refused for must not hang on
	// a partnership file.
	state, err := o.database(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.private(); err != nil {
		return nil, err
	}
	w, err := o.words()
	if err != nil {
		return nil, err
	}
	lost := o.readableDatabase(state)
	if lost != nil && !o.FiguresOnly {
		return nil, lost
	}
	if err := o.firstKey(state); err != nil {
		return nil, err
	}
	if err := o.beforeUpgrade(ctx, state); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, o.Data, w.settings, sqlite.WithClock(o.Now))
	if err != nil {
		return nil, err
	}
	bound := store.UseAuditKey(ctx, filepath.Join(filepath.Dir(o.keyPath()), sqlite.AuditKeyName))
	if bound != nil && !o.AnyAudit {
		return nil, errors.Join(bound, store.Close())
	}
	key, err := o.key(ctx, store, lost)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if err := o.made(); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	a := w.app(o, store, key)
	if key != nil {
		a.openReceived()
	}
	if bound == nil {
		if err := a.noteRestored(ctx); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	if err := a.amend(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return a, nil
}

// wording is what a partnership file and those beside it say.
type wording struct {
	part
	settings *sqlite.Settings
	reader   *liveLayouts
	london   *time.Location
}

// words reads the partnership file and what stands beside it.
func (o Options) words() (*wording, error) {
	path := o.partnershipPath()
	p, err := config.LoadPartnership(path)
	if err != nil {
		return nil, err
	}
	ref := referenceBeside(path)
	by, err := countedBy(p, ref)
	if err != nil {
		return nil, err
	}
	settings, err := Settings(p, by.book.Convention)
	if err != nil {
		return nil, err
	}
	set, err := extract.Compile(p, ref)
	if err != nil {
		return nil, err
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, err
	}
	return &wording{part{p, by}, settings, newLiveLayouts(set, p.Layouts), london}, nil
}

// app gives an app of the words and an open database; key is nil where it is lost.
func (w *wording) app(o Options, store *sqlite.Store, key *identity.Key) *App {
	rules := w.rules.Own
	a := &App{
		Options: o, Rules: rules, Store: store, Key: key, London: w.london, reader: w.reader,
		Ingest: &ingest.Service{Reader: w.reader, Rules: rules, RuleSets: w.rules.ByCode, Store: store, Key: key, Now: o.Now, Log: o.Log,
			Recorded: store.Moment, Into: w.partnership.IntoOf},
		SignIn: signin.New(store, key, w.partnership, o.Now),
	}
	a.part.Store(&w.part)
	return a
}

// part is a partnership with what it counts by.
type part struct {
	partnership *config.Partnership
	*counted
}

// Partnership gives who takes part, as the program goes by it now.
func (a *App) Partnership() *config.Partnership { return a.part.Load().partnership }

// counts gives what is counted by now.
func (a *App) counts() *counted { return a.part.Load().counted }

func (o Options) partnershipPath() string {
	if o.Partnership != "" {
		return o.Partnership
	}
	return filepath.Join(o.Data, PartnershipFile)
}

// key gives the key of the data folder; lost says why there is none. With
// FiguresOnly that is said in the log and the key is nil.
func (o Options) key(ctx context.Context, store *sqlite.Store, lost error) (*identity.Key, error) {
	err := lost
	var key *identity.Key
	if err == nil {
		key, err = signin.LoadKey(ctx, store, o.keyPath(), true)
	}
	if kind := problem.KindOf(err); err != nil && o.FiguresOnly && (kind == problem.Unavailable || kind == problem.Conflict) {
		o.Log.Error("identifiers cannot be shown or matched, and no extract can be taken in", "error", err)
		return nil, nil
	}
	return key, err
}

// Close closes the data folder.
func (a *App) Close() error {
	a.again.close()
	return errors.Join(a.pasts.close(), a.Store.Close())
}

// Expected gives the providers from whom extracts are expected.
func (a *App) Expected() []measure.Expected { return expectedOf(a.Partnership()) }

func expectedOf(part *config.Partnership) []measure.Expected {
	var out []measure.Expected
	for _, p := range part.Providers {
		e := measure.Expected{Code: p.Code, Name: p.Name, Due: -1}
		if at, err := time.Parse("15:04", p.Due); err == nil {
			e.Due = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
		}
		for _, word := range p.ExpectedDays {
			if day, ok := config.Weekday(word); ok {
				e.Days = append(e.Days, day)
			}
		}
		out = append(out, e)
	}
	return out
}
