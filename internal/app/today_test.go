package app

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
)

// Uncertain ready dates are counted apart on the worklist, and can be listed
// alone.
func TestTodayUncertainDates(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	if got := words(d.get("coordinator", "/today").Find(".app-cards")); got !=
		"0 Not checked in 24 hours 4 Ready, not logged 0 Waiting 21 days or more 0 Actions due today" {
		t.Errorf("the counts are %q", got)
	}
	ref := d.ref("100000002")
	d.follow("coordinator", d.send("coordinator", "/delays/new?ref="+ref, "/delays/new",
		map[string]string{"reason": "E", "destination": "1", "uncertain": "yes"}))
	d.log("100000001", "E")
	r := d.get("coordinator", "/today")
	href, _ := r.Find(`.app-cards__link:contains("Uncertain ready date")`).Attr("href")
	if got := words(r.Find(`.app-cards__link:contains("Uncertain")`)); got != "1 Uncertain ready date" {
		t.Fatalf("the card says %q", got)
	}
	r = d.get("coordinator", href)
	if r.Find(".app-round__row").Length() != 1 || r.Find("#row-"+ref).Length() != 1 {
		t.Errorf("listed are %s", words(r.Find(".app-round__rows")))
	}
	d.get("coordinator", "/delays/"+ref).has(t, "Uncertain date")
	// Ready on 28 October and known since 31 October: counted to 3 November.
	d.get("coordinator", "/days?from=2026-10-01&to=2026-11-03").has(t, "Of these, 4 days rest on an uncertain ready date.")
	d.get("council reviewer", "/days?from=2026-11-02&to=2026-11-03").has(t, "Of these, 2 days rest on an uncertain ready date.")
	if r := d.ask("coordinator", "GET", "/today?uncertain=perhaps", nil); r.status != 400 {
		t.Errorf("another value is answered with %d", r.status)
	}
}

// The print has a page for each ward, in walking order, with room for notes in
// place of the buttons.
func TestTodayPrint(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.log("100000001", "E")
	r := d.get("coordinator", "/today?view=print")
	var sheets []string
	r.Find(".app-sheet").Each(func(_ int, s *goquery.Selection) {
		sheets = append(sheets, words(s.Find("h2")))
		if head := words(s.Find(".app-sheet__head")); head != "Confidential: patient information. Northgate General, ward "+
			words(s.Find("h2"))[5:]+", 4 November 2026. Data as at 3 November 2026" {
			t.Errorf("the head is %q", head)
		}
		if s.Find("tbody tr").Length() != 2 || s.Find("button, form, input").Length() != 0 {
			t.Errorf("%s", words(s))
		}
		if got := words(s.Find("thead th").Last()); got != "Notes" {
			t.Errorf("the last column is %q", got)
		}
	})
	if len(sheets) != 2 || sheets[0] != "Ward 4B" || sheets[1] != "Ward 5A" {
		t.Errorf("the sheets are %q", sheets)
	}
	r.has(t, "Not logged yet")
	if d.get("coordinator", "/today").Find(`a[href="/today?view=print"]`).Length() != 1 {
		t.Error("the worklist does not lead to its print")
	}
	if d.get("coordinator", "/today?ward=5A&view=print").Find(".app-sheet").Length() != 1 {
		t.Error("the print does not keep the filters")
	}
}

