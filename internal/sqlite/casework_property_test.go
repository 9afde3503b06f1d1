package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// Whatever extracts, log entries, answers and changes of the rules arrive, in
// whatever order: days tile without gap or overlap (C3), parts add up to the
// whole, the range is as wide as what is not settled (G3), contributions add up
// to the change, the rows behind a figure have its days, and everything follows
// from the evidence alone (C10).
func TestLogExtractsAndAnswersTogether(t *testing.T) {
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "together")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s := openStore(t, dir)
		defer s.Close()
		w := &world{t: t, s: s, rules: england(t), files: &files}
		for range rapid.IntRange(3, 18).Draw(t, "steps") {
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0, 1:
				w.extract()
			case 2, 3:
				w.entry()
			case 4, 5:
				w.answer()
			default:
				w.change()
			}
			wantKept(t, s)
		}
		v, err := s.Verify(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Differences) > 0 {
			t.Fatalf("C10: what is stored does not follow from the evidence: %v", v.Differences)
		}
		w.tiles()
		w.recounts()
		w.figures()
		opened{s, dir}.wantPathwaysAddUp(t)
	})
}

// world is a store with two councils and one hospital of four patients; the
// first two are never in an extract's place before they are logged.
type world struct {
	t     *rapid.T
	s     *sqlite.Store
	rules *attribution.RuleSet
	files *int
	made  int
}

