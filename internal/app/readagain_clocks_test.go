package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/app"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// since gives, by the reason of each segment that is open, since when it stands.
func (r *rereader) since() map[delay.Reason]time.Time {
	r.t.Helper()
	out := map[delay.Reason]time.Time{}
	scope := people.Grant{Role: people.Reviewer, Side: people.ProviderSide, Codes: []string{"RZ1"}}.Scope()
	r.do(func(a *app.App) {
		for _, which := range []casework.Which{casework.ForMe, casework.ForOther} {
			list, err := a.Store.Queue(r.t.Context(), scope, casework.QueueQuery{Which: which, Side: agreement.NHSSide, Limit: 100})
			if err != nil {
				r.t.Fatal(err)
			}
			for _, row := range list.Rows {
				out[row.Segment.Segment.Reason] = row.Since
			}
		}
	})
	return out
}

// Reading a file again starts the reply clocks of what it reads otherwise, and
// of nothing else, however often it is read (G1, G2).
func TestReadAgainLeavesClocksAlone(t *testing.T) {
	t.Parallel()
	r := newRereader(t)
	text := northgate("2026-03-10", 1, 3)
	for i, reason := range []string{"E", "Awaiting POC", "A"} {
		text = strings.Replace(text, fmt.Sprintf("L%05d,,1941-02-03,F,2026-03-01,2026-03-08,Acute,E,", i+1),
			fmt.Sprintf("L%05d,,1941-02-03,F,2026-03-01,2026-03-08,Acute,%s,", i+1, reason), 1)
	}
	r.send("RZ1_2026-03-10.csv", text)
	first := r.since()
	if len(first) != 3 || first["E"].IsZero() || first["E"] != first["A"] {
		t.Fatalf("before: %v", first)
	}
	learn := wordChanges[0]
	r.change(learn.file, learn.from, strings.Replace(learn.to, "E: [Awaiting POC]", "F: [Awaiting POC]", 1))
	if status, o := r.command("--take", "--reason", "a word was missing"); status != app.ExitDone || len(o.Files) != 1 {
		t.Fatalf("%d, %+v", status, o)
	}
	second := r.since()
	if second["E"] != first["E"] || second["A"] != first["A"] {
		t.Errorf("the clocks of what reads the same began again: %v, were %v", second, first)
	}
	if !second["F"].After(first["E"]) {
		t.Errorf("the clock of what reads otherwise began at %v, the file came at %v", second["F"], first["E"])
	}
	// Another word that concerns one row of the same file.
	r.change(learn.file, "F: [Awaiting POC]", "Di: [Awaiting POC]")
	if status, _ := r.command("--take", "--reason", "it was another reason"); status != app.ExitDone {
		t.Fatal(status)
	}
	third := r.since()
	if third["E"] != first["E"] || third["A"] != first["A"] || !third["Di"].After(second["F"]) {
		t.Errorf("read a third time the clocks are %v, were %v", third, second)
	}
}
