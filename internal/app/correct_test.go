package app

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// correctable is a delay of two periods, A with the NHS for 5 days and E with
// social care for 9, both agreed by the council.
func correctable(t *testing.T) (d *desk, at string) {
	d = newDesk(t)
	for day := delay.MustDay("2026-10-20"); day <= delay.MustDay("2026-11-03"); day++ {
		d.extract(day.String(), listed{"100000001", "2026-10-20", "A", delay.NHS, "4B", "4B-12"})
	}
	at = "/delays/" + d.ref("100000001")
	d.log("100000001", "A")
	d.follow("coordinator", d.send("coordinator", at+"/reason", at+"/reason",
		with(map[string]string{"what": "changed", "reason": "E", "body": "social-care", "because": "Noted on paper"},
			date("from", "2026-10-26"))))
	for _, first := range []string{"2026-10-21", "2026-10-26"} {
		page := "/agreement/" + d.ref("100000001") + "." + first
		d.follow("council reviewer", d.send("council reviewer", page, page, map[string]string{"answer": "agree"}))
	}
	if got := d.days(measure.ByState); got["agreed"] != 14 {
		t.Fatalf("got %v, want 14 days agreed", got)
	}
	return d, at
}

// A correction reaches the period that it names and no other: days still tile,
// the period is proposed again, and answers about other periods stand (C3, G1).
func TestCorrectAnEarlierPeriod(t *testing.T) {
	d, at := correctable(t)
	page := at + "/reason?period=2026-10-21"
	save := func(fill map[string]string) reply {
		t.Helper()
		return d.send("coordinator", page, at+"/reason", fill)
	}
	counted := func(by measure.Dimension, want string) {
		t.Helper()
		d.verify()
		if got := fmt.Sprint(d.days(by)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := words(d.get("coordinator", at).Find("#periods tfoot td").Eq(3)); got != "14" {
			t.Errorf("C3: the periods add up to %q, not 14", got)
		}
	}
	t.Run("the record leads to it", func(t *testing.T) {
		for _, from := range []string{at + "/reason", at + "/periods/1"} {
			if d.get("coordinator", from).Find(`a[href="`+page+`"]`).Length() != 1 {
				t.Errorf("%s does not lead to the correction of the first period", from)
			}
		}
		if d.get("council reviewer", at+"/periods/1").Find(`a[href="`+page+`"]`).Length() != 0 {
			t.Error("a reviewer is offered what only coordinators may do")
		}
	})
	t.Run("what stands is shown, and asked for again", func(t *testing.T) {
		r := d.get("coordinator", page)
		r.has(t, "21 to 25 October 2026, 5 days")
		r.has(t, "NHS, agreed")
		if v, _ := r.Find("#reason option[selected]").Attr("value"); v != "A" {
			t.Errorf("the reason is %q, want that of the period", v)
		}
		save(nil).has(t, "This is what is recorded now. Select another reason, body or council, or go back")
		save(map[string]string{"reason": "F"}).has(t, "Enter what was wrong")
	})
	t.Run("G1 the corrected days are proposed, later ones stay agreed", func(t *testing.T) {
		r := d.follow("coordinator", save(map[string]string{"reason": "F", "body": "social-care", "because": "It was equipment from the start"}))
		r.has(t, "F Community equipment and adaptations for 20 to 25 October 2026.")
		r.has(t, "Corrected, 20 to 25 October 2026: F Community equipment and adaptations, social care")
		counted(measure.ByReason, "map[E:9 F:5]")
		counted(measure.ByState, "map[agreed:9 proposed:5]")
		d.get("council reviewer", "/agreement").has(t, "1 proposal needs your answer.")
	})
	t.Run("G1 corrected to what its neighbour says, nobody has agreed to it", func(t *testing.T) {
		d.now = d.now.Add(time.Minute)
		d.follow("coordinator", save(map[string]string{"reason": "E", "body": "social-care", "because": "It was home care all the time"}))
		counted(measure.ByReason, "map[E:14]")
		counted(measure.ByState, "map[agreed:9 proposed:5]")
		if got := d.get("coordinator", at).Find("#periods tbody tr").Length(); got != 2 {
			t.Errorf("%d periods, want 2: one to answer, one answered", got)
		}
	})
	t.Run("undone, what stood before stands", func(t *testing.T) {
		r := d.follow("coordinator", save(map[string]string{"reason": "C", "because": "Further NHS care"}))
		counted(measure.ByReason, "map[C:5 E:9]")
		d.follow("coordinator", d.submit("coordinator", r, at+"/undo", nil))
		counted(measure.ByReason, "map[E:14]")
	})
	t.Run("the council alone", func(t *testing.T) {
		d.follow("coordinator", save(map[string]string{"council": "E06000099", "because": "They moved in September"}))
		counted(measure.ByCouncil, "map[E06000099:5 E10000099:9]")
		d.get("other council", "/agreement").has(t, "1 proposal needs your answer.")
	})
	t.Run("C10 a file that is sent again changes the rest, not the correction", func(t *testing.T) {
		d.extract("2026-10-22", listed{"100000001", "2026-10-20", "A", delay.NHS, "4B", "4B-12"},
			listed{"100000002", "2026-10-20", "A", delay.NHS, "4B", "4B-13"})
		d.verify()
		if got := d.days(measure.ByCouncil)["E06000099"]; got != 5 {
			t.Errorf("%d days with the corrected council, want 5", got)
		}
	})
	t.Run("a period that is not there", func(t *testing.T) {
		for _, first := range []string{"2026-10-19", "yesterday", "2026-10-22"} {
			r := d.get("coordinator", at+"/reason?period="+first)
			r.has(t, "This period is not in the record now. Open the record and choose the period again.")
		}
	})
	t.Run("J14 changed by somebody else meanwhile", func(t *testing.T) {
		form := d.get("coordinator", page)
		d.follow("coordinator", d.send("coordinator", at, "/today/check", map[string]string{"one": d.ref("100000001")}))
		r := d.submit("coordinator", form, at+"/reason", map[string]string{"reason": "A", "because": "Written in vain?"})
		if r.status != http.StatusConflict {
			t.Errorf("answered with %d", r.status)
		}
		r.has(t, "Nothing you entered has been saved")
		r.has(t, "Written in vain?")
	})
}

// What was recorded of a delay that is over can be corrected too, and it stays
// over.
func TestCorrectADelayThatEnded(t *testing.T) {
	d, at := correctable(t)
	d.extract("2026-11-04", listed{"100000002", "2026-11-01", "A", delay.NHS, "4B", "4B-14"})
	d.now = d.now.Add(24 * time.Hour)
	d.get("coordinator", at).has(t, "Ended")
	// The log holds them as waiting, and the extract does not.
	before := words(d.get("coordinator", "/today").Find("#row-" + d.ref("100000001")))
	page := at + "/reason?period=2026-10-26"
	d.follow("coordinator", d.send("coordinator", page, at+"/reason", map[string]string{"reason": "F", "body": "nhs",
		"because": "It was equipment"}))
	d.verify()
	if got := fmt.Sprint(d.days(measure.ByReason)); got != "map[A:8 F:9]" {
		t.Errorf("got %s, want A 5 and 3 of the other person, F 9", got)
	}
	d.get("coordinator", at).has(t, "Ended")
	after := words(d.get("coordinator", "/today").Find("#row-" + d.ref("100000001")))
	if after != before {
		t.Errorf("the worklist says %q, before the correction %q", after, before)
	}
}

// At a hospital that sends nothing a correction of an earlier period leaves the
// wait open, its ready date and its place as they were (C17).
func TestC17CorrectAnEarlierPeriod(t *testing.T) {
	d := newDesk(t)
	asked := d.send("coordinator", "/delays/new?provider=RXA", "/delays/new", with(map[string]string{"number": "h 123 456", "ward": "4B",
		"bed": "4B-01", "council": "E10000099",
		"care": "acute", "ready": "other", "reason": "A", "destination": "1", "because": "Paper lists"}, date("admitted", "2026-10-01"),
		date("other", "2026-10-30")))
	d.follow("coordinator", asked)
	at := "/delays/" + d.ref("H123456")
	d.now = d.now.Add(72 * time.Hour)
	if _, err := d.keepLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.follow("coordinator", d.send("coordinator", at+"/reason", at+"/reason", with(map[string]string{"what": "changed", "reason": "E",
		"body": "social-care"}, date("from", "2026-11-05"))))
	d.now = d.now.Add(24 * time.Hour)
	if _, err := d.keepLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.follow("coordinator", d.send("coordinator", at+"/reason?period=2026-10-31", at+"/reason",
		map[string]string{"reason": "F", "body": "nhs", "because": "It was equipment"}))
	d.verify()
	if got := fmt.Sprint(d.days(measure.ByReason)); got != "map[E:4 F:5]" {
		t.Errorf("got %s, want F from 31 October to 4 November and E since", got)
	}
	r := d.get("coordinator", at)
	r.has(t, "Bed 4B-01")
	r.has(t, "30 October 2026")
	d.get("coordinator", at+"/periods/2").has(t, "Unverified")
}
