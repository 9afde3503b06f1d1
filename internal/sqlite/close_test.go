package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/audit"
	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

var march = delay.MonthOf(2026, time.March)

var director = person(people.Director, people.CouncilSide, string(council))

// recounts demands of any mixture of extracts, entries and answers that the
// counts equal the periods and the waits counted again.
func (w *world) recounts() {
	for _, m := range []delay.Month{march - 1, march, march + 1, march + 2} {
		got, err := w.s.Recount(context.Background(), m)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range got {
			if r.Differs() != 0 || len(r.Lines) > 0 {
				w.t.Fatalf("C3: %s counted again: %+v", m, r)
			}
		}
	}
}

// marchDesk has one patient listed from 1 to 20 March under two reasons, with a
// day missing, a pause and a dispute.
func marchDesk(t *testing.T) *desk {
	d := newDesk(t)
	a, e := d.given("A", delay.NHS), d.given("E", delay.SocialCare)
	for n := 1; n <= 20; n++ {
		g := &a
		if n > 8 {
			g = &e
		}
		if n != 5 {
			d.extract(fmt.Sprintf("2026-03-%02d", n), g, "2026-02-27")
		}
	}
	d.mustLog(logbook.Paused, "2026-03-15", "2026-03-15", nil, "")
	d.mustLog(logbook.Resumed, "2026-03-18", "2026-03-17", &e, "2026-03-17")
	return d
}

func (d *desk) check(now time.Time) *closing.Check {
	d.t.Helper()
	k, err := closing.Make(d.t.Context(), d.Store, closing.Setup{Now: now, Month: march, Partnership: "Northshire", RuleSet: "england-dtoc",
		RuleVersion: "1",
		Expected:    []measure.Expected{{Code: trust, Name: "Northgate General"}}, Clocks: agreement.DefaultClocks})
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

func (d *desk) seal(k *closing.Check, at time.Time) closing.Record {
	d.t.Helper()
	r, err := k.Seal(at, "Director", []string{string(council)}, "a day is missing")
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

var april9 = time.Date(2026, 4, 9, 10, 0, 0, 0, time.UTC)

func TestMonthAsItWouldBeClosed(t *testing.T) {
	t.Parallel()
	d := marchDesk(t)
	k := d.check(april9)
	c := &k.Content
	total := int64(0)
	for _, n := range d.days(measure.ByResponsible) {
		total += n
	}
	if c.DelayedDays != total || total == 0 || c.People != 1 || c.Providers[0].People != 1 || c.Councils[0].People != 1 {
		t.Errorf("%d days of %d people, want %d of 1", c.DelayedDays, c.People, total)
	}
	var open, byDay int64
	for _, o := range k.Open {
		open += o.Days
	}
	for _, one := range c.ByDay {
		byDay += one.ByBody().Total()
	}
	if open != total || byDay != total || c.Unanswered != total {
		t.Errorf("%d open, %d by day, %d not answered, want %d each", open, byDay, c.Unanswered, total)
	}
	// The 5th, and the 21st to 31st, of which nothing came.
	if p := c.Providers[0]; p.Extracts != 19 || len(p.Missing) != 12 || p.Missing[0] != "2026-03-05" {
		t.Errorf("%d extracts in, missing %v", p.Extracts, p.Missing)
	}
	if len(k.Differing()) > 0 || k.Recounted[0].Snapshot != total || k.Recounted[0].Days != total || k.Recounted[0].Waits != total {
		t.Errorf("counted in three ways: %+v", k.Recounted)
	}
}

// Stored counts that were altered behind the program's back are found, by
// hospital and number.
func TestCountsThatDoNotReconcile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query   string
		differs int64
		lines   bool
	}{
		"a total that is three too many":      {`UPDATE month_count SET days = days + 3 WHERE rowid_is`, 3, true},
		"a day that stands elsewhere":         {`UPDATE month_count SET d02 = d02 - 1, d31 = d31 + 1 WHERE rowid_is`, 1, true},
		"days that are with another body":     {`UPDATE month_count SET body = 3 WHERE rowid_is`, 8, true},
		"a count that is not there":           {`DELETE FROM month_count WHERE rowid_is`, 8, true},
		"a wait that is a day too long":       {`UPDATE delay SET last_day = last_day + 1`, 1, false},
		"a period that begins a day too late": {`UPDATE segment SET first_day = first_day + 1 WHERE reason = 'A'`, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := marchDesk(t)
			// The count under reason A, of the 1st to 8th.
			query := strings.ReplaceAll(c.query, "rowid_is", `reason = 'A' AND month = `+fmt.Sprint(int(march)))
			if _, err := beside(t, d.dir).Exec(query); err != nil {
				t.Fatal(err)
			}
			k := d.check(april9)
			found := k.Differing()
			if len(found) != 1 || found[0].Differs() != c.differs || (len(found[0].Lines) > 0) != c.lines {
				t.Errorf("found %+v, want a difference of %d", found, c.differs)
			}
			want := fmt.Sprintf("March 2026 cannot be closed. Snapshot and days differ by %d at Northgate General. See the reconciliation.",
				c.differs)
			if got := problem.Sentence(k.Refused()); got != want {
				t.Errorf("says %q, want %q", got, want)
			}
		})
	}
}