func england(t fataler) *attribution.RuleSet {
	f, err := os.Open("../../data/reference/rulesets/england-dtoc.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rules, err := attribution.ParseRuleSet("england-dtoc", f)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

var togetherDay = delay.MustDay("2026-03-28")

// now moves on with everything that is done.
func (w *world) now() time.Time {
	w.made++
	return (togetherDay + delay.Day(w.made)).Time().Add(9 * time.Hour)
}

func (w *world) patient(n int) ingest.Patient {
	h := keyOne.Hash(identity.Patient{Provider: "RZ1", LocalID: localID(n)})
	return ingest.Patient{Hash: h, Reference: keyOne.Reference("RZ1", h), LocalID: keyOne.Seal(localID(n))}
}

func (w *world) day(name string) delay.Day {
	return togetherDay + delay.Day(rapid.IntRange(-3, 14).Draw(w.t, name))
}

func (w *world) given(on delay.Day) (attribution.Given, attribution.Outcome) {
	g := attribution.Given{
		Reason:  rapid.SampledFrom([]delay.Reason{"A", "C", "E", "Di", ""}).Draw(w.t, "reason"),
		Care:    rapid.SampledFrom([]delay.CareType{delay.Acute, delay.NonAcute}).Draw(w.t, "care"),
		Council: rapid.SampledFrom([]delay.Council{councilA, councilB, delay.CouncilNotKnown}).Draw(w.t, "council"),
		Stated:  rapid.SampledFrom(delay.Bodies[:]).Draw(w.t, "stated"),
	}
	return g, w.rules.Attribute(g, on)
}

// extract takes the extract of a random day in, or another for the same day.
func (w *world) extract() {
	*w.files++
	day := w.day("extract date")
	b := &ingest.Batch{Provider: "RZ1", File: ingest.File{Name: "x.csv", SHA256: [32]byte([]byte(fmt.Sprintf("%032d", *w.files)))},
		Extracts: []ingest.Extract{{Date: day}}}
	for n := range 4 {
		if rapid.IntRange(0, 3).Draw(w.t, "listed") == 0 {
			continue
		}
		g, o := w.given(day)
		st := ingest.Statement{Patient: int32(len(b.Patients)), Given: index(&b.Givens, ingest.Given{Given: g, Outcome: o}),
			Place: index(&b.Places, ingest.Place{Ward: "Ash"}),
			Ready: day - delay.Day(rapid.IntRange(0, 5).Draw(w.t, "ready"))}
		b.Patients = append(b.Patients, w.patient(n))
		b.Extracts[0].Listings = append(b.Extracts[0].Listings, ingest.Listing{Statement: index(&b.Statements, st), Line: int32(n + 2)})
		if pathway := rapid.SampledFrom([]string{"", "1", "2"}).Draw(w.t, "pathway"); pathway != "" {
			b.Extracts[0].Stays = append(b.Extracts[0].Stays, ingest.Stay{Patient: st.Patient, Given: st.Given, Ready: st.Ready,
				Pathway: ingest.PathwayOf(pathway)})
		}
		b.Extracts[0].Read++
		b.Extracts[0].Kept++
	}
	if err := dated(w.s, w.now()).Take(context.Background(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		w.t.Fatal(err)
	}
}

// entry makes any log entry, sensible or not.
func (w *world) entry() {
	kinds := []logbook.Kind{logbook.Opened, logbook.Opened, logbook.Verified, logbook.Changed, logbook.Corrected, logbook.Paused,
		logbook.Resumed, logbook.Ended, logbook.Withdrawn, logbook.Undone}
	at := w.now()
	p := w.patient(rapid.IntRange(0, 4).Draw(w.t, "patient"))
	in := casework.NewEntry{Reference: p.Reference, Kind: rapid.SampledFrom(kinds).Draw(w.t, "kind"), Made: delay.DayOf(at), Day: w.day("day")}
	in.Day = min(in.Day, in.Made)
	if in.Kind == logbook.Corrected && rapid.Bool().Draw(w.t, "of the past") {
		in.Until = in.Day + delay.Day(rapid.IntRange(0, 6).Draw(w.t, "until"))
	}
	if in.Kind == logbook.Opened {
		in.Provider, in.NewPatient = "RZ1", &p
	}
	if in.Kind == logbook.Undone {
		in.Undoes = int64(rapid.IntRange(1, 6).Draw(w.t, "undoes"))
	}
	if in.Kind.States() {
		in.Destination = rapid.SampledFrom([]string{"", "0", "2", "undecided"}).Draw(w.t, "destination")
		in.Given, in.Outcome = w.given(in.Day)
		in.Ready, in.Place = in.Day, ingest.Place{Ward: "Ash"}
	}
	_, _, err := dated(w.s, at).Log(context.Background(), actor(grant(w.t, people.Coordinator, "RZ1")), in)
	w.known(err)
}

// known lets through what people are told; anything else is wrong.
func (w *world) known(err error) {
	w.t.Helper()
	if err != nil && problem.KindOf(err) == problem.Internal {
		w.t.Fatal(err)
	}
}

func (w *world) answer() {
	ctx := context.Background()
	at := w.now()
	c, err := w.s.Case(ctx, everything(w.t), w.patient(rapid.IntRange(0, 4).Draw(w.t, "patient")).Reference)
	if err != nil || c.Last() == nil || len(c.Last().Segments) == 0 {
		w.known(err)
		return
	}
	d := c.Last()
	e := agreement.Event{
		Act: rapid.SampledFrom([]agreement.Act{agreement.Agree, agreement.Dispute, agreement.Ask, agreement.Escalate, agreement.Decide,
			agreement.DecideAlone, agreement.Default}).Draw(w.t, "act"),
		Side:    rapid.SampledFrom([]agreement.Side{agreement.NHSSide, agreement.CouncilSide}).Draw(w.t, "side"),
		Segment: d.Segments[rapid.IntRange(0, len(d.Segments)-1).Draw(w.t, "segment")].Segment,
		Body:    rapid.SampledFrom([]delay.Body{delay.NHS, delay.SocialCare, delay.Joint}).Draw(w.t, "body"),
	}
	if e.Act == agreement.Dispute {
		// Of a part of the period, now and then.
		if of := &e.Segment; rapid.Bool().Draw(w.t, "of a part") && of.Last > of.First {
			e.Cut = agreement.Cut(rapid.IntRange(1, 3).Draw(w.t, "cut"))
			if e.Cut&agreement.CutBefore != 0 {
				of.First += delay.Day(rapid.IntRange(1, int(of.Last-of.First)).Draw(w.t, "its first day"))
			}
			if e.Cut&agreement.CutAfter != 0 && of.Last > of.First {
				of.Last--
			}
		}
	}
	w.known(dated(w.s, at).Answer(ctx, actor(grant(w.t, people.Reviewer, "RZ1")),
		[]casework.NewAnswer{{Reference: c.Reference, Version: c.Version, Event: e}}))
}

// tiles demands that stretches tile each delay's counted days and segments
// those that are not paused (C3), and that delays never overlap (C18).
func (w *world) tiles() {
	for n := range 5 {
		c, err := w.s.Case(context.Background(), everything(w.t), w.patient(n).Reference)
		if err != nil {
			w.known(err)
			continue
		}
		last := delay.Day(0)
		for _, d := range c.Delays {
			if d.FirstDay == 0 {
				continue
			}
			if d.FirstDay <= last {
				w.t.Fatalf("C18: a delay begins on %s, the one before goes on until %s", d.FirstDay, last)
			}
			last = d.LastDay
			day, counted := d.FirstDay, 0
			for _, st := range d.Stretches {
				if st.First != day || st.Last < st.First {
					w.t.Fatalf("C3: stretches do not tile: %+v", d.Stretches)
				}
				day = st.Last + 1
				if st.Mark != delay.Paused {
					counted += int(st.Last-st.First) + 1
				}
			}
			if day != d.LastDay+1 {
				w.t.Fatalf("C3: stretches end on %s, the delay on %s", day-1, d.LastDay)
			}
			if d.Days() != counted {
				w.t.Fatalf("C3: segments have %d days, stretches %d", d.Days(), counted)
			}
			for i := 1; i < len(d.Segments); i++ {
				if d.Segments[i].Segment.First <= d.Segments[i-1].Segment.Last {
					w.t.Fatalf("C3: segments overlap: %+v", d.Segments)
				}
			}
		}
	}
}

func (w *world) figures() {
	w.extent()
	ctx := context.Background()
	from, to := delay.MustDay("2026-04-01"), delay.MustDay("2026-04-30")
	total := func(q measure.Query) int64 {
		cells, err := w.s.Cells(ctx, q)
		if err != nil {
			w.t.Fatal(err)
		}
		n := int64(0)
		for _, c := range cells {
			n += c.Days
		}
		return n
	}
	f, p := drawFilter(w.t)
	f.Wards, f.State = nil, ""
	f.States = some(w.t, "states", agreement.States[:]...)
	f.From, f.To = w.day("from"), togetherDay+40
	all := total(measure.Query{From: f.From, To: f.To, Filter: f.Filter})
	if l := list(w.t, w.s, everything(w.t), f, record.Page{Size: record.MaxPage, Sort: p.Sort}); l.Days != all {
		w.t.Fatalf("the rows behind %+v have %d days, the figure %d", f, l.Days, all)
	} else {
		rows := int64(0)
		for _, d := range l.Delays {
			rows += d.Days
		}
		var each []record.Delay
		if err := w.s.EachScopedDelay(context.Background(), everything(w.t), f, p.Sort, func(d record.Delay) error {
			each = append(each, d)
			return nil
		}); err != nil || !reflect.DeepEqual(each, l.Delays) {
			w.t.Fatalf("an export has %d rows, the list %d, or others (%v)", len(each), len(l.Delays), err)
		}
		if rows != all {
			w.t.Fatalf("the rows add up to %d days, the figure to %d", rows, all)
		}
	}
	w.bases(f, all)
	for _, by := range []measure.Dimension{measure.ByState, measure.ByResponsible, measure.ByReason, measure.ByCouncil} {
		if n := total(measure.Query{From: f.From, To: f.To, Filter: f.Filter, By: []measure.Dimension{by}}); n != all {
			w.t.Fatalf("by %s the days add up to %d, all are %d", by, n, all)
		}
	}
	for _, council := range []delay.Council{councilA, councilB} {
		c, err := measure.MakeCouncil(ctx, w.s, w.s, measure.Filter{Councils: []delay.Council{council}}, from, to)
		if err != nil {
			w.t.Fatal(err)
		}
		points := 0
		for _, part := range c.ByReason {
			points += part.Points
		}
		if len(c.ByReason) > 0 && points != c.Change {
			w.t.Fatalf("contributions add up to %d, the change is %d", points, c.Change)
		}
		w.newDelays(council, c)
		if sh := c.Now.Share(); sh.Known {
			width := int64((sh.High-sh.Low)*float64(c.Now.Days.Total()) + 0.5)
			byFigures := total(measure.Query{From: from, To: to, Filter: measure.Filter{Councils: []delay.Council{council},
				States: []agreement.State{agreement.Disputed, agreement.Decided}}}) +
				total(measure.Query{From: from, To: to, Filter: measure.Filter{Councils: []delay.Council{council},
					Bodies: []delay.Body{delay.NotAttributed},
					States: []agreement.State{agreement.Proposed, agreement.Agreed, agreement.AgreedByDefault}}})
			if width != byFigures {
				w.t.Fatalf("G3: the range is %d days wide, disputed and not attributed are %d", width, byFigures)
			}
		}
	}
}

// newDelays demands that the days of new delays, and the people, are those of
// the rows behind the figure.
func (w *world) newDelays(council delay.Council, c measure.CouncilFigures) {
	ctx := context.Background()
	stand, err := w.s.ProviderDays(ctx, c.From-400, c.To+400)
	if err != nil {
		w.t.Fatal(err)
	}
	first := map[string]delay.Day{}
	for _, p := range stand {
		first[p.Code] = p.First
	}
	for _, period := range []struct {
		from, to delay.Day
		split    measure.Split
		people   bool
	}{{c.From, c.To, c.ByAge[0].Split, true}, {c.WasFrom, c.WasTo, c.ByAge[0].Was, false}} {
		f := record.Filter{Filter: measure.Filter{Councils: []delay.Council{council}}, From: period.from, To: period.to}
		rows := list(w.t, w.s, everything(w.t), f, record.Page{Size: record.MaxPage})
		var days int64
		people := map[string]bool{}
		for _, d := range rows.Delays {
			people[d.Provider+d.Reference] = true
			began := d.Stretches[0].First
			if began >= period.from && (began != first[d.Provider] || d.Ready+1 >= began) {
				days += d.Days
			}
		}
		if n := period.split.Days.Total(); n != days {
			w.t.Fatalf("M08: new delays have %d days from %s to %s, the rows %d", n, period.from, period.to, days)
		}
		if period.people && c.People != int64(len(people)) {
			w.t.Fatalf("%d people are counted, the rows have %d", c.People, len(people))
		}
	}
	standing := map[agreement.State]int64{}
	for _, one := range c.NotSettled {
		standing[one.State] += one.Days
	}
	for state, n := range map[agreement.State]int64{agreement.Proposed: c.Now.Proposed.Total(), agreement.Disputed: c.Now.Disputed.Total(),
		agreement.Decided: c.Now.Decided.Total(), agreement.Agreed: 0, agreement.AgreedByDefault: 0} {
		if standing[state] != n {
			w.t.Fatalf("G1, G5: %d days are %s, by who answers next %d", n, state, standing[state])
		}
	}
	if points := c.ByAge[0].Points + c.ByAge[1].Points; points != c.Change {
		w.t.Fatalf("new and continuing delays add up to %d, the change is %d", points, c.Change)
	}
}

// extent demands that the ends of what is held are those of the providers' days.
func (w *world) extent() {
	stand, err := w.s.ProviderDays(context.Background(), 0, togetherDay+400)
	w.known(err)
	var want [2]delay.Day
	for _, p := range stand {
		if p.First != 0 && (want[0] == 0 || p.First < want[0]) {
			want[0] = p.First
		}
		want[1] = max(want[1], p.Latest)
	}
	first, last, err := w.s.Extent(context.Background())
	if got := [2]delay.Day{first, last}; err != nil || got != want {
		w.t.Fatalf("held are the days %v, want %v (%v)", got, want, err)
	}
}
