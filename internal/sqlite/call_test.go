package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/agreement"
	"homeward/internal/audit"
	"homeward/internal/call"
	"homeward/internal/casework"
	"homeward/internal/chart"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// callDesk is a desk with extracts of several providers and patients.
type callDesk struct {
	*desk
	sent int
}

// send takes in one provider's extract that lists the patients, by number.
func (d *callDesk) send(received time.Time, provider, date string, listed map[int]waiting) {
	d.t.Helper()
	d.sent++
	b := &ingest.Batch{Provider: provider, File: ingest.File{Name: date}, Extracts: []ingest.Extract{{Date: delay.MustDay(date)}}}
	copy(b.File.SHA256[:], fmt.Sprintf("%d of %s", d.sent, provider))
	for i := range 8 {
		l, ok := listed[i]
		if !ok {
			continue
		}
		h := d.key.Hash(identity.Patient{Provider: provider, LocalID: fmt.Sprint("L", i)})
		n := int32(len(b.Patients))
		b.Patients = append(b.Patients, ingest.Patient{Hash: h, Reference: d.key.Reference(provider, h), LocalID: d.key.Seal(fmt.Sprint("L", i))})
		g := slices.IndexFunc(b.Givens, func(o ingest.Given) bool { return o == d.given(l.reason, l.body) })
		if g < 0 {
			g = len(b.Givens)
			b.Givens = append(b.Givens, d.given(l.reason, l.body))
		}
		b.Places = []ingest.Place{{Ward: "Ward secret", Bed: "Bed secret"}}
		b.Statements = append(b.Statements, ingest.Statement{Patient: n, Given: int32(g), Ready: delay.MustDay(date) - delay.Day(l.since)})
		b.Extracts[0].Listings = append(b.Extracts[0].Listings, ingest.Listing{Line: n + 2, Statement: n})
	}
	b.Extracts[0].Read, b.Extracts[0].Kept = len(b.Patients), len(b.Patients)
	if err := dated(d.Store, received).Take(d.t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		d.t.Fatal(err)
	}
}

type waiting struct {
	reason delay.Reason
	body   delay.Body
	since  int // ready so many days before the extract
}

var callExpected = []measure.Expected{{Code: "RZ1", Name: "Northgate", Due: 7 * time.Hour}, {Code: "RZ2", Name: "Southmoor", Due: -1}}