func TestMonthsAreClosedOnceAndForEver(t *testing.T) {
	t.Parallel()
	d := marchDesk(t)
	k := d.check(april9)
	r := d.seal(k, april9)
	if err := d.CloseMonth(t.Context(), director, r, "a day is missing"); err != nil {
		t.Fatal(err)
	}
	kept := func() closing.Record {
		t.Helper()
		got, ok, err := d.ClosedMonth(t.Context(), march)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return got
	}
	got := kept()
	if !bytes.Equal(got.Frozen, r.Frozen) || got.SHA256 != r.SHA256 || !got.At.Equal(april9) || got.Role != "Director" ||
		got.Codes[0] != string(council) || got.Days != r.Days {
		t.Errorf("kept %+v", got)
	}
	t.Run("a second person is told", func(t *testing.T) {
		err := d.CloseMonth(t.Context(), director, d.seal(k, april9.Add(time.Hour)), "")
		if problem.KindOf(err) != problem.Conflict || !strings.Contains(problem.Sentence(err), "March 2026 was closed already, on 9 April 2026") {
			t.Errorf("says %v", err)
		}
	})
	t.Run("it stands in the audit log, once, and the log is whole", func(t *testing.T) {
		events, err := d.AuditEvents(t.Context(), audit.Filter{What: audit.MonthClosed})
		if err != nil || len(events) != 1 || events[0].Record != "2026-03" || events[0].Who != director.Email ||
			events[0].After != "a day is missing" {
			t.Errorf("%+v, %v", events, err)
		}
		if whole, err := d.VerifyAudit(t.Context()); err != nil || !whole.Whole() {
			t.Errorf("%+v, %v", whole, err)
		}
	})
	t.Run("nothing deletes or changes it", func(t *testing.T) {
		db := beside(t, d.dir)
		for _, query := range []string{`DELETE FROM month_close`, `UPDATE month_close SET days = 1`} {
			if _, err := db.Exec(query); err == nil {
				t.Errorf("%s did its work", query)
			}
		}
	})
	t.Run("C11 a late extract changes figures, not what was closed", func(t *testing.T) {
		e := d.given("E", delay.SocialCare)
		d.extract("2026-03-21", &e, "2026-02-27")
		now := d.check(april9)
		if now.Content.DelayedDays == r.Days {
			t.Error("the late extract changed nothing")
		}
		if !bytes.Equal(kept().Frozen, r.Frozen) {
			t.Error("what was closed is other than it was")
		}
	})
	all, err := d.Closes(t.Context())
	if err != nil || len(all) != 1 || all[0].Month != march || all[0].Frozen != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// What arrives while a month is worked out is not in it, and is a revision.
func TestEvidenceThatArrivesMeanwhile(t *testing.T) {
	t.Parallel()
	d := marchDesk(t)
	held, at, err := d.SnapshotAt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	e := d.given("E", delay.SocialCare)
	d.extract("2026-03-21", &e, "2026-02-27")
	now := d.check(april9)
	d.Store = held.Store
	k := d.check(april9)
	if k.Content.DelayedDays == now.Content.DelayedDays {
		t.Error("a snapshot has what came after it")
	}
	if !at.After(april9) {
		t.Errorf("the snapshot is of %s", at)
	}
}
