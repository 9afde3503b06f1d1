package sqlite_test

import (
	"strings"
	"testing"
	"time"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// Notes on the charts are added and withdrawn with a line of the audit log each.
func TestNotesAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	analyst := people.Actor{Kind: people.APerson, PersonID: 1, Email: "analyst@example.org", Grant: people.Grant{ID: 1, Role: people.Analyst},
		Address: "192.0.2.7"}
	at := time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC)
	id, err := dated(d.Store, at).AddAnnotation(t.Context(), analyst, measure.Annotation{Day: delay.MustDay("2026-05-03"),
		Words: "Home first team started", Metric: "M02", Provider: "RZ1", Restart: true})
	if err != nil {
		t.Fatal(err)
	}
	if notes, err := d.Annotations(t.Context()); err != nil || len(notes) != 1 || notes[0].By != analyst.Who() || notes[0].ID != id {
		t.Errorf("%+v %v", notes, err)
	}
	if err := dated(d.Store, at.Add(time.Hour)).WithdrawAnnotation(t.Context(), analyst, id); err != nil {
		t.Fatal(err)
	}
	if err := dated(d.Store, at.Add(2*time.Hour)).WithdrawAnnotation(t.Context(), analyst, id); problem.KindOf(err) != problem.NotFound {
		t.Errorf("withdrawing twice: %v", err)
	}
	events, err := d.AuditEvents(t.Context(), audit.Filter{Record: "note 1", Limit: 9})
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	const words = "2026-05-03: Home first team started, M02, RZ1, limits start again"
	for _, e := range events {
		switch {
		case e.Who != analyst.Who() || e.From != "192.0.2.7":
			t.Errorf("%+v", e)
		case e.What == audit.NoteAdded && (e.Before != "" || e.After != words || !e.At.Equal(at)),
			e.What == audit.NoteWithdrawn && (e.Before != words || e.After != "" || !e.At.Equal(at.Add(time.Hour))):
			t.Errorf("%+v", e)
		}
	}
	if got := string(events[0].What + events[1].What); !strings.Contains(got, "added") || !strings.Contains(got, "withdrawn") {
		t.Errorf("found %q", got)
	}
	if result, err := d.VerifyAudit(t.Context()); err != nil || !result.Whole() {
		t.Errorf("%+v %v", result, err)
	}
}
