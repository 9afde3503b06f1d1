package web

import (
	"net/http"
	"strconv"
	"testing"

	"homeward/internal/audit"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// The parts of the definitions are closed until they are asked for; what other pages
// lead to is inside one, and paper has all of them open.
func TestDefinitionsAreInParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := s.get(t, "/definitions")
	if n := doc.Find("details.app-part").Length(); n < 10 || doc.Find("details.app-part[open]").Length() != 0 {
		t.Errorf("%d parts, %d of them open", n, doc.Find("details.app-part[open]").Length())
	}
	for _, id := range []string{"measures", "levels", "counting", "worked", "attribution", "reasons", "pathways", "conventions", "codesets",
		"rulesets", "changes", "open", "spc", "C5", "A5"} {
		at := doc.Find("details.app-part #" + id)
		if at.Length() != 1 {
			t.Errorf("#%s is in %d parts", id, at.Length())
		}
		if at.Is("summary, details") {
			t.Errorf("#%s opens nothing: only what is inside a part opens it", id)
		}
	}
	paper := s.get(t, "/definitions?view=print")
	if all, open := paper.Find("details.app-part").Length(), paper.Find("details.app-part[open]").Length(); all != open {
		t.Errorf("%d of %d parts are open on paper", open, all)
	}
}

// The audit log has so many entries on a page as a phone can show, each once, and
// says nothing of what an entry has not.
func TestAuditLogIsInPages(t *testing.T) {
	t.Parallel()
	s := ownSite(t)
	for i := range 2*auditOnPage + 3 {
		e := audit.Entry{Who: "a@northshire.example", What: audit.SignedIn, Record: "a@northshire.example"}
		if i%2 == 0 {
			e = audit.Entry{Who: "a@northshire.example", As: "Administrator", What: audit.SettingChanged, Record: "partnership file",
				Before: "one", After: "two", From: "10.0.0.1"}
		}
		if err := s.office.store.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	target := "/admin/audit"
	pages := 0
	for ; target != "" && pages < 50; pages++ {
		doc := parse(t, s.ask(http.MethodGet, target, nil, wordAs, string(people.Administrator)))
		rows := doc.Find("#audit tbody tr")
		if n := rows.Length(); n == 0 || n > auditOnPage {
			t.Errorf("%d entries on a page", n)
		}
		for i := range rows.Length() {
			number := words(rows.Eq(i).Find("th"))
			if seen[number] {
				t.Errorf("entry %s stands twice", number)
			}
			seen[number] = true
		}
		if newest := doc.Find(`main a:contains("Newest entries")`).Length(); (newest == 1) != (pages > 0) {
			t.Errorf("page %d has %d links to the newest", pages+1, newest)
		}
		target = doc.Find(`main a:contains("Older entries")`).AttrOr("href", "")
	}
	if pages < 3 || len(seen) != len(s.audited(t)) {
		t.Errorf("%d pages with %d of %d entries", pages, len(seen), len(s.audited(t)))
	}
}

// A phone shows a hospital's newest days and those to look at; the others are folded
// and none is lost.
func TestArrivalsOnAPhone(t *testing.T) {
	t.Parallel()
	var l providerList
	words := []string{string(measure.NotDue), string(measure.In), string(measure.In), string(measure.In), string(measure.Missing),
		string(measure.In) + ", corrected", string(measure.Late), string(measure.NotDue)}
	for i, w := range words {
		l.Items = append(l.Items, listItem{Day: strconv.Itoa(i), Words: w})
	}
	got := l.fold()
	shown, folded := "", ""
	for _, item := range got.Items {
		shown += item.Day
	}
	for _, item := range got.FoldedDays {
		folded += item.Day
	}
	if shown != "012456" || folded != "37" || got.Folded != "2 other days: in, or not due" {
		t.Errorf("shown %s, folded %s as %q", shown, folded, got.Folded)
	}
	late := providerList{}
	for i := range lateShown + newestShown + 1 {
		late.Items = append(late.Items, listItem{Day: strconv.Itoa(i), Words: string(measure.Late)})
	}
	if got := late.fold(); len(got.Items) != newestShown || got.Folded != "6 other days: in, late or not due" {
		t.Errorf("%d days that are late, then %q", len(got.Items), got.Folded)
	}
	if none := (providerList{Items: l.Items[:2]}).fold(); none.Folded != "" || len(none.Items) != 2 {
		t.Errorf("two days are folded as %q", none.Folded)
	}
}
