package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/record"
	"homeward/internal/sqlite"
)

// desk is a store with the people who work on it.
type desk struct {
	*sqlite.Store
	dir   string
	t     *testing.T
	key   *identity.Key
	rules *attribution.RuleSet
	files int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	settings := sqlite.DefaultSettings
	store, err := sqlite.Open(t.Context(), dir, &settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	key, err := identity.LoadOrCreate(filepath.Join(dir, "key"), true)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join("..", "..", "data", "reference", "rulesets", "england-dtoc.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rules, err := attribution.ParseRuleSet("england-dtoc", f)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{Store: store, dir: dir, t: t, key: key, rules: rules}
}

const (
	trust   = "RZ1"
	council = delay.Council("E10000099")
)

func person(role people.Role, side people.Side, code string) people.Actor {
	return people.Actor{Kind: people.APerson, PersonID: 1, Email: string(role) + "@example.org",
		Grant: people.Grant{ID: 1, Role: role, Side: side, Codes: []string{code}}}
}

var (
	coordinator = person(people.Coordinator, people.ProviderSide, trust)
	nhsReviewer = person(people.Reviewer, people.ProviderSide, trust)
	reviewer    = person(people.Reviewer, people.CouncilSide, string(council))
	stranger    = person(people.Reviewer, people.CouncilSide, "E06000099")
)

func (d *desk) given(reason delay.Reason, stated delay.Body) ingest.Given {
	g := attribution.Given{Reason: reason, Care: delay.Acute, Council: council, Stated: stated,
		Words: attribution.Words{Reason: string(reason), Responsible: stated.String()}}
	return ingest.Given{Given: g, Outcome: d.rules.Attribute(g, delay.MustDay("2026-03-01"))}
}

// extract takes an extract in that lists one patient, or nobody.
func (d *desk) extract(date string, listed *ingest.Given, ready string) {
	d.t.Helper()
	d.files++
	b := &ingest.Batch{Provider: trust, File: ingest.File{Name: date, SHA256: [32]byte{byte(d.files)}},
		Extracts: []ingest.Extract{{Date: delay.MustDay(date)}}}
	if listed != nil {
		b.Patients = []ingest.Patient{d.patient("9990000018")}
		b.Givens = []ingest.Given{*listed}
		b.Places = []ingest.Place{{Ward: "4B", Bed: "4B-14"}}
		b.Statements = []ingest.Statement{{Ready: delay.MustDay(ready)}}
		b.Extracts[0].Read, b.Extracts[0].Kept, b.Extracts[0].Listings = 1, 1, []ingest.Listing{{Line: 2}}
	}
	if err := dated(d.Store, time.Date(2026, 3, 30, 9, d.files, 0, 0, time.UTC)).Take(d.t.Context(), b,
		func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		d.t.Fatal(err)
	}
	d.verify()
}

func (d *desk) patient(number string) ingest.Patient {
	h := d.key.Hash(identity.Patient{Provider: trust, NHSNumber: number})
	return ingest.Patient{Hash: h, Reference: d.key.Reference(trust, h), NHSNumber: d.key.Seal(number), ByNHSNumber: true}
}

func (d *desk) reference() string { return d.patient("9990000018").Reference }

// verify demands that what is stored follows from what was said.
func (d *desk) verify() {
	d.t.Helper()
	v, err := d.Verify(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if len(v.Differences) > 0 {
		d.t.Fatalf("verify: %v", v.Differences)
	}
}

// log makes an entry on the day made, about the day.
func (d *desk) log(kind logbook.Kind, made, day string, g *ingest.Given, ready string) error {
	d.t.Helper()
	in := casework.NewEntry{Reference: d.reference(), Kind: kind, Made: delay.MustDay(made), Day: delay.MustDay(day)}
	if g != nil {
		in.Given, in.Outcome, in.Ready = g.Given, g.Outcome, delay.MustDay(ready)
	}
	_, _, err := dated(d.Store, delay.MustDay(made).Time().Add(10*time.Hour)).Log(d.t.Context(), coordinator, in)
	d.verify()
	return err
}

func (d *desk) mustLog(kind logbook.Kind, made, day string, g *ingest.Given, ready string) {
	d.t.Helper()
	if err := d.log(kind, made, day, g, ready); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) theCase() *casework.Case {
	d.t.Helper()
	c, err := d.Case(d.t.Context(), coordinator.Scope(), d.reference())
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// days counts March's delayed days by body.
func (d *desk) days(by measure.Dimension) map[string]int64 {
	d.t.Helper()
	cells, err := d.Cells(d.t.Context(), measure.Query{From: delay.MustDay("2026-03-01"), To: delay.MustDay("2026-03-31"),
		By: []measure.Dimension{by}})
	if err != nil {
		d.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, c := range cells {
		out[c.Text(by)] = c.Days
	}
	return out
}

func (d *desk) want(by measure.Dimension, want map[string]int64) {
	d.t.Helper()
	got := d.days(by)
	if len(got) != len(want) {
		d.t.Fatalf("got %v, want %v", got, want)
	}
	for k, n := range want {
		if got[k] != n {
			d.t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// The log refines the extract's word from its day on, until the extract says
// something new.
func TestLogRefinesExtract(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e, c := d.given("E", delay.SocialCare), d.given("C", delay.NotAttributed)
	for _, day := range []string{"01", "02", "03", "04", "05", "06"} {
		d.extract("2026-03-"+day, &e, "2026-03-01")
	}
	d.want(measure.ByReason, map[string]int64{"E": 5}) // 2 to 6
	d.mustLog(logbook.Opened, "2026-03-06", "2026-03-01", &e, "2026-03-01")
	d.mustLog(logbook.Changed, "2026-03-06", "2026-03-05", &c, "2026-03-01")
	d.want(measure.ByReason, map[string]int64{"E": 3, "C": 2})
	d.extract("2026-03-07", &e, "2026-03-01") // says nothing new
	d.want(measure.ByReason, map[string]int64{"E": 3, "C": 3})
	b := d.given("B", delay.NHS)
	d.extract("2026-03-08", &b, "2026-03-01") // says something new
	d.want(measure.ByReason, map[string]int64{"E": 3, "C": 3, "B": 1})
	if got := d.theCase().Delays[0]; got.Days() != 7 || len(got.Segments) != 3 {
		t.Errorf("got %+v", got)
	}
}

// A pause takes days out; the day of being ready again does not count.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.given("E", delay.SocialCare)
	for _, day := range []string{"01", "02", "03", "04", "05", "06", "07", "08"} {
		d.extract("2026-03-"+day, &e, "2026-03-01")
	}
	d.mustLog(logbook.Opened, "2026-03-02", "2026-03-01", &e, "2026-03-01")
	d.mustLog(logbook.Paused, "2026-03-04", "2026-03-04", nil, "")
	d.want(measure.ByReason, map[string]int64{"E": 2}) // 2 and 3
	d.mustLog(logbook.Resumed, "2026-03-06", "2026-03-06", &e, "2026-03-06")
	d.want(measure.ByReason, map[string]int64{"E": 4}) // 2, 3, 7 and 8
	rows, day, err := d.Worklist(t.Context(), coordinator.Scope(), trust)
	if err != nil || len(rows) != 1 || day != delay.MustDay("2026-03-08") || rows[0].Days != 4 || !rows[0].Logged {
		t.Errorf("got %+v on %s, %v", rows, day, err)
	}
	// M05: the 8th is the fourth counted day, whether it is looked up by the day
	// or the wait by the person.
	for least, want := range map[int]int64{4: 1, 5: 0} {
		cells, err := d.LongDays(t.Context(), measure.Query{From: day, To: day, By: []measure.Dimension{measure.ByDay}}, least)
		if err != nil || int64(len(cells)) != want {
			t.Errorf("M05: %d days or more on %s: %+v, %v", least, day, cells, err)
		}
		waited, err := d.Waiting(t.Context(), measure.Filter{}, map[string]delay.Day{trust: day})
		if err != nil || len(waited) != 1 || (waited[0].Days >= least) != (want == 1) {
			t.Errorf("M05: waited %+v, %v", waited, err)
		}
	}
}

// A provider that sends no extracts is run from the log and counts the same
// way (C17).
func TestRunFromTheLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e, c := d.given("E", delay.SocialCare), d.given("C", delay.NotAttributed)
	p := d.patient("9990000018")
	_, _, err := dated(d.Store, time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC)).Log(t.Context(), coordinator, casework.NewEntry{
		Provider: trust, NewPatient: &p, Kind: logbook.Opened, Made: delay.MustDay("2026-03-10"), Day: delay.MustDay("2026-03-10"),
		Given: e.Given, Outcome: e.Outcome, Ready: delay.MustDay("2026-03-10"), Place: ingest.Place{Ward: "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.verify()
	d.want(measure.ByReason, map[string]int64{})
	if err := d.ExtendLog(t.Context(), delay.MustDay("2026-03-14")); err != nil {
		t.Fatal(err)
	}
	d.verify()
	d.want(measure.ByReason, map[string]int64{"E": 4}) // 11 to 14
	last := d.theCase().Delays[0].Stretches
	if st := last[len(last)-1]; st.Mark != delay.Unverified {
		t.Errorf("days since the last check are marked %s", st.Mark)
	}
	o, err := measure.MakeOverview(t.Context(), d.Store, measure.Filter{}, 0, 0,
		measure.Moment{Now: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)}, []measure.Expected{{Code: trust, Name: "Trust"}})
	if err != nil || o.Now.Total() != 1 || o.AsAt != delay.MustDay("2026-03-14") || len(o.Providers) != 0 {
		t.Errorf("the overview has %d people as at %s, and expects extracts from %v (%v)", o.Now.Total(), o.AsAt, o.Providers, err)
	}
	d.mustLog(logbook.Changed, "2026-03-15", "2026-03-15", &c, "2026-03-10")
	d.mustLog(logbook.Ended, "2026-03-20", "2026-03-20", &c, "2026-03-10")
	d.want(measure.ByReason, map[string]int64{"E": 4, "C": 5}) // the worked case of C1: 4 and 5
	if dl := d.theCase().Delays[0]; dl.EndKind != delay.Stated || dl.End != delay.MustDay("2026-03-20") {
		t.Errorf("ended %s on %s", dl.EndKind, dl.End)
	}
}

// The council answers what the extract proposes; a dispute keeps the days with
// the proposing body, shown apart, until both say yes (G1, G2, A6).
func TestAgreement(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e, b := d.given("E", delay.SocialCare), d.given("B", delay.NHS)
	for _, day := range []string{"01", "02", "03", "04"} {
		d.extract("2026-03-"+day, &e, "2026-03-01")
	}
	d.want(measure.ByState, map[string]int64{"proposed": 3})
	answer := func(by people.Actor, side agreement.Side, act agreement.Act, body delay.Body) {
		t.Helper()
		c := d.theCase()
		delays := c.Delays
		segments := delays[len(delays)-1].Segments
		err := dated(d.Store, time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC)).Answer(t.Context(), by, []casework.NewAnswer{{
			Reference: c.Reference, Version: c.Version,
			Event: agreement.Event{Act: act, Side: side, Segment: segments[len(segments)-1].Segment, Body: body},
		}})
		if err != nil {
			t.Fatal(err)
		}
		d.verify()
	}
	mine := casework.QueueQuery{Which: casework.ForMe, Side: agreement.CouncilSide, Limit: 10}
	list, err := d.Queue(t.Context(), reviewer.Scope(), mine)
	if err != nil || list.Total != 1 || len(list.Rows) != 1 || list.Rows[0].Since.IsZero() {
		t.Fatalf("the council's queue is %+v, %v", list, err)
	}
	if list, _ := d.Queue(t.Context(), stranger.Scope(), mine); list.Total != 0 {
		t.Error("another council sees the segment")
	}
	answer(reviewer, agreement.CouncilSide, agreement.Dispute, delay.Joint)
	d.want(measure.ByState, map[string]int64{"disputed": 3})
	d.want(measure.ByResponsible, map[string]int64{"social care": 3})
	d.extract("2026-03-05", &e, "2026-03-01") // the segment grows
	d.want(measure.ByState, map[string]int64{"disputed": 4})
	answer(nhsReviewer, agreement.NHSSide, agreement.Agree, 0)
	d.want(measure.ByState, map[string]int64{"agreed": 4})
	d.want(measure.ByResponsible, map[string]int64{"joint": 4})
	d.extract("2026-03-06", &b, "2026-03-01") // A6: another reason, another segment
	d.want(measure.ByState, map[string]int64{"agreed": 4, "proposed": 1})
	d.want(measure.ByResponsible, map[string]int64{"joint": 4, "NHS": 1})
}

// The rows behind a figure by state have its days where a part of a period is
// disputed, whose days are a part of what one stretch tiles (G5).
func TestRowsOfADisputedPart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.given("E", delay.SocialCare)
	for _, day := range []string{"01", "02", "03", "04", "05", "06"} {
		d.extract("2026-03-"+day, &e, "2026-03-01")
	}
	c := d.theCase()
	part := c.Last().Segments[0].Segment // 2 to 6 March
	part.First, part.Last = delay.MustDay("2026-03-04"), delay.MustDay("2026-03-05")
	if err := dated(d.Store, time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC)).Answer(t.Context(), reviewer, []casework.NewAnswer{{
		Reference: c.Reference, Version: c.Version, Event: agreement.Event{Act: agreement.Dispute, Side: agreement.CouncilSide, Segment: part,
			Cut: agreement.CutBefore | agreement.CutAfter, Body: delay.NHS},
	}}); err != nil {
		t.Fatal(err)
	}
	d.verify()
	d.want(measure.ByState, map[string]int64{"disputed": 2, "proposed": 3})
	for state, want := range map[agreement.State]int64{agreement.Disputed: 2, agreement.Proposed: 3} {
		l := list(t, d.Store, everything(t), record.Filter{Filter: measure.Filter{States: []agreement.State{state}}},
			record.Page{Size: record.MaxPage})
		if l.Days != want || len(l.Delays) != 1 || l.Delays[0].Days != want {
			t.Errorf("%d days are %s, the rows have %d: %+v", want, state, l.Days, l.Delays)
		}
	}
	rows := list(t, d.Store, everything(t), record.Filter{}, record.Page{Size: record.MaxPage}).Delays[0].Stretches
	if len(rows) != 3 || rows[1].First != part.First || rows[1].Last != part.Last {
		t.Errorf("the period is shown as %+v, want its three parts", rows)
	}
}

// Two people change the same record at once: the second is told.
func TestEditClash(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.given("E", delay.SocialCare)
	d.extract("2026-03-01", &e, "2026-03-01")
	before := d.theCase().Version
	d.mustLog(logbook.Opened, "2026-03-01", "2026-03-01", &e, "2026-03-01")
	_, _, err := dated(d.Store, time.Now()).Log(context.Background(), coordinator,
		casework.NewEntry{Reference: d.reference(), Version: before, Kind: logbook.Verified, Made: delay.MustDay("2026-03-01"),
			Day: delay.MustDay("2026-03-01")})
	if problem.KindOf(err) != problem.Conflict {
		t.Errorf("got %v, want a conflict", err)
	}
}
