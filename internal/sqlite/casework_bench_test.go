package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// The daily use at a trust of 1,000 delayed beds, half of them logged: in a
// store of its own, and beside 50 million patient-days of a nation when
// HOMEWARD_NATIONAL names one.
func BenchmarkCasework(b *testing.B) {
	b.Run("alone", func(b *testing.B) { benchCasework(b, openBench(b, b.TempDir())) })
	dir := os.Getenv("HOMEWARD_NATIONAL")
	if dir == "" {
		return
	}
	b.Run("nation", func(b *testing.B) {
		if _, err := os.Stat(filepath.Join(dir, sqlite.FileName)); err != nil {
			makeNation(b, dir)
		}
		benchCasework(b, openBench(b, dir))
	})
}

func benchCasework(b *testing.B, s *sqlite.Store) {
	b.Helper()
	const trust = "RBIG"
	day := nationLast + 1
	w := newWard(trust, 1000)
	by := people.Actor{Kind: people.APerson, Email: "bench@example.org", Grant: people.Grant{Role: people.Coordinator,
		Side: people.ProviderSide, Codes: []string{trust}}}
	rows, _, err := s.Worklist(b.Context(), by.Scope(), trust)
	if err != nil { // An earlier run may have left it there.
		if err := s.Take(b.Context(), w.extracts(day, 20), receipt); err != nil {
			b.Fatal(err)
		}
		rows, _, err = s.Worklist(b.Context(), by.Scope(), trust)
	}
	day += 19
	if err != nil || len(rows) < 900 {
		b.Fatal(len(rows), err)
	}
	at := day.Time().Add(9 * time.Hour)
	given := attribution.Given{Reason: "E", Care: delay.Acute, Council: "E10000000", Stated: delay.SocialCare}
	log := func(kind logbook.Kind, reference string) {
		at = at.Add(time.Second)
		in := casework.NewEntry{Reference: reference, Kind: kind, Made: day, Day: day}
		if kind.States() {
			in.Given, in.Outcome, in.Ready = given, attribution.Outcome{Body: delay.SocialCare, Rule: "A2", RuleSet: "bench", Version: "1"}, day-3
			in.Day, in.Place = day-2, ingest.Place{Ward: "W1", Bed: "1"}
		}
		if _, _, err := dated(s, at).Log(b.Context(), by, in); err != nil {
			b.Fatal(err)
		}
	}
	for i, r := range rows {
		if i%2 == 0 {
			log(logbook.Opened, r.Reference)
		}
	}
	b.Run("worklist", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Worklist(b.Context(), by.Scope(), trust); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("record a change", func(b *testing.B) {
		i := 0
		for b.Loop() {
			log(logbook.Changed, rows[i*2%1000/2*2].Reference)
			i++
		}
	})
	b.Run("still waiting", func(b *testing.B) {
		i := 0
		for b.Loop() {
			log(logbook.Verified, rows[i*2%1000/2*2].Reference)
			i++
		}
	})
	b.Run("one record", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Case(b.Context(), by.Scope(), rows[0].Reference); err != nil {
				b.Fatal(err)
			}
		}
	})
	council := people.Actor{Kind: people.APerson, Grant: people.Grant{Role: people.Reviewer, Side: people.CouncilSide,
		Codes: []string{"E10000000"}}}
	b.Run("queue of a council", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Queue(b.Context(), council.Scope(), casework.QueueQuery{Which: casework.ForMe, Side: agreement.CouncilSide,
				Limit: 50}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("settled this week", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Queue(b.Context(), council.Scope(), casework.QueueQuery{Which: casework.Settled, Side: agreement.CouncilSide,
				SettledSince: at.Add(-settledWeek), Limit: 50}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

const settledWeek = 7 * 24 * time.Hour
