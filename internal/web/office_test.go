package web

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"homeward/data"
	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/closing"
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/revision"
	"homeward/internal/sqlite"
)

// partnershipFile is the made partnership's, layoutFile how its extracts are laid
// out.
const partnershipFile = `
name: Northshire Discharge Partnership
councils:
  - {code: E10000099, name: Northshire County Council}
  - {code: E06000099, name: Southmoor City Council}
providers:
  - {code: RXA, name: Northgate General, layout: rxa, due: "07:00"}
  - {code: RXB, name: Southmoor Hospital, layout: rxb, due: "07:00"}
  - {code: RXC, name: Westhaven, layout: rxc, due: "07:00"}
`

const layoutFile = `
version: "1"
about: One row for each patient.
file:
  name: '(?i)^mhs_CODE_(?:months|(?P<date>\d{8}))'
  kind: text
  separator: comma
  encoding: utf-8
columns:
  extract_date: Extract date
  provider: Provider
  ward: Ward
  bed: Bed
  local_id: Local patient ID
  nhs_number: NHS number
  birth_date: Date of birth
  ready: Discharge ready date
  care: Type of care
  reason: Reason for delay
  responsible: Attributable to
  council: Local authority
words:
  reasons: {use: england-dtoc}
  responsible: {use: england}
  care: {use: england}
`

// office is a data folder with what the program keeps in it and knows of its
// partnership, as package app has them.
type office struct {
	dir      string
	store    *sqlite.Store
	expected []measure.Expected
	rules    *attribution.RuleSet
	ingest   *ingest.Service
	key      *identity.Key
	now      func() time.Time
	zone     *time.Location

	partnership *config.Partnership
	callers     *madeCallers
	// stays are those of the hospitals' lists of everybody in a bed, nil for none.
	stays *national.Ledger
	// ledgerLost is why the ledger cannot be read, nil while it can.
	ledgerLost error

	pasts *pastStores
	// open counts the pasts in use, asked notes which were asked for, and queried
	// which figures were.
	open    atomic.Int32
	asked   []time.Time
	queried []measure.Query
}

// pastStores keeps the past moments of one store, each worked out once.
type pastStores struct {
	mu   sync.Mutex
	made map[int64]*sqlite.Known
}