// The round: one list in the order of the beds, logged and not logged together,
// with how far it has come; a check stays in place and leads to the next row
// whatever its state, with the ward and the filters as they were.
func TestTodayIsARound(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.log("100000001", "E")
	first, second := d.ref("100000001"), d.ref("100000002")
	d.now = d.now.Add(26 * time.Hour)
	r := d.get("coordinator", "/today?ward=4B")
	if got := words(r.Find(".app-round__done")); got != "0 of 2 done · 1 not logged · 1 to check" {
		t.Errorf("the round stands at %q", got)
	}
	if rows := r.Find(".app-round__row"); rows.Length() != 2 || rows.First().AttrOr("id", "") != "row-"+first {
		t.Errorf("the rows are %s", words(rows))
	}
	if next, _ := r.Find("[autofocus]").Attr("id"); next != "row-"+first {
		t.Errorf("the row in focus is %q", next)
	}
	saved := d.send("coordinator", "/today?ward=4B&sort=ward", "/today/check", map[string]string{"one": first})
	if !strings.HasPrefix(saved.where, "/today?") || !strings.HasSuffix(saved.where, "&sort=ward&ward=4B#row-"+second) {
		t.Errorf("a check leads to %q, not to the next row, who is not logged", saved.where)
	}
	r = d.follow("coordinator", saved)
	if got := words(r.Find("#row-" + first + " .app-round__ok")); got != "✓ checked 11:12am · Undo" {
		t.Errorf("the row says %q", got)
	}
	if got := words(r.Find(".app-round__done")); got != "1 of 2 done · 1 not logged" {
		t.Errorf("the round stands at %q", got)
	}
	t.Run("the way back and the next save lead to the same list", func(t *testing.T) {
		d.get("coordinator", "/today?sort=ready&ward=4B")
		back := d.get("coordinator", "/delays/"+second).Find(".nhsuk-back-link").AttrOr("href", "")
		if back != "/today?sort=ready&ward=4B#row-"+second {
			t.Errorf("back leads to %q", back)
		}
		form := "/delays/new?ref=" + second
		if back := d.get("coordinator", form).Find("a:contains('Back')").AttrOr("href", ""); back != "/today?sort=ready&ward=4B#row-"+second {
			t.Errorf("back from the form leads to %q", back)
		}
		saved := d.send("coordinator", form, "/delays/new", map[string]string{"reason": "E", "destination": "1"})
		if !strings.Contains(saved.where, "sort=ready&ward=4B#row-"+second) { // The last of the list.
			t.Errorf("a save leads to %q", saved.where)
		}
	})
	t.Run("a council's reader is not led to a page that is refused", func(t *testing.T) {
		at := d.get("council reviewer", "/delays/"+first).Find(".nhsuk-back-link").AttrOr("href", "")
		if at != "/agreement" || d.ask("council reviewer", "GET", at, nil).status != 200 {
			t.Errorf("back leads to %q", at)
		}
	})
	d.verify()
}

// The page of a resumption never begins with a date that it would refuse.
func TestResumeDateIsNotRefused(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.log("100000001", "E")
	at := "/delays/" + d.ref("100000001")
	d.follow("coordinator", d.send("coordinator", at+"/pause", at+"/pause", map[string]string{"why": "hospital"}))
	if v := d.get("coordinator", at+"/resume").Find("#date-day").AttrOr("value", ""); v != "" {
		t.Errorf("on the day of the pause the date is %q, which is refused", v)
	}
	d.now = d.now.Add(24 * time.Hour)
	d.follow("coordinator", d.send("coordinator", at+"/resume", at+"/resume", nil))
	d.verify()
}

// The tags of a record say of its days what the table of its periods says: one
// agreed period does not make the others agreed (G1).
func TestRecordTagsSayWhatItsPeriodsSay(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	at := "/delays/" + d.ref("100000002")
	tags := func() string {
		t.Helper()
		r := d.get("coordinator", at)
		held := map[string]int{}
		r.Find("#periods tbody tr").Each(func(_ int, row *goquery.Selection) {
			n, err := strconv.Atoi(words(row.Find("td").Eq(3)))
			if err != nil {
				t.Fatalf("a period has %q days", words(row.Find("td").Eq(3)))
			}
			held[words(row.Find("td").Eq(4))] += n
		})
		var said []string
		r.Find("h1 .nhsuk-tag").Each(func(_ int, tag *goquery.Selection) {
			state, n, parts := strings.Cut(words(tag), ": ")
			if _, known := held[state]; !known {
				t.Errorf("the tag says %q, the periods are %v", words(tag), held)
			}
			if parts && n != strconv.Itoa(held[state])+" days" {
				t.Errorf("the tag says %q, the periods are %v", words(tag), held)
			}
			said = append(said, words(tag))
			delete(held, state)
		})
		if len(held) > 0 {
			t.Errorf("no tag speaks of %v", held)
		}
		return strings.Join(said, ", ")
	}
	if got := tags(); got != "Proposed" {
		t.Errorf("G1 before an answer the record says %q", got)
	}
	d.agreeSome()
	if got := tags(); got != "Agreed" {
		t.Errorf("G1 after both have said so the record says %q", got)
	}
	d.now = d.now.Add(3 * 24 * time.Hour)
	for _, day := range []string{"2026-11-04", "2026-11-05"} {
		d.extract(day, listed{"100000002", "2026-10-28", "E", delay.SocialCare, "4B", "4B-14"})
	}
	d.verify()
	if got := tags(); !strings.HasPrefix(got, "Agreed: ") || !strings.Contains(got, ", Proposed: ") {
		t.Errorf("G1 with a new reason that nobody has answered the record says %q", got)
	}
}

