package app

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
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
	if r.Find(".app-worklist tbody tr").Length() != 1 || r.Find("#row-"+ref).Length() != 1 {
		t.Errorf("listed are %s", words(r.Find(".app-worklist tbody")))
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
			words(s.Find("h2"))[5:]+", 4 November 2026" {
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
