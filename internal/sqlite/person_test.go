package sqlite_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/logbook"
	"homeward/internal/measure"
	"homeward/internal/people"
	pairs "homeward/internal/person"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// takeRows takes one day's extract of a provider.
func takeRows(t *testing.T, s *sqlite.Store, provider, day string, number int, rows ...row) {
	t.Helper()
	f := dayFile{provider: provider, day: delay.MustDay(day), rows: rows, number: number}
	b := f.batch()
	b.File.Recovered = true // Dated by its number, before what people say of it.
	if err := s.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
		t.Fatal(err)
	}
}

// stored gives the delays of a store, by provider: reference, counted days and
// their number.
func stored(t *testing.T, s *sqlite.Store) []string {
	t.Helper()
	var out []string
	if err := s.Delays(t.Context(), func(r sqlite.DelayRecord) error {
		days := 0
		for _, seg := range r.Segments {
			days += seg.Days()
		}
		out = append(out, fmt.Sprintf("%s %s %s %d", r.Provider, r.Reference, r.FirstDay, days))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	v, err := s.Verify(t.Context())
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("C10: %v, %q", err, v.Differences)
	}
	return out
}

// named gives the reference of a person's row with the identifiers that it has.
func named(provider string, r row) string {
	return dayFile{provider: provider, rows: []row{r}}.batch().Patients[0].Reference
}

var eighth = delay.MustDay("2026-03-08")

func TestPersonRules(t *testing.T) {
	t.Parallel()
	both, localAlone := row{nhs: true, local: true, ready: eighth}, row{local: true, ready: eighth}

	t.Run("I6 the first reference stands, the other leads to it, and what was said follows", func(t *testing.T) {
		t.Parallel()
		s := openStore(t, t.TempDir())
		defer s.Close()
		takeRows(t, s, "RZ1", "2026-03-10", 1, localAlone)
		first := named("RZ1", localAlone)
		if _, _, err := dated(s, morning).Log(t.Context(), coordinator, casework.NewEntry{Reference: first, Kind: logbook.Verified,
			Made: eighth + 2, Day: eighth + 2}); err != nil {
			t.Fatal(err)
		}
		takeRows(t, s, "RZ1", "2026-03-11", 2, both)
		if got, want := stored(t, s), []string{"RZ1 " + first + " 2026-03-10 2"}; !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		c, err := s.Case(t.Context(), coordinator.Scope(), named("RZ1", both))
		if err != nil || c.Reference != first || len(c.Log) != 1 {
			t.Fatalf("%+v, %v", c, err)
		}
		// The file that brought them together is replaced: they are two again, and
		// each reference is whose it first was.
		takeRows(t, s, "RZ1", "2026-03-11", 3, row{nhs: true, ready: eighth + 1})
		got := stored(t, s)
		if want := []string{"RZ1 " + first + " 2026-03-10 1", "RZ1 " + named("RZ1", both) + " 2026-03-10 2"}; len(got) != 2 || got[0] == got[1] {
			t.Fatalf("got %v, want like %v", got, want)
		}
		if c, err := s.Case(t.Context(), coordinator.Scope(), named("RZ1", both)); err != nil || c.Reference != named("RZ1", both) ||
			len(c.Log) != 0 {
			t.Fatalf("%+v, %v", c, err)
		}
	})

	t.Run("I4 one local number with two NHS numbers is two people and a finding", func(t *testing.T) {
		t.Parallel()
		for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}} {
			s := openStore(t, t.TempDir())
			// Person 2 comes with the local number of person 0.
			other := row{person: 2, nhs: true, local: true, ready: eighth}
			files := [][]row{{both}, {localAlone}, {other}, {localAlone}}
			for n, i := range order {
				day := eighth + 2 + delay.Day(i)
				f := dayFile{provider: "RZ1", day: day, rows: files[i], number: n + 1}
				b := f.batch()
				if i == 2 {
					b.Locals[0].Hash = dayFile{provider: "RZ1", rows: []row{both}}.batch().Locals[0].Hash
				}
				if err := s.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }); err != nil {
					t.Fatal(err)
				}
			}
			days := map[int]int{}
			for _, line := range stored(t, s) {
				var provider, reference, first string
				var n int
				fmt.Sscan(line, &provider, &reference, &first, &n)
				days[n]++
			}
			// 10 and 11 March are the first's (listed before), 12 and 13 the other's,
			// who was ready on the 8th too.
			if days[2] != 1 || days[4]+days[3]+days[2] != 2 {
				t.Errorf("order %v: %v", order, stored(t, s))
			}
			c, err := s.Case(t.Context(), coordinator.Scope(), named("RZ1", both))
			found := false
			if err == nil {
				for _, d := range c.Delays {
					for _, f := range d.Findings {
						found = found || f.Rule == "I4"
					}
				}
			}
			if !found {
				t.Errorf("order %v: no finding, %v", order, err)
			}
			s.Close()
		}
	})

	t.Run("C20 a row that cannot be read keeps its patient in bed and starts nothing", func(t *testing.T) {
		t.Parallel()
		s := openStore(t, t.TempDir())
		defer s.Close()
		stays := row{person: 1, nhs: true, local: true, ready: eighth}
		unread := row{nhs: true, local: true, unread: true}
		stranger := row{person: 3, nhs: true, local: true, unread: true}
		takeRows(t, s, "RZ1", "2026-03-10", 1, both, stays)
		takeRows(t, s, "RZ1", "2026-03-11", 2, unread, stays, stranger)
		takeRows(t, s, "RZ1", "2026-03-12", 3, unread, stays)
		takeRows(t, s, "RZ1", "2026-03-13", 4, stays)
		got := stored(t, s)
		want := []string{"RZ1 " + named("RZ1", both) + " 2026-03-10 3", "RZ1 " + named("RZ1", stays) + " 2026-03-10 4"}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		c, err := s.Case(t.Context(), coordinator.Scope(), named("RZ1", both))
		if err != nil || len(c.Last().Stretches) != 2 || c.Last().Stretches[1].Mark != delay.NotReadable {
			t.Fatalf("%+v, %v", c, err)
		}
	})

	t.Run("C19 a transfer counts once and both records say so", func(t *testing.T) {
		t.Parallel()
		for _, order := range [][]string{{"RZ1", "RZ2"}, {"RZ2", "RZ1"}} {
			s := openStore(t, t.TempDir())
			for n, provider := range order {
				stays := row{person: 1 + n, nhs: true, local: true, ready: eighth}
				for i := range 6 {
					rows := []row{stays}
					// RZ1 lists the person up to the 12th, and RZ2 from the 12th.
					if provider == "RZ1" && i <= 2 || provider == "RZ2" && i >= 2 {
						rows = append(rows, both)
					}
					takeRows(t, s, provider, (eighth + 2 + delay.Day(i)).String(), 10*n+i+1, rows...)
				}
			}
			days := map[string]int64{}
			cells, err := s.Cells(t.Context(), measure.Query{From: eighth, To: eighth + 20, By: []measure.Dimension{measure.ByProvider}})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cells {
				days[c.Provider] = c.Days
			}
			// The 10th and 11th are RZ1's; the 12th is listed by both and RZ2 began
			// later; 13 to 15 are RZ2's. The others wait for 6 days each.
			if days["RZ1"] != 2+6 || days["RZ2"] != 4+6 {
				t.Errorf("order %v: %v", order, days)
			}
			for _, provider := range []string{"RZ1", "RZ2"} {
				c, err := s.Case(t.Context(), person(people.Coordinator, people.ProviderSide, provider).Scope(), named(provider, both))
				if err != nil || len(c.Last().Findings) != 1 || c.Last().Findings[0].Rule != "C19" {
					t.Errorf("%s: %+v, %v", provider, c, err)
				}
			}
			all, err := s.PossiblePairs(t.Context(), coordinator, 10)
			if err != nil || len(all) != 1 || all[0].Kind != pairs.Transfer {
				t.Errorf("%+v, %v", all, err)
			}
			stored(t, s)
			s.Close()
		}
	})

	t.Run("I6 people say who is one person, and take it back", func(t *testing.T) {
		t.Parallel()
		s := openStore(t, t.TempDir())
		defer s.Close()
		other := row{person: 1, nhs: true, local: true, ready: eighth}
		takeRows(t, s, "RZ1", "2026-03-10", 1, both)
		takeRows(t, s, "RZ1", "2026-03-11", 2, other)
		apart := stored(t, s)
		one, two := named("RZ1", both), named("RZ1", other)
		if err := dated(s, morning).Judge(t.Context(), coordinator, one, two, true, "The number was mistyped"); err != nil {
			t.Fatal(err)
		}
		if got, want := stored(t, s), []string{"RZ1 " + one + " 2026-03-10 2"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		all, err := s.PossiblePairs(t.Context(), coordinator, 10)
		if err != nil || len(all) != 1 || all[0].Kind != pairs.JudgedPair || !all[0].Same {
			t.Errorf("%+v, %v", all, err)
		}
		// C15: before it was said, they were two.
		past, err := s.AsKnown(t.Context(), morning.Add(-time.Second), eighth+20)
		if err != nil {
			t.Fatal(err)
		}
		if got := stored(t, past.Store); !slices.Equal(got, apart) {
			t.Errorf("C15: got %v, want %v", got, apart)
		}
		if err := past.Close(); err != nil {
			t.Fatal(err)
		}
		if err := dated(s, morning.Add(time.Hour)).TakeBack(t.Context(), coordinator, one, two, "They are two after all"); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, s); !slices.Equal(got, apart) {
			t.Errorf("got %v, want %v", got, apart)
		}
		if err := dated(s, morning).TakeBack(t.Context(), coordinator, one, two, "again"); problem.KindOf(err) != problem.Conflict {
			t.Errorf("%v", err)
		}
		viewer := person(people.Viewer, people.Whole, "")
		if err := dated(s, morning).Judge(t.Context(), viewer, one, two, true, "x"); problem.KindOf(err) != problem.Forbidden {
			t.Errorf("%v", err)
		}
		if err := dated(s, morning).Judge(t.Context(), person(people.Coordinator, people.ProviderSide, "RZ2"), one, two, true,
			"x"); problem.KindOf(err) != problem.NotFound {
			t.Errorf("P1: %v", err)
		}
	})
}