// Someone who is not on the list is logged from a page that begins without an
// error and with nothing filled in.
func TestLogSomeoneNotListedBeginsWithoutAnError(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	for _, list := range []string{"/today", "/today?ward=4B", "/today?ward=4B&sort=ready"} {
		link := d.get("coordinator", list).Find(`a:contains("not listed")`)
		to, _, _ := strings.Cut(link.AttrOr("href", "/there-is-no-link"), "#")
		r := d.get("coordinator", to)
		if words(r.Find("h1")) != "Northgate General Log a delay for someone who is not listed" {
			t.Errorf("from %s: the heading is %q", list, words(r.Find("h1")))
		}
		if n := r.Find(".nhsuk-error-summary, .nhsuk-error-message, [aria-invalid]").Length(); n != 0 ||
			strings.HasPrefix(words(r.Find("title")), "Error") {
			t.Errorf("from %s: the page begins with %d errors: %s", list, n, words(r.Find(".nhsuk-error-summary")))
		}
	}
	d.verify()
}

// A check that was made without a network is saved once, with when it was made
// beside when it was recorded, and refused when it is too old or of a time to come.
func TestCheckSentLater(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.log("100000001", "E")
	ref := d.ref("100000001")
	d.now = d.now.Add(26 * time.Hour)
	send := func(key string, at time.Time) reply {
		return d.send("coordinator", "/today?ward=4B", "/today/check", map[string]string{"one": ref, "key": key,
			"at": at.UTC().Format(time.RFC3339)})
	}
	const key = "abcdefghijklmnopq"
	for range 2 { // The answer to the first was lost.
		r := d.follow("coordinator", send(key, d.now.Add(-2*time.Hour)))
		r.has(t, "Bed 4B-12 checked at 9:12am, recorded at 11:12am.")
		if got := words(r.Find("#row-" + ref + " .app-round__ok")); got != "✓ checked 9:12am · Undo" {
			t.Errorf("the row says %q", got)
		}
	}
	r := d.get("coordinator", "/delays/"+ref)
	if n := strings.Count(r.body, "by the clock of the phone, recorded at"); n != 1 {
		t.Errorf("the history has %d checks, want one", n)
	}
	// One that comes after a later one does not turn the list back.
	r = d.follow("coordinator", send("acheckthatcomeslate", d.now.Add(-4*time.Hour)))
	if got := words(r.Find("#row-" + ref + " .app-round__ok")); got != "✓ checked 9:12am · Undo" {
		t.Errorf("after an earlier check the row says %q", got)
	}
	if r := send("anotherkeyofsixteen", d.now.Add(-13*time.Hour)); r.status != 400 {
		t.Errorf("a check of 13 hours ago: %d", r.status)
	} else {
		r.has(t, "more than 12 hours ago. Nothing has been saved.")
	}
	if r := send("anotherkeyofseventeen", d.now.Add(time.Hour)); r.status != 400 {
		t.Errorf("a check of an hour to come: %d", r.status)
	} else {
		r.has(t, "The clock of this phone says")
	}
	if r := send("short", d.now); r.status != 400 {
		t.Errorf("a key that is none: %d", r.status)
	}
	d.log("100000002", "E")
	other := d.send("coordinator", "/today?ward=4B", "/today/check", map[string]string{"one": d.ref("100000002"), "key": key,
		"at": d.now.UTC().Format(time.RFC3339)})
	if other.status != 409 {
		t.Errorf("the key of another person's check: %d", other.status)
	}
	d.verify()
}