// openOffice opens a data folder at a time that the caller sets.
func openOffice(dir string, now func() time.Time, settings sqlite.Settings) (*office, error) {
	files := fstest.MapFS{"partnership.yaml": {Data: []byte(partnershipFile)}}
	for _, h := range hospitals {
		code := strings.ToLower(h.code)
		files["layouts/"+code+".yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(layoutFile, "CODE", code, 1))}
	}
	p, err := config.ParsePartnership(files, "partnership.yaml")
	if err != nil {
		return nil, err
	}
	reader, err := extract.Compile(p, data.Reference)
	if err != nil {
		return nil, err
	}
	f, err := data.Reference.Open("rulesets/england-dtoc.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &office{dir: dir, now: now, partnership: p, pasts: &pastStores{made: map[int64]*sqlite.Known{}}}
	if o.rules, err = attribution.ParseRuleSet("england-dtoc", f); err != nil {
		return nil, err
	}
	if o.zone, err = time.LoadLocation("Europe/London"); err != nil {
		return nil, err
	}
	for _, h := range hospitals {
		o.expected = append(o.expected, measure.Expected{Code: h.code, Name: h.name, Due: 7 * time.Hour})
	}
	if o.key, err = identity.NewKey([]byte(strings.Repeat("k", identity.KeySize))); err != nil {
		return nil, err
	}
	if o.store, err = sqlite.Open(context.Background(), dir, &settings, sqlite.WithClock(func() time.Time { return o.now() })); err != nil {
		return nil, err
	}
	if err := o.store.UseAuditKey(context.Background(), filepath.Join(dir, sqlite.AuditKeyName)); err != nil {
		return nil, err
	}
	o.ingest = &ingest.Service{Reader: reader, Rules: o.rules, Store: o.store, Key: o.key, Spool: dir,
		Now: func() time.Time { return o.now() }}
	return o, nil
}

// close lets the folder go, with its pasts.
func (o *office) close() error {
	err := o.store.Close()
	for _, k := range o.pasts.made {
		err = errors.Join(err, k.Close())
	}
	return err
}

// testFolder holds what all tests share. It is removed when they have ended.
var testFolder string

func TestMain(m *testing.M) {
	var err error
	if testFolder, err = os.MkdirTemp("", "homeward-web-"); err != nil {
		panic(err)
	}
	debug.SetGCPercent(300) // Room for time: collecting was an eighth of it.
	status := m.Run()
	// What is open in it ends with the process.
	if err = os.RemoveAll(testFolder); err != nil {
		panic(err)
	}
	os.Exit(status)
}

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// filled is the made partnership in a store, filled once by the way that extracts
// take. Nobody may write to it: see ownOffice.
var filled = sync.OnceValues(func() (*office, error) {
	dir := filepath.Join(testFolder, "filled")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	o, err := openOffice(dir, at(madeFiles()[0].at), sqlite.DefaultSettings)
	if err != nil {
		return nil, err
	}
	for _, f := range madeFiles() {
		o.now = at(f.at)
		r, err := o.ingest.File(context.Background(), f.name, strings.NewReader(f.text))
		if err != nil {
			return nil, err
		}
		if r.Outcome == ingest.Rejected || r.Outcome == ingest.Held != strings.HasSuffix(f.name, "RXC_20261102.csv") {
			return nil, errors.New(f.name + ": " + string(r.Outcome) + ": " + r.Reason + r.Line())
		}
	}
	o.now, o.stays = at(morning), listing()
	o.callers, err = o.admit()
	return o, err
})

// empty is a partnership that has received no extract.
var empty = sync.OnceValues(func() (*office, error) {
	dir := filepath.Join(testFolder, "empty")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	o, err := openOffice(dir, at(morning), sqlite.DefaultSettings)
	if err != nil {
		return nil, err
	}
	o.callers, err = o.admit()
	return o, err
})

// sharedOffice gives an office for one site: its store is that of all others.
func sharedOffice(t testing.TB, of func() (*office, error)) *office {
	t.Helper()
	o, err := of()
	if err != nil {
		t.Fatal(err)
	}
	return &office{dir: o.dir, store: o.store, expected: slices.Clone(o.expected), rules: o.rules, ingest: o.ingest, key: o.key, now: o.now,
		zone: o.zone, partnership: o.partnership, callers: o.callers, stays: o.stays, pasts: o.pasts}
}

// ownOffice gives the made partnership in a folder that a test may write to.
func ownOffice(t testing.TB) *office {
	t.Helper()
	from := sharedOffice(t, filled)
	dir := t.TempDir()
	files, err := os.ReadDir(from.dir)
	for _, f := range files {
		if !f.Type().IsRegular() || strings.HasSuffix(f.Name(), "-shm") {
			continue // Pasts, and what SQLite makes anew.
		}
		b, readErr := os.ReadFile(filepath.Join(from.dir, f.Name()))
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(dir, f.Name()), b, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(dir, at(morning), sqlite.DefaultSettings)
	if err != nil {
		t.Fatal(err)
	}
	o.callers, o.stays = from.callers, from.stays
	t.Cleanup(func() {
		if err := o.close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// emptyOffice gives a partnership that has received nothing, in a folder that a
// test may write to.
func emptyOffice(t testing.TB, now func() time.Time) *office {
	t.Helper()
	o, err := openOffice(t.TempDir(), now, sqlite.DefaultSettings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.close(); err != nil {
			t.Error(err)
		}
	})
	if o.callers, err = o.admit(); err != nil {
		t.Fatal(err)
	}
	return o
}

// spoil changes a database behind the program's back.
func spoil(t testing.TB, o *office, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(o.dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	done, err := db.ExecContext(t.Context(), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := done.RowsAffected(); n == 0 || err != nil {
		t.Fatal("nothing was spoilt", err)
	}
}

// number asks the database for one.
func (o *office) number(t testing.TB, query string) (n int64) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(o.dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	err = db.QueryRowContext(t.Context(), query).Scan(&n)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}

// view answers the pages from a store, of now or of a past moment.
type view struct {
	*sqlite.Store
	office *office
	at     time.Time
}

func (v view) moment() time.Time {
	if v.at.IsZero() {
		return v.office.now().In(v.office.zone)
	}
	return v.at.In(v.office.zone)
}

func (v view) Overview(ctx context.Context, f measure.Filter, from, to delay.Month) (measure.Overview, error) {
	return measure.MakeOverview(ctx, v.Store, f, from, to, measure.Moment{Now: v.moment()}, v.office.expected)
}

func (v view) Expected() []measure.Expected { return v.office.expected }

func (v view) Cells(ctx context.Context, q measure.Query) ([]measure.Cell, error) {
	v.office.queried = append(v.office.queried, q)
	return v.Store.Cells(ctx, q)
}

func (v view) AnswersSince(ctx context.Context, at time.Time) (revision.Answers, error) {
	n, days, err := v.Store.AnswersSince(ctx, at)
	out := revision.Answers{Count: n}
	for _, d := range days {
		out.Days = append(out.Days, revision.AnsweredDays(d))
	}
	return out, err
}

func (v view) Arrivals(ctx context.Context, from, to delay.Day) ([]measure.ExtractLine, error) {
	rows, err := v.Store.Arrivals(ctx, from, to)
	if err != nil {
		return nil, err
	}
	stand, err := v.ProviderDays(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var out []measure.ExtractLine
	for _, expected := range v.office.expected {
		line := measure.ExtractLine{Code: expected.Code, Name: expected.Name, Due: "07:00"}
		var began delay.Day
		for _, p := range stand {
			if p.Code == expected.Code {
				began = p.First
			}
		}
		for day := from; day <= to; day++ {
			var a sqlite.Arrival
			for _, r := range rows {
				if r.Provider == expected.Code && r.Day == day {
					a = r
				}
			}
			line.Days = append(line.Days, measure.ExtractDay{Day: day, Rows: a.Rows, File: a.SHA256, Reading: a.Reading,
				Held: a.HeldSHA256, HeldRows: a.HeldRows,
				Arrival: expected.Standing(day, measure.Received{Counted: a.Counted, Held: a.Held, At: a.Received}, began, v.moment())})
		}
		out = append(out, line)
	}
	return out, nil
}

func (v view) TurnedAway(context.Context, delay.Day, delay.Day) ([]TurnedAway, error) {
	return nil, nil
}

func (v view) WrongRows(context.Context, string) ([]WrongRow, error) {
	return nil, problem.New(problem.NotFound, "The file is not kept.")
}

func (v view) Corrected(context.Context, string, []CellText) (SentFile, error) {
	return SentFile{}, problem.New(problem.NotFound, "The file is not kept.")
}

func (v view) RejectedRows(context.Context, string, bool) (RejectedRows, error) {
	return RejectedRows{}, problem.New(problem.NotFound, "The file is not kept.")
}

func (v view) Receipt(ctx context.Context, sum string) (ingest.Arrived, error) {
	f, err := v.File(ctx, sum)
	if err != nil {
		return ingest.Arrived{}, err
	}
	r := ingest.Arrived{At: f.Received.In(v.office.zone), ReadAgain: f.ReadAgain, Bytes: f.Bytes}
	if err := json.Unmarshal(f.Report, &r.Report); err != nil || r.Report.Outcome == ingest.Rejected {
		return r, err
	}
	r.Standings, err = v.Standings(ctx, sum)
	return r, err
}

func (v view) Discard(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (
	bool, error) {
	n, err := v.Store.Discard(ctx, by, as, sum, provider, day, reason)
	return n > 0, err
}

func (v view) Accept(ctx context.Context, by people.Actor, as, sum, provider string, day delay.Day, reason string) (
	bool, error) {
	n, err := v.Store.Accept(ctx, by, as, sum, provider, day, reason)
	return n > 0, err
}

// Identifiers gives the identifiers of one patient and notes the display.
func (v view) Identifiers(ctx context.Context, by people.Actor, reference string) (*record.Identifiers, error) {
	return v.Store.Identifiers(ctx, by, v.office.key, reference)
}

// closings keeps the closed months.
type closings struct {
	*sqlite.Store
	office *office
}

func (k closings) make(ctx context.Context, from *sqlite.Store, m delay.Month, now time.Time) (*closing.Check, error) {
	return closing.Make(ctx, from, closing.Setup{Now: now, Month: m, Partnership: k.office.partnership.Name, RuleSet: k.office.rules.Name,
		RuleVersion: k.office.rules.On(m.Last()).Version, Expected: k.office.expected, Clocks: agreement.DefaultClocks,
		England: func(ctx context.Context) (*closing.England, error) {
			l, err := view{Store: from, office: k.office}.Ledger(ctx)
			return k.EnglandOf(l, m), err
		}})
}

func (k closings) EnglandOf(l *national.Ledger, m delay.Month) *closing.England {
	return closing.MakeEngland(closing.EnglandSetup{Month: m, Partnership: k.office.partnership.Name, Ledger: l, Defs: tables,
		AgeFloor: 16, Plan: func(string, string, delay.Day) float64 { return 0 },
		Name: func(code string) string {
			for _, h := range hospitals {
				if h.code == code {
					return h.name
				}
			}
			return code
		}})
}

func (k closings) ClosedEngland(ctx context.Context, m delay.Month, c *closing.Content) (*closing.England, []byte, error) {
	frozen, err := k.Store.ClosedEngland(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	e, err := c.ReadEngland(frozen)
	return e, frozen, err
}

func (k closings) Check(ctx context.Context, m delay.Month) (*closing.Check, error) {
	return k.make(ctx, k.Store, m, k.office.now().In(k.office.zone))
}

func (k closings) Close(ctx context.Context, by people.Actor, m delay.Month, seen, reason string) error {
	held, at, err := k.SnapshotAt(ctx)
	if err != nil {
		return err
	}
	defer held.Close()
	at = at.In(k.office.zone)
	check, err := k.make(ctx, held.Store, m, at)
	if err != nil {
		return err
	}
	if check.Content.Fingerprint() != seen {
		return problem.New(problem.Conflict, "The figures of %s have changed since you opened this page. Look at them again before you "+
			"close it.", m.Long())
	}
	r, err := check.Seal(at, by.Grant.Role.String(), by.Grant.Codes, reason)
	if err != nil {
		return err
	}
	return k.CloseMonth(ctx, by, r, reason)
}

func (k closings) Closed(ctx context.Context, m delay.Month) (closing.Record, *closing.Content, bool, error) {
	r, ok, err := k.ClosedMonth(ctx, m)
	if err != nil || !ok {
		return r, nil, ok, err
	}
	c, err := r.Content()
	return r, c, true, err
}

// present is the office as it is now, for one request.
func (o *office) present(ctx context.Context) (Present, func(), error) {
	held, err := o.store.Snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	return view{Store: held.Store, office: o}, func() { _ = held.Close() }, nil
}

// At looks back.
func (o *office) At(ctx context.Context, at time.Time) (Past, func(), error) {
	o.asked = append(o.asked, at)
	first, err := o.store.FirstReceived(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case at.After(o.now()):
		return nil, nil, problem.New(problem.Invalid, "%s is not over yet.", at.Format("2 January 2006"))
	case first.IsZero() || at.Before(first):
		return nil, nil, problem.New(problem.Invalid, "Homeward had received nothing before then, so this date cannot be rebuilt.")
	}
	o.pasts.mu.Lock()
	defer o.pasts.mu.Unlock()
	known := o.pasts.made[at.UnixMicro()]
	if known == nil {
		if known, err = o.store.AsKnown(context.WithoutCancel(ctx), at, delay.DayOf(at.In(o.zone))); err != nil {
			return nil, nil, err
		}
		o.pasts.made[at.UnixMicro()] = known
	}
	o.open.Add(1)
	return view{Store: known.Store, office: o, at: at}, sync.OnceFunc(func() { o.open.Add(-1) }), nil
}

// FileOf takes a file in.
func (o *office) FileOf(ctx context.Context, name string, src io.ReadSeeker, may func(string) bool) (*ingest.Report, error) {
	return o.ingest.FileOf(ctx, name, src, may)
}
