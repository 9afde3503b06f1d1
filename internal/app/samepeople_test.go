package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/attribution"
	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// twoNumbers is a row with an NHS number and a hospital number.
type twoNumbers struct{ nhs, local, ward string }

func (d *desk) refOf(provider, nhs string) string {
	return d.Key.Reference(provider, d.Key.Hash(identity.Patient{Provider: provider, NHSNumber: nhs}))
}

// takeNumbers takes in a provider's extract of one day whose rows have both
// numbers.
func (d *desk) takeNumbers(provider, day string, rows ...twoNumbers) {
	d.t.Helper()
	file := ingest.File{Name: provider + day + ".csv", SHA256: [32]byte([]byte(fmt.Sprintf("%-32s", provider+day)))}
	b := &ingest.Batch{Provider: provider, File: file,
		Extracts: []ingest.Extract{{Date: delay.MustDay(day), Read: len(rows), Kept: len(rows)}}}
	for i, r := range rows {
		g := attribution.Given{Reason: "E", Care: delay.Acute, Council: "E10000099", Stated: delay.SocialCare,
			Words: attribution.Words{Reason: "E", Responsible: "social care"}}
		h := d.Key.Hash(identity.Patient{Provider: provider, NHSNumber: r.nhs})
		b.Patients = append(b.Patients, ingest.Patient{Hash: h, Reference: d.Key.Reference(provider, h),
			NHSNumber: d.Key.Seal(r.nhs), LocalID: d.Key.Seal(r.local), ByNHSNumber: true})
		b.Locals = append(b.Locals, ingest.Local{Hash: d.Key.Hash(identity.Patient{Provider: provider, LocalID: r.local})})
		b.Givens = []ingest.Given{{Given: g, Outcome: d.Rules.Attribute(g, delay.MustDay(day))}}
		b.Places = append(b.Places, ingest.Place{Ward: r.ward, Bed: "B1"})
		n := int32(i)
		b.Statements = append(b.Statements, ingest.Statement{Patient: n, Place: n, Ready: delay.MustDay("2026-10-28"), Local: n + 1})
		b.Extracts[0].Listings = append(b.Extracts[0].Listings, ingest.Listing{Line: n + 2, Statement: n})
	}
	receipt := func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }
	if err := d.App.madeUp(delay.MustDay(day).Time().Add(30*time.Hour)).Take(d.t.Context(), b, receipt); err != nil {
		d.t.Fatal(err)
	}
}

// addPeople has more people sign in at the desk.
func (d *desk) addPeople(name string, role people.Role, codes ...string) {
	d.t.Helper()
	grant, err := people.NewGrant(role, codes, d.SignIn.Organisations())
	if err != nil {
		d.t.Fatal(err)
	}
	who := people.Person{Email: strings.ReplaceAll(name, " ", ".") + "@northshire.example", Name: name, Grants: []people.Grant{grant}}
	id, err := d.Store.AddPerson(d.t.Context(), people.Actor{Kind: people.Machine}, who)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.people[name], err = d.Store.Person(d.t.Context(), id); err != nil {
		d.t.Fatal(err)
	}
}