func (d *callDesk) make(at time.Time, last *call.Content) *call.Content {
	d.t.Helper()
	c, err := call.Make(d.t.Context(), d.Store, nil, call.Setup{Now: at, Partnership: "Northshire", RuleSet: "england-dtoc",
		Expected: callExpected,
		Clocks:   agreement.DefaultClocks, Last: last})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// Whatever arrives between two calls, in whatever order, late, twice or not at
// all: the lines from one to the other add up (C16).
func TestCallMovementAddsUp(t *testing.T) {
	t.Parallel()
	rules := newDesk(t)
	bodies := []delay.Body{delay.NHS, delay.SocialCare, delay.Joint, delay.NotAttributed}
	start := delay.MustDay("2026-03-02")
	rapid.Check(t, func(r *rapid.T) {
		d := &callDesk{desk: newDesk(t)}
		d.rules = rules.rules
		defer d.Close()
		clock := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
		var last *call.Content
		for week := range 3 {
			today := start + delay.Day(7*(week+1))
			for range rapid.IntRange(1, 8).Draw(r, "files") {
				clock = clock.Add(time.Minute)
				day := today - delay.Day(rapid.IntRange(1, 12).Draw(r, "days back"))
				listed := map[int]waiting{}
				for i := range 5 {
					if rapid.IntRange(0, 3).Draw(r, "listed") > 0 {
						listed[i] = waiting{rapid.SampledFrom([]delay.Reason{"A", "B", "E", "C", ""}).Draw(r, "reason"),
							rapid.SampledFrom(bodies).Draw(r, "body"), rapid.IntRange(0, 30).Draw(r, "since")}
					}
				}
				d.send(clock, rapid.SampledFrom([]string{"RZ1", "RZ2"}).Draw(r, "provider"), day.String(), listed)
			}
			if rapid.Bool().Draw(r, "a pause") {
				h := d.key.Hash(identity.Patient{Provider: "RZ1", LocalID: fmt.Sprint("L", rapid.IntRange(0, 4).Draw(r, "patient"))})
				// One who does not wait cannot pause, and that is fine.
				_, _, _ = dated(d.Store, today.Time().Add(8*time.Hour)).Log(t.Context(), coordinator, casework.NewEntry{
					Reference: d.key.Reference("RZ1", h), Kind: logbook.Paused, Made: today, Day: today - 2})
			}
			at := today.Time().Add(9*time.Hour + 55*time.Minute)
			c := d.make(at, last)
			over, err := measure.MakeOverview(t.Context(), d.Store, measure.Filter{}, 0, 0, measure.Moment{Now: at}, callExpected)
			if err != nil {
				t.Fatal(err)
			}
			if c.Waiting != call.CountOf(over.Now) {
				r.Fatalf("the call shows %+v, the overview %+v", c.Waiting, call.CountOf(over.Now))
			}
			if (c.Movement != nil) != (last != nil) {
				r.Fatal("a movement stands from the second call on")
			}
			if m := c.Movement; m != nil {
				if !m.Adds() {
					r.Fatalf("C16 it does not add up by %+v: %+v", m.Gap, m.Lines)
				}
				if m.Of(call.Shown) != last.Waiting || m.Of(call.Now) != c.Waiting {
					r.Fatalf("C16 it goes from %+v to %+v; shown was %+v and now is %+v", m.Of(call.Shown), m.Of(call.Now), last.Waiting, c.Waiting)
				}
			}
			last = c
			if said := rapid.SampledFrom([]string{"", "0", "1", "undecided"}).Draw(r, "pathway"); said != "" {
				d.destination(fmt.Sprint("L", rapid.IntRange(0, 4).Draw(r, "whose")), today-delay.Day(rapid.IntRange(0, 9).Draw(r, "said")), said)
			}
			d.pathwaysAddUp(start-20, today)
		}
	})
}

// destination notes where the patient of RZ1 is going, if there is one.
func (d *callDesk) destination(number string, made delay.Day, code string) {
	d.t.Helper()
	h := d.key.Hash(identity.Patient{Provider: "RZ1", LocalID: number})
	_, err := beside(d.t, d.dir).Exec(`
		INSERT INTO log_entry (patient_id, provider_id, made_at, made_on, made_by, made_role, kind, day, statement_id, undoes, uncertain, `+
		`destination, how, reason)
		SELECT patient_id, provider_id, ?, ?, 'a', 'b', ?, ?, 0, 0, 0, ?, '', '' FROM patient WHERE key_hash = ?`,
		made.Time().UnixMicro(), made, logbook.Verified, made, code, h[:])
	if err != nil {
		d.t.Fatal(err)
	}
}

// pathwaysAddUp demands that the flow by pathway is everybody's (C16).
func (d *callDesk) pathwaysAddUp(from, to delay.Day) call.PathwayFlow {
	d.t.Helper()
	split, err := d.PathwayFlow(d.t.Context(), from, to)
	if err != nil {
		d.t.Fatal(err)
	}
	events, err := d.Events(d.t.Context(), measure.Query{From: from, To: to})
	if err != nil {
		d.t.Fatal(err)
	}
	type one struct {
		day  delay.Day
		kind measure.EventKind
	}
	sums := map[one]int64{}
	for _, e := range events {
		sums[one{e.Day, e.Kind}] += e.People
	}
	for _, e := range split.Events {
		sums[one{e.Day, e.Kind}] -= e.People
	}
	for k, n := range sums {
		if n != 0 {
			d.t.Fatalf("C16 %s on %s: %d more in all than by pathway", k.kind, k.day, n)
		}
	}
	cells, err := d.Cells(d.t.Context(), measure.Query{From: from - 1, To: from - 1})
	if err != nil {
		d.t.Fatal(err)
	}
	n := int64(0)
	for _, c := range cells {
		n += c.Days
	}
	for _, s := range split.Start {
		n -= s
	}
	if n != 0 {
		d.t.Fatalf("C16 on the day before: %d more in all than by pathway", n)
	}
	return split
}

// Slide 6 names the pathway on which more people became ready than left, where
// the log knows it; the others are counted apart, and all add up (T11, C16).
func TestCallPathways(t *testing.T) {
	t.Parallel()
	d := &callDesk{desk: newDesk(t)}
	monday := delay.MustDay("2026-03-02")
	pathways := []call.Pathway{{Code: "0", Name: "home, no new support"}, {Code: "1", Name: "home with support"}}
	// One more patient becomes ready each week and stays; patient 7 comes and
	// goes every week.
	for n := range delay.Day(7 * 7) {
		day := monday + n
		listed := map[int]waiting{}
		for i := range int(n)/7 + 1 {
			if i < 7 {
				listed[i] = waiting{"E", delay.SocialCare, int(n) - 7*i + 2}
			}
		}
		if in := int(n) % 7; in < 3 {
			listed[7] = waiting{"A", delay.NHS, in + 2}
		}
		d.send(day.Time().Add(30*time.Hour), "RZ1", day.String(), listed)
	}
	make := func() (call.Slide, *call.Content) {
		t.Helper()
		c, err := call.Make(t.Context(), d.Store, plainDrawing{}, call.Setup{Now: (monday + 49).Time().Add(10 * time.Hour),
			Partnership: "Northshire",
			Expected:    callExpected[:1], Clocks: agreement.DefaultClocks, Pathways: pathways})
		if err != nil {
			t.Fatal(err)
		}
		return c.Slides[5], c
	}
	all, _ := make()
	t.Run("T11 without a log the slide is of everybody", func(t *testing.T) {
		if !regexp.MustCompile(`^More people became ready than left in [56] of 7 weeks: \d+ more in all$`).MatchString(all.Title) ||
			len(all.Lines) != 1 {
			t.Errorf("the slide says %q, %q", all.Title, all.Lines)
		}
	})
	for i := range 7 {
		d.destination(fmt.Sprint("L", i), monday+delay.Day(7*i+1), "1")
	}
	d.destination("L7", monday+1, "0")        // of the first of its waits
	d.destination("L6", monday+43, "nowhere") // a code that no pathway has
	t.Run("T11 pathways are not compared when few of those who left were logged", func(t *testing.T) {
		if s, _ := make(); s.Title != all.Title || len(s.Lines) != 2 || !strings.HasSuffix(s.Lines[1], " ended: too few to compare pathways.") {
			t.Errorf("the slide says %q, %q", s.Title, s.Lines)
		}
	})
	for week := range delay.Day(5) {
		d.destination("L7", monday+7*(week+1)+1, "0")
	}
	one, c := make()
	split := d.pathwaysAddUp(monday-20, monday+48)
	if split.Start[""] != 0 {
		t.Errorf("before the first extract %v waited", split.Start)
	}
	t.Run("T11 the pathway with most more ready than left", func(t *testing.T) {
		if !strings.HasPrefix(one.Title, "More people became ready than left on pathway 1 in ") || !strings.Contains(one.Title, " of 7 weeks") {
			t.Errorf("the slide says %q", one.Title)
		}
		if !strings.Contains(one.Chart.Alt, "Pathway 1 (home with support)") || len(one.Chart.Table.Rows) != 7 {
			t.Errorf("the chart is %q with %d rows", one.Chart.Alt, len(one.Chart.Table.Rows))
		}
	})
	t.Run("C16 the pathways add up to everybody", func(t *testing.T) {
		if len(one.Lines) != 2 || one.Lines[0] != all.Lines[0] {
			t.Fatalf("the lines are %q", one.Lines)
		}
		var began, ended int64
		for _, m := range regexp.MustCompile(`(\d+) new, (\d+) ended`).FindAllStringSubmatch(one.Lines[1], -1) {
			b, _ := strconv.ParseInt(m[1], 10, 64)
			e, _ := strconv.ParseInt(m[2], 10, 64)
			began, ended = began+b, ended+e
		}
		if want := fmt.Sprintf("%d new and %d ended from ", began, ended); !strings.HasPrefix(all.Lines[0], want) ||
			!strings.Contains(one.Lines[1], "Not decided or not known: ") || !strings.Contains(one.Lines[1], "Pathway 0: ") {
			t.Errorf("all: %q, by pathway %q", all.Lines[0], one.Lines[1])
		}
	})
	t.Run("P1 the frozen call has no patient", func(t *testing.T) {
		b, err := c.Encode()
		if err != nil || bytes.Contains(b, []byte("secret")) {
			t.Errorf("%v", err)
		}
	})
	t.Run("C15 what was undone was not said", func(t *testing.T) {
		if _, err := beside(t, d.dir).Exec(`
			INSERT INTO log_entry (patient_id, provider_id, made_at, made_on, made_by, made_role, kind, day, statement_id, undoes, uncertain, `+
			`destination, how, reason)
			SELECT patient_id, provider_id, made_at + 1, made_on, 'a', 'b', ?, day, 0, entry_id, 0, '', '', '' FROM log_entry`,
			logbook.Undone); err != nil {
			t.Fatal(err)
		}
		if s, _ := make(); s.Title != all.Title || len(s.Lines) != 1 {
			t.Errorf("the slide says %q, %q", s.Title, s.Lines)
		}
	})
}

// plainDrawing stands for the drawing machine.
type plainDrawing struct{}

func (plainDrawing) SVG(_ context.Context, c chart.Chart) ([]byte, error) {
	return []byte("<svg>" + c.ID + "</svg>"), nil
}

// What a call showed stands for ever, and beside it what is known differently
// (C15).
func TestCallIsFrozen(t *testing.T) {
	t.Parallel()
	d := &callDesk{desk: newDesk(t)}
	day := func(n int) string { return (delay.MustDay("2026-03-01") + delay.Day(n)).String() }
	at := func(n int) time.Time { return delay.MustDay(day(n)).Time().Add(10 * time.Hour) }
	one, two := waiting{"E", delay.SocialCare, 5}, waiting{"A", delay.NHS, 25}
	for n := range 4 {
		a, b := one, two
		a.since, b.since = one.since+n, two.since+n
		d.send(at(n+1).Add(-3*time.Hour), "RZ1", day(n), map[int]waiting{0: a, 1: b})
	}
	c, err := call.Make(t.Context(), d.Store, plainDrawing{}, call.Setup{Now: at(4), Partnership: "Northshire", RuleSet: "england-dtoc",
		Expected: callExpected, Clocks: agreement.DefaultClocks})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Slides) != 9 || c.Waiting.Total() != 2 || c.Slides[1].Lines[0] != "This is the first call, so there is nothing to compare with." {
		t.Errorf("got %+v", c)
	}
	frozen, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("P1 nothing of it names a place in a hospital or a person", func(t *testing.T) {
		for _, word := range []string{"secret", "L0", "L1\""} {
			if bytes.Contains(frozen, []byte(word)) {
				t.Errorf("%s stands in %s", word, frozen)
			}
		}
	})
	record := call.Record{Day: delay.Day(c.Call), StartedAt: at(4), StartedBy: "presenter@example.org", Frozen: frozen}
	if err := d.StartCall(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if err := d.StartCall(t.Context(), record); problem.KindOf(err) != problem.Conflict {
		t.Errorf("a second start: %v", err)
	}
	same := func() {
		t.Helper()
		got, err := d.Call(t.Context(), delay.Day(c.Call))
		if err != nil || !bytes.Equal(got.Frozen, frozen) {
			t.Errorf("C15 what was shown has changed: %v", err)
		}
	}
	same()
	diffs, err := call.Since(t.Context(), d.Store, c, true)
	if err != nil || slices.ContainsFunc(diffs, func(f call.Difference) bool { return f.Different }) {
		t.Errorf("C15 nothing has come since, and it differs: %v %+v", err, diffs)
	}
	// A correction of the day shown, and a late file of another hospital.
	d.send(at(4).Add(time.Hour), "RZ1", day(3), map[int]waiting{0: {"E", delay.SocialCare, 8}})
	d.send(at(4).Add(2*time.Hour), "RZ2", day(3), map[int]waiting{4: {"E", delay.SocialCare, 3}})
	same()
	if diffs, err = call.Since(t.Context(), d.Store, c, true); err != nil {
		t.Fatal(err)
	}
	if diffs[0].Then != "2" || diffs[0].Now != "1" || diffs[0].Change != "−1" || diffs[0].Why != "1 corrected extract, Northgate (4 Mar)" {
		t.Errorf("C15 got %+v", diffs[0])
	}
	t.Run("C15 as known when it started, it is what was shown", func(t *testing.T) {
		past, err := d.AsKnown(t.Context(), at(4), delay.DayOf(at(4)))
		if err != nil {
			t.Fatal(err)
		}
		defer past.Close()
		again, err := call.Make(t.Context(), past.Store, plainDrawing{}, call.Setup{Now: at(4), Partnership: "Northshire",
			RuleSet: "england-dtoc", Expected: callExpected, Clocks: agreement.DefaultClocks})
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Encode()
		if err != nil || !bytes.Equal(got, frozen) {
			t.Errorf("got  %s\nwant %s", got, frozen)
		}
	})
	t.Run("C15 the database refuses to change or drop it", func(t *testing.T) {
		for _, statement := range []string{"UPDATE call SET frozen = x'00'", "DELETE FROM call"} {
			if _, err := raw(t, d.dir).ExecContext(t.Context(), statement); err == nil {
				t.Errorf("%s was done", statement)
			}
		}
	})
	t.Run("an action goes from call to call until it is done", func(t *testing.T) {
		a := call.Action{What: "Ask for the file", Owner: "RZ2", Due: delay.MustDay(day(6)), Call: delay.Day(c.Call), At: at(4),
			By: "presenter@example.org"}
		id, err := d.AddCallAction(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		next := record
		next.Day += 7
		if err := d.StartCall(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		states := func(day delay.Day) (out []call.State) {
			all, err := d.CallActions(t.Context(), day)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range all {
				out = append(out, a.On(day))
			}
			return out
		}
		if err := d.SettleCallAction(t.Context(), id, next.Day, call.CarriedOver, at(11), "p"); err != nil {
			t.Fatal(err)
		}
		last := next
		last.Day += 7
		if err := d.StartCall(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		if err := d.SettleCallAction(t.Context(), id, last.Day, call.Done, at(18), "p"); err != nil {
			t.Fatal(err)
		}
		if err := d.SettleCallAction(t.Context(), id, last.Day, call.Done, at(18), "p"); problem.KindOf(err) != problem.Conflict {
			t.Errorf("done twice: %v", err)
		}
		if got := fmt.Sprint(states(record.Day), states(next.Day), states(last.Day),
			states(last.Day+7)); got != "[Open] [Carried over] [Done] []" {
			t.Errorf("got %s", got)
		}
		if err := d.EndCall(t.Context(), last.Day, at(18)); err != nil {
			t.Error(err)
		}
		if all, err := d.Calls(t.Context()); err != nil || len(all) != 3 || all[0].Day != last.Day || all[0].EndedAt.IsZero() ||
			!all[1].EndedAt.IsZero() {
			t.Errorf("got %+v, %v", all, err)
		}
		if r, ok, err := d.CallBefore(t.Context(), next.Day); err != nil || !ok || r.Day != record.Day {
			t.Errorf("the call before: %v %v %v", r.Day, ok, err)
		}
	})
}

// A call can be taken back for a short while, when nothing was noted in it; what
// it showed is kept all the same, and the log says who (C15).
func TestCallWithdrawn(t *testing.T) {
	t.Parallel()
	d := &callDesk{desk: newDesk(t)}
	ctx := t.Context()
	day := delay.MustDay("2026-11-04")
	started := time.Date(2026, 11, 4, 9, 55, 0, 0, time.UTC)
	by := people.Actor{Kind: people.APerson, Email: "pat@northshire.example", Grant: people.Grant{Role: people.Presenter}}
	start := func(at time.Time, frozen string) {
		t.Helper()
		if err := d.StartCall(ctx, call.Record{Day: day, StartedAt: at, StartedBy: by.Who(), Frozen: []byte(frozen)}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(name string, kind problem.Kind, started, at time.Time) {
		t.Helper()
		if err := dated(d.Store, at).WithdrawCall(ctx, day, started, 15*time.Minute, by); problem.KindOf(err) != kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("no call yet", problem.NotFound, started, started)
	start(started, "first")
	if err := d.StartCall(ctx, call.Record{Day: day, StartedAt: started, Frozen: []byte("x")}); problem.KindOf(err) != problem.Conflict {
		t.Errorf("a second call of the day: %v", err)
	}
	refused("after 15 minutes", problem.Conflict, started, started.Add(15*time.Minute+time.Second))
	refused("of another moment", problem.Conflict, started.Add(time.Second), started.Add(time.Minute))
	if err := dated(d.Store, started.Add(15*time.Minute)).WithdrawCall(ctx, day, started, 15*time.Minute, by); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Call(ctx, day); problem.KindOf(err) != problem.NotFound {
		t.Errorf("the call is still there: %v", err)
	}
	if _, ok, err := d.CallBefore(ctx, day+7); ok || err != nil {
		t.Errorf("the next call compares with it: %v", err)
	}
	start(started.Add(20*time.Minute), "second")
	refused("of the first call", problem.Conflict, started, started.Add(21*time.Minute))
	id, err := d.AddCallAction(ctx, call.Action{What: "x", Owner: "RZ1", Due: day, Call: day, At: started, By: "a"})
	if err != nil {
		t.Fatal(err)
	}
	refused("with an action", problem.Conflict, started.Add(20*time.Minute), started.Add(21*time.Minute))
	if err := d.SettleCallAction(ctx, id, day, call.Done, started, "a"); err != nil {
		t.Fatal(err)
	}
	day += 7
	start(started, "third")
	if err := dated(d.Store, started).WithdrawCall(ctx, day, started, time.Minute, by); err != nil {
		t.Errorf("an action done at an earlier call stood in the way: %v", err)
	}
	w, err := d.WithdrawnCall(ctx, day-7, 1)
	if err != nil || string(w.Frozen) != "first" || !w.StartedAt.Equal(started) || !w.WithdrawnAt.Equal(started.Add(15*time.Minute)) ||
		w.As != "Presenter" || w.StartedBy != by.Email {
		t.Errorf("kept is %+v, %v", w, err)
	}
	if all, err := d.WithdrawnCalls(ctx); err != nil || len(all) != 2 || all[0].Day != day || all[0].Number != 1 || len(all[1].Frozen) != 0 {
		t.Errorf("the list is %+v, %v", all, err)
	}
	if _, err := d.WithdrawnCall(ctx, day, 2); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a call that there is not: %v", err)
	}
	events, err := d.AuditEvents(ctx, audit.Filter{What: audit.CallWithdrawn, Limit: 9})
	if err != nil || len(events) != 2 || events[1].Who != by.Email || events[1].Record != "call of 2026-11-04" || events[1].As != "Presenter" {
		t.Errorf("the audit log has %+v, %v", events, err)
	}
	t.Run("C15 neither a call nor a withdrawn one can be changed or deleted", func(t *testing.T) {
		db := beside(t, d.dir)
		for _, query := range []string{`DELETE FROM call`, `UPDATE call SET frozen = x'00'`, `DELETE FROM call_withdrawn`,
			`UPDATE call_withdrawn SET withdrawn_by = ''`} {
			if _, err := db.Exec(query); err == nil {
				t.Errorf("%s was done", query)
			}
		}
	})
}

// An action can be put right and taken back while its call goes on; what it said
// before stays, and the log says who.
func TestCallActionChangedAndWithdrawn(t *testing.T) {
	t.Parallel()
	d := &callDesk{desk: newDesk(t)}
	ctx := t.Context()
	day := delay.MustDay("2026-11-04")
	started := time.Date(2026, 11, 4, 9, 55, 0, 0, time.UTC)
	by := people.Actor{Kind: people.APerson, Email: "pat@northshire.example", Grant: people.Grant{Role: people.Presenter}}
	start := func(day delay.Day) {
		t.Helper()
		if err := d.StartCall(ctx, call.Record{Day: day, StartedAt: started, StartedBy: "a", Frozen: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	start(day)
	id, err := d.AddCallAction(ctx, call.Action{What: "Ask", Owner: "RZ1", Due: day, Call: day, At: started, By: "a"})
	if err != nil {
		t.Fatal(err)
	}
	change := func(day delay.Day, what string) error {
		return dated(d.Store, started).ChangeCallAction(ctx, by, day, call.Action{ID: id, What: what, Owner: "RZ2", Due: day + 1})
	}
	withdraw := func(day delay.Day) error {
		return dated(d.Store, started).WithdrawCallAction(ctx, by, day, id, "said twice")
	}
	only := func(day delay.Day) call.Action {
		t.Helper()
		all, err := d.CallActions(ctx, day)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d actions on %s, %v", len(all), day, err)
		}
		return all[0]
	}
	if err := change(day, "Ask for the file"); err != nil {
		t.Fatal(err)
	}
	if a := only(day); a.What != "Ask for the file" || a.Owner != "RZ2" || a.Due != day+1 || a.Changed != day {
		t.Errorf("it says %+v", a)
	}
	if err := change(day, "Ask for the file"); err != nil { // Nothing is different, so nothing is noted.
		t.Error(err)
	}
	next := day + 7
	for name, err := range map[string]error{"a day without a call": change(next, "y"), "withdrawn there": withdraw(next)} {
		if problem.KindOf(err) != problem.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := dated(d.Store, started).WithdrawCall(ctx, day, started, time.Hour, by); problem.KindOf(err) != problem.Conflict {
		t.Errorf("a call with a changed action was withdrawn: %v", err)
	}
	start(next)
	for name, err := range map[string]error{"changed on the call before": change(day, "y"), "withdrawn on the call before": withdraw(day)} {
		if problem.KindOf(err) != problem.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := withdraw(next); err != nil {
		t.Fatal(err)
	}
	if a := only(next); a.On(next) != call.TakenBack || a.On(day) != call.Open || a.Why != "said twice" || a.As != "Presenter" ||
		!a.WithdrawnAt.Equal(started) || a.PastDue(next+9) {
		t.Errorf("withdrawn, it says %+v", a)
	}
	for name, err := range map[string]error{"changed": change(next, "y"), "withdrawn again": withdraw(next),
		"done": d.SettleCallAction(ctx, id, next, call.Done, started, "a")} {
		if problem.KindOf(err) != problem.Conflict {
			t.Errorf("a withdrawn action was %s: %v", name, err)
		}
	}
	start(next + 7)
	if all, err := d.CallActions(ctx, next+7); err != nil || len(all) != 0 {
		t.Errorf("the next call has %+v, %v", all, err)
	}
	if id, err = d.AddCallAction(ctx, call.Action{What: "x", Owner: "RZ1", Due: day, Call: next + 7, At: started, By: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := d.EndCall(ctx, next+7, started); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"changed": change(next+7, "y"), "withdrawn": withdraw(next + 7)} {
		if problem.KindOf(err) != problem.Conflict {
			t.Errorf("an action of a call that has ended was %s: %v", name, err)
		}
	}
	for what, want := range map[audit.What]audit.Entry{
		audit.ActionChanged: {Before: "Ask, RZ1, due 2026-11-04", After: "Ask for the file, RZ2, due 2026-11-05",
			Record: "action 1 on the call of 2026-11-04"},
		audit.ActionWithdrawn: {Before: "Ask for the file, RZ2, due 2026-11-05", After: "withdrawn: said twice",
			Record: "action 1 on the call of 2026-11-11"}} {
		events, err := d.AuditEvents(ctx, audit.Filter{What: what, Limit: 9})
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %d events, %v", what, len(events), err)
		}
		if e := events[0]; e.Who != by.Email || e.As != "Presenter" || e.Before != want.Before || e.After != want.After ||
			e.Record != want.Record {
			t.Errorf("the audit log has %+v", e)
		}
	}
	db := beside(t, d.dir)
	var before string
	if err := db.QueryRow(`SELECT group_concat(what || owner_org || changed_by) FROM call_action_change`).Scan(&before); err != nil ||
		before != "AskRZ1pat@northshire.example" {
		t.Errorf("what it said before is %q, %v", before, err)
	}
	if _, err := db.Exec(`DELETE FROM call_action_change`); err == nil {
		t.Error("what an action said before was deleted")
	}
}
