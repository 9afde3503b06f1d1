package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// dispute posts one of the forms on the page of a dispute.
func (d *desk) dispute(who, page string, fields map[string]string) reply {
	d.t.Helper()
	r := d.get(who, page)
	form := url.Values{"version": {r.values("version")[0]}}
	for name, value := range fields {
		form.Set(name, value)
	}
	return d.ask(who, http.MethodPost, page, form)
}

// G5 as two bodies and their chair live it.
func TestJourneyDecidedNotAgreed(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	first := delay.MustDay("2026-10-31")
	id := func(number string, day delay.Day) string { return casework.SegmentID(d.ref(number), day) }
	whole := "/agreement/" + id("100000001", first)
	t.Run("G5 a part of a period is disputed, and the reader stands on the dispute", func(t *testing.T) {
		fill := map[string]string{"answer": "dispute", "body": "nhs", "checks": "date", "words": "The home was ready on the 1st."}
		bad := d.send("council reviewer", whole, whole, with(fill, date("from", "2026-10-30"), date("to", "2026-11-02")))
		bad.has(t, "First day must be from 31 October 2026 to 3 November 2026, the days of this period")
		bad = d.send("council reviewer", whole, whole, with(fill, date("from", "2026-11-02"), date("to", "2026-11-01")))
		bad.has(t, "Last day must be on or after the first day, 2 November 2026")
		r := d.send("council reviewer", whole, whole, with(fill, date("from", "2026-11-01"), date("to", "2026-11-02")))
		if !strings.HasPrefix(r.where, "/disputes/"+id("100000001", first+1)) {
			t.Errorf("the reader stands on %q", r.where)
		}
		d.follow("council reviewer", r).has(t, "Disputed: 2 days. Northgate General replies by 5pm on Friday 6 November 2026.")
		if got := d.days(measure.ByState); got["disputed"] != 2 || got["proposed"] != 14 {
			t.Errorf("got %v, want 2 days disputed of 16 (C3)", got)
		}
		d.verify()
	})
	page := "/disputes/" + id("100000001", first+1)
	t.Run("G5 every argument stays readable, first to last", func(t *testing.T) {
		d.follow("nhs director", d.dispute("nhs director", page, map[string]string{"answer": "escalate",
			"escalate-words": "The home says otherwise."}))
		d.follow("council director", d.dispute("council director", page, map[string]string{"answer": "escalate",
			"escalate-words": "Two calls led nowhere."}))
		d.follow("council reviewer", d.dispute("council reviewer", page, map[string]string{"answer": "reply",
			"reply-words": "The letter is in the file."}))
		views := d.get("council director", page).Find(".app-sides").Text()
		at := -1
		for _, argument := range []string{"The home says otherwise.", "The home was ready on the 1st.", "Two calls led nowhere.",
			"The letter is in the file."} {
			next := strings.Index(views, argument)
			if next < 0 {
				t.Errorf("%q is not in both views", argument)
			}
			if argument != "The home was ready on the 1st." && argument != "The home says otherwise." && next < at {
				t.Errorf("%q stands before what was said earlier", argument)
			}
			at = next
		}
	})
	t.Run("G5 a party decides its own dispute, and it is not agreed", func(t *testing.T) {
		r := d.dispute("council director", page, map[string]string{"answer": "decide", "body": "nhs", "decide-words": "The home was ready."})
		d.follow("council director", r).has(t, "Decided, not agreed: 2 days, NHS. Northgate General confirms it by 5pm on Wednesday 11 "+
			"November 2026.")
		if got := d.days(measure.ByState); got["decided, not agreed"] != 2 || got["agreed"] != 0 {
			t.Errorf("got %v", got)
		}
		if got := d.days(measure.ByResponsible); got["NHS"] != 2 {
			t.Errorf("the days do not carry the decided body: %v", got)
		}
		again := d.dispute("council director", page, map[string]string{"answer": "agree"})
		again.has(t, "Your own organisation has decided this. The other body confirms it, or the named chair makes it.")
		if got := d.days(measure.ByState); got["agreed"] != 0 {
			t.Errorf("the party confirmed its own decision: %v", got)
		}
		d.get("nhs reviewer", "/agreement").has(t, "Decided, not agreed")
		d.get("nhs reviewer", "/agreement?which=disputed").has(t, "Open decision")
		d.get("nhs director", "/days?state=decided-not-agreed&from=2026-11-01&to=2026-11-04").has(t, "2 delayed days")
		for _, twin := range []string{"/agreement.csv?which=disputed", "/agreement.json?which=disputed"} {
			if r := d.ask("nhs director", http.MethodGet, twin, nil); !strings.Contains(r.body, "decided, not agreed") {
				t.Errorf("%s does not say how the days stand: %s", twin, r.body)
			}
		}
		d.verify()
	})
	t.Run("G5 the chair answers for neither, and makes it", func(t *testing.T) {
		r := d.get("chair", page)
		r.has(t, "You decide as the named chair. The days are agreed at once, and only you decide them anew.")
		if r.Find(`input[name="answer"][value="agree"], input[name="answer"][value="escalate"]`).Length() != 0 {
			t.Error("the chair is asked to answer for a body")
		}
		d.dispute("chair", page, map[string]string{"answer": "agree"}).has(t, "You are the named chair, who answers for neither body.")
		made := d.dispute("chair", page, map[string]string{"answer": "decide", "body": "nhs", "decide-words": "The home was ready on the 1st."})
		said := d.follow("chair", made)
		said.has(t, "Settled: 2 days, NHS, agreed.")
		said.has(t, "No other day of this wait is agreed by both yet. Decided by the named chair: 1 to 2 November 2026 NHS (2 days).")
		said.has(t, "Chair")
		if got := d.days(measure.ByState); got["agreed"] != 2 || got["decided, not agreed"] != 0 {
			t.Errorf("got %v", got)
		}
		d.overrule("council director", page)
		d.verify()
	})
}

// overrule tries to decide what the chair has decided.
func (d *desk) overrule(who, page string) {
	d.t.Helper()
	form := url.Values{"answer": {"decide"}, "body": {"social-care"}, "decide-words": {"No."}}
	d.ask(who, http.MethodPost, page, form).has(d.t, "The named chair has decided this. Only the chair decides it anew")
}