func TestSamePersonOrNot(t *testing.T) {
	t.Parallel()
	const page = "/data-quality/people"
	const mistyped, right, moved = "9990000018", "9990000026", "9434765919"
	d := newDesk(t)
	d.addPeople("analyst", people.Analyst)
	d.addPeople("other coordinator", people.Coordinator, "RXB")
	d.addPeople("viewer", people.Viewer)
	// One hospital number with two NHS numbers (I4), and somebody whom both
	// hospitals list from 1 November on (C19).
	d.takeNumbers("RXA", "2026-10-30", twoNumbers{mistyped, "L1", "WARDONE"}, twoNumbers{moved, "L2", "WARDTWO"})
	d.takeNumbers("RXA", "2026-10-31", twoNumbers{right, "L1", "WARDONE"}, twoNumbers{moved, "L2", "WARDTWO"})
	d.takeNumbers("RXA", "2026-11-01", twoNumbers{right, "L1", "WARDONE"}, twoNumbers{moved, "L2", "WARDTWO"})
	d.takeNumbers("RXB", "2026-11-01", twoNumbers{moved, "M9", "WARDFAR"})
	d.takeNumbers("RXA", "2026-11-02", twoNumbers{right, "L1", "WARDONE"}, twoNumbers{moved, "L2", "WARDTWO"})
	d.takeNumbers("RXB", "2026-11-02", twoNumbers{moved, "M9", "WARDFAR"})
	one, two := d.refOf("RXA", mistyped), d.refOf("RXA", right)
	here, there := d.refOf("RXA", moved), d.refOf("RXB", moved)
	pair := func(who string, a, b string) reply {
		t.Helper()
		r := d.get(who, page)
		for _, id := range []string{"#pair-" + a + "-" + b, "#pair-" + b + "-" + a} {
			if found := r.Find(id); found.Length() == 1 {
				r.Selection = found
				return r
			}
		}
		t.Fatalf("%s sees no pair %s and %s:\n%s", who, a, b, words(r.Find("main")))
		return r
	}
	form := func(answer, why, a, b string) url.Values {
		return url.Values{"one": {a}, "other": {b}, "answer": {answer}, "why": {why}}
	}
	say := func(who, answer, why, a, b string) reply {
		t.Helper()
		r := d.get(who, page)
		f := form(answer, why, a, b)
		token, _ := r.Find(`input[name="form_token"]`).First().Attr("value")
		f.Set("form_token", token)
		return d.ask(who, http.MethodPost, page, f)
	}

	t.Run("I4 and C19 stand side by side, each once", func(t *testing.T) {
		for who, a := range map[string][2]string{"coordinator": {one, two}, "analyst": {one, two}} {
			r := pair(who, a[0], a[1])
			if n := r.Find(".app-sides .app-side").Length(); n != 2 {
				t.Errorf("%s sees %d sides", who, n)
			}
		}
		r := pair("coordinator", here, there)
		for _, want := range []string{"WARDTWO, bed B1", "28 October 2026", "Social care", "Since 1 November 2026"} {
			if got := words(r.Selection); !strings.Contains(got, want) {
				t.Errorf("the coordinator's side lacks %q: %q", want, got)
			}
		}
	})
	t.Run("P1 a side elsewhere is a reference, and an analyst sees references alone", func(t *testing.T) {
		for who, secrets := range map[string][]string{"coordinator": {"WARDFAR"}, "other coordinator": {"WARDTWO", "WARDONE", one, two},
			"analyst": {"WARDONE", "WARDTWO", "WARDFAR"}} {
			for _, ext := range []string{"", ".csv", ".json"} {
				body := d.get(who, page+ext).body
				for _, secret := range append(secrets, mistyped, right, moved) {
					if strings.Contains(body, secret) {
						t.Errorf("%s reads %s on %s", who, secret, page+ext)
					}
				}
				if !strings.Contains(body, here) || !strings.Contains(body, there) {
					t.Errorf("%s does not see the transfer on %s", who, page+ext)
				}
			}
		}
		if r := d.ask("viewer", http.MethodGet, page, nil); r.status != http.StatusForbidden {
			t.Errorf("a viewer: %d", r.status)
		}
		if r := say("other coordinator", "same", "I say so", one, two); r.status != http.StatusNotFound {
			t.Errorf("another hospital's coordinator: %d", r.status)
		}
	})
	t.Run("every field has its label and every identifier is one", func(t *testing.T) {
		r := d.get("coordinator", page)
		ids := map[string]bool{}
		r.Find("[id]").Each(func(_ int, e *goquery.Selection) {
			id, _ := e.Attr("id")
			if ids[id] {
				t.Errorf("%s stands twice", id)
			}
			ids[id] = true
		})
		r.Find("main textarea").Each(func(_ int, e *goquery.Selection) {
			if id, _ := e.Attr("id"); r.Find(`label[for="`+id+`"]`).Length() != 1 {
				t.Errorf("%s has no label", id)
			}
			for id := range strings.FieldsSeq(e.AttrOr("aria-describedby", "")) {
				if !ids[id] {
					t.Errorf("%s describes a field and is not there", id)
				}
			}
		})
		if n := r.Find("main h1").
			Length(); n != 1 || r.Find("main form textarea").Length() != 2 ||
			r.Find("main [style], main script").Length() != 0 {
			t.Errorf("%d headings: %s", n, words(r.Find("main")))
		}
	})
	t.Run("the ways there", func(t *testing.T) {
		for who, want := range map[string]int{"coordinator": 1, "analyst": 1, "viewer": 0} {
			if n := d.get(who, "/extracts").Find(`main a[href="` + page + `"]`).Length(); n != want {
				t.Errorf("%s on the extracts: %d", who, n)
			}
		}
		if n := d.get("coordinator", "/delays/"+here).Find(`main a[href="` + page + `"]`).Length(); n != 1 {
			t.Errorf("on the record with the finding: %d", n)
		}
	})
	for name, c := range map[string]struct{ answer, why, want string }{
		"no reason":     {"same", "  ", "Enter how you know"},
		"a long reason": {"same", strings.Repeat("x", 201), "How you know must be 200 characters or less"},
		"a number":      {"same", "was 999 000 0018", "Remove the NHS number. Do not type numbers that identify a person here."},
		"no answer":     {"", "The ward said so", "Select same person, not the same or take back"},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			r := say("coordinator", c.answer, c.why, one, two)
			if got := words(r.Find(".nhsuk-error-summary__list")); r.status != http.StatusUnprocessableEntity || got != c.want {
				t.Errorf("%d %q", r.status, got)
			}
		})
	}
	records := func() string {
		list := map[string]int{}
		for _, ref := range []string{one, two, here, there} {
			for _, who := range []string{"coordinator", "other coordinator"} {
				c, err := d.Store.Case(t.Context(), d.people[who].Grants[0].Scope(), ref)
				if err != nil {
					continue
				}
				for _, w := range c.Delays {
					list[ref+" as "+c.Reference+" "+w.Ready.String()] += w.Days()
				}
			}
		}
		return fmt.Sprint(list, d.days(measure.ByProvider))
	}
	before := records()
	sides := map[string][2]string{"coordinator": {one, two}, "analyst": {here, there}}
	for who, answer := range map[string]string{"coordinator": "same", "analyst": "not-same"} {
		t.Run("I6 "+who+" says "+answer+" and takes it back", func(t *testing.T) {
			a := sides[who]
			d.now = d.now.Add(time.Minute)
			if r := say(who, answer, "The ward said so", a[0], a[1]); r.status != http.StatusSeeOther || r.where != page {
				t.Fatalf("%d %s %s", r.status, r.where, words(r.Find("main")))
			}
			after := records()
			if after == before {
				t.Errorf("deciding changed nothing: %s", after)
			}
			if who == "coordinator" {
				c, err := d.Store.Case(t.Context(), d.people[who].Grants[0].Scope(), two)
				if err != nil || c.Reference != one || len(c.Delays) != 1 {
					t.Errorf("I6: %s leads to %+v, %v", two, c, err)
				}
			}
			if got := words(pair(who, a[0], a[1]).Selection); !strings.Contains(got, "The ward said so") || !strings.Contains(got, "Take back") {
				t.Errorf("the pair says %q", got)
			}
			if r := say(who, answer, "Again", a[0], a[1]); r.status != http.StatusConflict {
				t.Errorf("said again: %d", r.status)
			}
			d.now = d.now.Add(time.Minute)
			if r := say(who, "take-back", "It was another ward", a[0], a[1]); r.status != http.StatusSeeOther {
				t.Fatalf("%d %s", r.status, words(r.Find("main")))
			}
			if got := records(); got != before {
				t.Errorf("taken back: %s, want %s", got, before)
			}
			got := words(pair(who, a[0], a[1]).Selection)
			if !strings.Contains(got, "Taken back at") || !strings.Contains(got, "It was another ward") {
				t.Errorf("the pair says %q", got)
			}
			d.verify()
		})
	}
	t.Run("I4 a pair that is not the same stands once, where it stood", func(t *testing.T) {
		for _, answer := range []string{"not-same", "take-back"} {
			d.now = d.now.Add(time.Minute)
			if r := say("coordinator", answer, "Two beds", one, two); r.status != http.StatusSeeOther {
				t.Fatalf("%d %s", r.status, words(r.Find("main")))
			}
			pair("coordinator", one, two)
			if got := records(); got != before {
				t.Errorf("%s: %s, want %s", answer, got, before)
			}
		}
	})
	t.Run("each word is in the audit log", func(t *testing.T) {
		entries, err := d.Store.AuditEvents(t.Context(), audit.Filter{What: audit.PersonJudged})
		if err != nil || len(entries) != 6 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
}
