package attribution

import (
	"testing"
	"time"

	"homeward/internal/delay"
)

// Amendments are dated versions of their rule set, named as far as they stood at
// a moment (D3, C15), and what statements were read by stays as it was.
func TestAmendmentsAreVersions(t *testing.T) {
	t.Parallel()
	plain := rules(t)
	before := plain.Fingerprint()
	sets := &Sets{Own: plain}
	open := Allowed{NHS: true, SocialCare: true, Joint: true, Acute: true, NonAcute: true}
	at := func(day int) time.Time { return time.Date(2026, 5, day, 9, 0, 0, 0, time.UTC) }
	one := Amendment{Number: 1, Reason: "E", From: delay.MustDay("2026-04-01"), Body: delay.SocialCare, Agreed: "change 1", Stands: at(2),
		Line: Allowed{SocialCare: true, Acute: true, NonAcute: true}}
	back := Amendment{Number: 2, Reason: "E", From: delay.MustDay("2026-06-01"), Agreed: "change 2", Stands: at(4), Line: open}
	other := Amendment{Number: 3, Reason: "A", From: delay.MustDay("2026-05-01"), Body: delay.NHS, Agreed: "change 3", Stands: at(3),
		Line: Allowed{NHS: true, Acute: true, NonAcute: true}}
	sets.Amend(Amendments{back, other, one})
	for day, want := range map[string]string{
		"2026-03-31": "england-dtoc 2017.1", "2026-04-01": "england-dtoc 2017.1 with change 1",
		"2026-05-01": "england-dtoc 2017.1 with changes 1 and 3", "2026-06-01": "england-dtoc 2017.1 with changes 2 and 3",
		"2016-01-01": "england-dtoc 2010.1",
	} {
		if got := sets.Words(delay.MustDay(day)); got != want {
			t.Errorf("D3 on %s: %s, want %s", day, got, want)
		}
	}
	if got := sets.Known(at(3).Add(-time.Second)).Words(delay.MustDay("2026-06-01")); got != "england-dtoc 2017.1 with change 1" {
		t.Errorf("C15 as known before the others stood: %s", got)
	}
	given := Given{Reason: "E", Care: delay.Acute}
	was := plain.Attribute(given, one.From)
	if got := one.Attribute(given, was); got.Body != delay.SocialCare || got.Rule != "A1" || got.From != one.From ||
		got.Version != "2017.1 with change 1" {
		t.Errorf("G1 under the change: %+v", got)
	}
	if got := back.Attribute(given, was); got.Body != was.Body || got.Rule != was.Rule {
		t.Errorf("G1 as the table has it: %+v, want %+v", got, was)
	}
	if plain.Fingerprint() != before || sets.Plain("") != plain {
		t.Error("the rules that files are read by have changed")
	}
}
