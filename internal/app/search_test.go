package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeward/internal/audit"
	"homeward/internal/delay"
)

// The header's search: one match opens the record, several are listed, none
// says so; a number is looked for within the reader's scope only and stands in
// no address and no audit entry (P1, P2).
func TestFindAPerson(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	find := func(who, text string) reply {
		t.Helper()
		return d.ask(who, http.MethodPost, "/search", url.Values{"find": {text}})
	}
	opens := func(t *testing.T, r reply, ref string) {
		t.Helper()
		if r.status != http.StatusSeeOther || r.where != "/delays/"+ref {
			t.Errorf("answered with %d to %q: %s", r.status, r.where, words(r.Find("main")))
		}
	}
	ref := d.ref("100000001")
	t.Run("every page of the daily use has the search, labelled", func(t *testing.T) {
		for _, page := range []string{"/today", "/delays/" + ref, "/figures"} {
			r := d.get("coordinator", page)
			if got := words(r.Find(`label[for="find"]`)); got != "Find by reference, ward or hospital number" {
				t.Errorf("%s: the label is %q", page, got)
			}
			if method, _ := r.Find(`form[action="/search"]`).Attr("method"); method != "post" {
				t.Errorf("%s: it is sent by %q", page, method)
			}
		}
	})
	t.Run("by reference, however it is typed", func(t *testing.T) {
		for _, typed := range []string{ref, strings.ToLower(ref), strings.TrimPrefix(ref, "HW-"),
			" " + strings.ReplaceAll(ref, "-", " - ") + " "} {
			opens(t, find("coordinator", typed), ref)
		}
	})
	t.Run("by bed", func(t *testing.T) { opens(t, find("coordinator", "4b-12"), ref) })
	t.Run("several in a ward are listed", func(t *testing.T) {
		r := find("coordinator", "4B")
		r.has(t, "2 people found.")
		if got := r.Find("#found tbody a").Length(); got != 2 || r.status != http.StatusOK {
			t.Errorf("%d are listed, status %d", got, r.status)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		r := find("coordinator", "4B-99")
		r.has(t, "No delay in your area matches 4B-99.")
	})
	t.Run("nothing typed", func(t *testing.T) {
		r := find("coordinator", "  ")
		r.has(t, "There is a problem")
		r.has(t, "Enter a reference, ward or hospital number")
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("answered with %d", r.status)
		}
	})
	t.Run("what is typed is text: markup and patterns match nothing", func(t *testing.T) {
		for _, typed := range []string{`<script>alert(1)</script>`, "%", "_", "4B-1_", `' OR 1=1 --`} {
			r := find("coordinator", typed)
			if r.status != http.StatusOK || r.Find("#found").Length() > 0 || strings.Contains(r.body, "<script>alert") {
				t.Errorf("%q: %d, %s", typed, r.status, words(r.Find("main")))
			}
		}
	})
	t.Run("P1 by hospital number: the same person for the hospital and for the council asked", func(t *testing.T) {
		for _, who := range []string{"coordinator", "nhs reviewer", "council reviewer"} {
			opens(t, find(who, "100 000 001"), ref)
		}
	})
	t.Run("P1 not outside the reader's scope, and directors see no numbers", func(t *testing.T) {
		for _, who := range []string{"other council", "nhs director", "council director"} {
			find(who, "100000001").has(t, "No delay in your area matches 100000001.")
		}
		find("other council", ref).has(t, "No delay in your area matches "+ref+".")
		find("other council", "4B").has(t, "No delay in your area matches 4B.")
		if got := words(d.get("nhs director", "/search").Find(`label[for="find"]`)); got != "Find by reference, ward or bed" {
			t.Errorf("the director's label is %q", got)
		}
		opens(t, find("nhs director", ref), ref)
	})
	t.Run("P2 every search by number is in the audit log, the number is not", func(t *testing.T) {
		events, err := d.Store.AuditEvents(t.Context(), audit.Filter{What: audit.IdentifierSearched})
		if err != nil || len(events) == 0 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		found := 0
		for _, e := range events {
			if e.Record == ref {
				found++
			}
			// A reference is drawn by the key of the day, and may itself hold the ward's letters (HW-DXS34B1X).
			typed := strings.ReplaceAll(e.Record+" "+e.Before+" "+e.After, ref, "")
			if strings.Contains(typed, "100000001") || strings.Contains(typed, "4B") {
				t.Errorf("the entry holds what was typed: %+v", e)
			}
		}
		if found != 3 {
			t.Errorf("%d entries name the person found, want 3", found)
		}
	})
	t.Run("who left is found by number still", func(t *testing.T) {
		d.extract("2026-11-04", listed{"100000002", "2026-10-28", "A", delay.SocialCare, "4B", "4B-14"})
		opens(t, find("coordinator", "100000001"), ref)
		find("coordinator", "4B-12").has(t, "No delay in your area matches 4B-12.")
	})
}
