package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
)

// Those who were checked at one press are saved at once, and one Undo takes all
// of it back; what cannot be saved of one is saved of none (J1).
func TestJ1StillWaitingForAllSelected(t *testing.T) {
	d := newDesk(t)
	var refs []string
	rows := []listed{}
	for i, n := range []string{"100000001", "100000002", "100000003", "100000004"} {
		rows = append(rows, listed{number: n, ward: "4B", bed: "4B-" + n[7:], reason: []delay.Reason{"E", "A", "F", "Di"}[i],
			stated: delay.SocialCare, ready: "2026-10-20"})
		refs = append(refs, d.ref(n))
	}
	d.extract("2026-11-03", rows...)
	for _, ref := range refs[:3] {
		d.follow("coordinator", d.send("coordinator", "/delays/new?ref="+ref, "/delays/new",
			map[string]string{"reason": "E", "destination": "1", "body": "social-care"}))
	}
	d.now = d.now.Add(26 * time.Hour)
	stale := func(want int) {
		t.Helper()
		if got := strings.Count(d.get("coordinator", "/today").body, "Not checked since 4 November 2026"); got != want {
			t.Errorf("%d people are not checked since yesterday, want %d", got, want)
		}
	}
	stale(3)
	// The fourth is not logged, so nobody is checked.
	r := d.ask("coordinator", http.MethodPost, "/today/check", url.Values{"checked": refs})
	if r.status != http.StatusConflict {
		t.Errorf("with one who is not logged: %d", r.status)
	}
	r.has(t, refs[3]+": This delay is not logged yet. Log it first. Nothing has been saved.")
	stale(3)

	again := append(refs[:3:3], refs[0]) // A browser may send one twice.
	page := d.follow("coordinator", d.ask("coordinator", http.MethodPost, "/today/check", url.Values{"checked": again}))
	page.has(t, "3 people checked at 11:12am. Undo takes back all of them.")
	stale(0)
	undone := d.follow("coordinator", d.submit("coordinator", page, "/delays/"+refs[2]+"/undo", nil))
	undone.has(t, "Undone for 3 people.")
	stale(3)

	page = d.follow("coordinator", d.ask("coordinator", http.MethodPost, "/today/check", url.Values{"checked": refs[:3]}))
	// Something else is saved about one of them, so none is taken back.
	d.now = d.now.Add(time.Minute)
	d.follow("coordinator", d.ask("coordinator", http.MethodPost, "/today/check", url.Values{"one": {refs[1]}}))
	r = d.submit("coordinator", page, "/delays/"+refs[2]+"/undo", nil)
	if r.status != http.StatusConflict {
		t.Errorf("undone over a later entry: %d", r.status)
	}
	r.has(t, refs[1]+": Something else was saved after this. Undo that first, or correct it. Nothing has been undone.")
	stale(0)
	d.verify()
}
