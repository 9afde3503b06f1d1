package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/attribution"
	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// small makes small extracts short, so that random ones meet R5.
var small = sqlite.Settings{Delay: delay.Settings{Convention: delay.DefaultSettings.Convention, OmittedLimit: 3},
	Short: ingest.ShortRule{Ratio: 0.5, Least: 2}}

// says is one row of a drawn extract.
type says struct {
	patient           int
	ready, discharged delay.Day
	given             int
	pathway           string
}

// sent is one file as a provider sent it: extracts by date.
type sent struct {
	provider string
	days     []delay.Day
	rows     map[delay.Day][]says
	number   byte
}

// givens are what drawn rows can state.
var givens = func() []ingest.Given {
	var out []ingest.Given
	for i, body := range []delay.Body{delay.NHS, delay.SocialCare, delay.NotAttributed} {
		out = append(out, ingest.Given{
			Given: attribution.Given{Words: attribution.Words{Reason: string(rune('A' + i))}, Reason: letters[i], Care: delay.Acute,
				Council: "E10000099", Stated: body},
			Outcome: attribution.Outcome{Body: body, Rule: "A2", RuleSet: "drawn", Version: "1"},
		})
	}
	return out
}()

// batch gives the file as the store takes it. Patient 0 is one person at both
// providers (R7).
func (s sent) batch() *ingest.Batch {
	b := &ingest.Batch{
		File: ingest.File{Name: fmt.Sprintf("%s_%d", s.provider, s.number), SHA256: [32]byte{s.number, s.provider[0],
			s.provider[len(s.provider)-1]}},
		Provider: s.provider, Givens: givens, Places: []ingest.Place{{Ward: "5A"}},
	}
	patients := map[int]int32{}
	statements := map[ingest.Statement]int32{}
	for _, day := range s.days {
		e := ingest.Extract{Date: day, Read: len(s.rows[day]), Kept: len(s.rows[day])}
		for i, r := range s.rows[day] {
			at, ok := patients[r.patient]
			if !ok {
				at = int32(len(b.Patients))
				patients[r.patient] = at
				p := ingest.Patient{Reference: fmt.Sprintf("HW-%s-%d", s.provider, r.patient), ByNHSNumber: r.patient == 0}
				p.Hash[0] = byte(r.patient)
				if r.patient != 0 {
					p.Hash[1] = s.provider[len(s.provider)-1]
				}
				b.Patients = append(b.Patients, p)
			}
			st := ingest.Statement{Patient: at, Given: int32(r.given), Ready: r.ready, Discharged: r.discharged}
			n, ok := statements[st]
			if !ok {
				n = int32(len(b.Statements))
				statements[st] = n
				b.Statements = append(b.Statements, st)
			}
			e.Listings = append(e.Listings, ingest.Listing{Statement: n, Line: int32(i + 2)})
			e.Stays = append(e.Stays, ingest.Stay{Patient: at, Given: int32(r.given), Ready: r.ready, Discharged: r.discharged,
				Pathway: ingest.PathwayOf(r.pathway)})
		}
		b.Extracts = append(b.Extracts, e)
	}
	return b
}

// drawFiles draws what two providers send: daily extracts, re-sends,
// corrections, short files and backfills.
func drawFiles(t *rapid.T) []sent {
	first := delay.MustDay("2026-01-28")
	var out []sent
	for range rapid.IntRange(1, 14).Draw(t, "files") {
		s := sent{provider: rapid.SampledFrom([]string{"RZ1", "RZ2"}).Draw(t, "provider"), rows: map[delay.Day][]says{},
			number: byte(len(out) + 1)}
		start := rapid.IntRange(0, 7).Draw(t, "first")
		for i := range rapid.SampledFrom([]int{1, 1, 1, 2, 4}).Draw(t, "days") {
			if i > 0 && rapid.IntRange(0, 4).Draw(t, "gap") == 0 {
				continue
			}
			day := first + delay.Day(start+i)
			s.days = append(s.days, day)
			most := rapid.SampledFrom([]int{0, 1, 5, 5, 5}).Draw(t, "rows")
			for patient := range most {
				if rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
					continue
				}
				r := says{patient: patient, pathway: rapid.SampledFrom([]string{"", "", "0", "1", "3"}).Draw(t, "pathway"),
					given: rapid.IntRange(0, len(givens)-1).Draw(t, "given"),
					ready: min(day, first+delay.Day(rapid.SampledFrom([]int{-4, -4, -4, 0, 3, 6}).Draw(t, "ready")))}
				if rapid.IntRange(0, 9).Draw(t, "left") == 0 && r.ready < day {
					r.discharged = day
				}
				s.rows[day] = append(s.rows[day], r)
			}
		}
		out = append(out, s)
	}
	return out
}

// reorder draws another order of arrival in which files of one provider that
// speak of the same day keep their order (C10, C11).
func reorder(t *rapid.T, files []sent) []sent {
	rest := slices.Clone(files)
	var out []sent
	for len(rest) > 0 {
		var free []int
		for i, s := range rest {
			if !slices.ContainsFunc(rest[:i], func(earlier sent) bool {
				return earlier.provider == s.provider && slices.ContainsFunc(earlier.days, func(d delay.Day) bool { return slices.Contains(s.days, d) })
			}) {
				free = append(free, i)
			}
		}
		i := rapid.SampledFrom(free).Draw(t, "next")
		out = append(out, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return out
}

// opened is a store on a copy of a migrated empty database.
type opened struct {
	*sqlite.Store
	dir string
}

var everyDimension = []measure.Dimension{measure.ByDay, measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason,
	measure.ByResponsible, measure.ByPathway}

// seen gives all that can be seen of what a store derives.
func (s opened) seen(t *rapid.T) string {
	var b strings.Builder
	cells, err := s.Cells(t.Context(), measure.Query{From: delay.MustDay("2025-12-01"), To: delay.MustDay("2026-03-31"), By: everyDimension})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		fmt.Fprintln(&b, c)
	}
	if err := s.Delays(t.Context(), func(r sqlite.DelayRecord) error {
		_, err := fmt.Fprintf(&b, "%+v\n", r)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wantConsistent demands what must hold of any store at any time: what is
// stored is what the evidence gives, the counts are the days of the delays
// (C3), and people today are yesterday's, and the new, less the ended (C16).
func (s opened) wantConsistent(t *rapid.T) {
	v, err := s.Verify(t.Context())
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("C10: verify says %v, %q", err, v.Differences)
	}
	s.wantPathwaysAddUp(t)
	wantKept(t, s.Store)
	people := map[delay.Day]int64{}
	delays, err := s.Cells(t.Context(), measure.Query{From: delay.MustDay("2025-12-01"), To: delay.MustDay("2026-03-31"),
		By: []measure.Dimension{measure.ByDay}})
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, c := range delays {
		people[c.Period] = c.Days
		total += c.Days
	}
	begun, ended := map[delay.Day]int64{}, map[delay.Day]int64{}
	var tiled int64
	if err := s.Delays(t.Context(), func(r sqlite.DelayRecord) error {
		// A delay of days that count elsewhere between (C19) begins again.
		before := delay.Day(0)
		for _, st := range r.Segments {
			tiled += int64(st.Days())
			if st.First != before+1 {
				begun[st.First]++
				ended[before+1]++
			}
			before = st.Segment.Last
		}
		ended[before+1]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if tiled != total {
		t.Fatalf("C3: %d delayed days are counted and %d tiled", total, tiled)
	}
	for day := delay.MustDay("2025-12-02"); day <= delay.MustDay("2026-03-31"); day++ {
		if got, want := people[day], people[day-1]+begun[day]-ended[day]; got != want {
			t.Fatalf("C16: %d people on %s, yesterday's and the new less the ended are %d", got, day, want)
		}
	}
}

func (s opened) take(t *rapid.T, f sent) {
	err := dated(s.Store, time.Unix(int64(f.number), 0)).Take(t.Context(), f.batch(), func(taken ingest.Taken) ([]byte, error) {
		for i, st := range taken.Standings {
			if e := f.days[i]; st.Date != e {
				t.Fatalf("standing %d is of %s, want %s", i, st.Date, e)
			}
			if n := len(f.rows[st.Date]); st.New+st.Changed > n || st.Gone < 0 {
				t.Fatalf("%d new, %d gone, %d changed of %d rows", st.New, st.Gone, st.Changed, n)
			}
		}
		return []byte("{}"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Random files in random orders of arrival give the same figures and delays,
// at every step what the evidence gives, and the same as everything derived
// from scratch (C10, C11, R5).
func TestAnyOrderOfArrival(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of stores; the full run has them")
	}
	t.Parallel()
	empty := t.TempDir()
	s, err := sqlite.Open(t.Context(), empty, &small)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile(filepath.Join(empty, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		open := func() opened {
			dir, err := os.MkdirTemp(root, "")
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, sqlite.FileName), template, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := sqlite.Open(t.Context(), dir, &small)
			if err != nil {
				t.Fatal(err)
			}
			return opened{s, dir}
		}
		discard := func(s opened) {
			if err := errors.Join(s.Close(), os.RemoveAll(s.dir)); err != nil {
				t.Fatal(err)
			}
		}
		files := drawFiles(t)
		one, other := open(), open()
		defer discard(one)
		defer func() { discard(other) }()
		for _, f := range files {
			one.take(t, f)
			one.wantConsistent(t)
		}
		for i, f := range reorder(t, files) {
			if other.take(t, f); i%3 == 0 {
				wantKept(t, other.Store)
			}
		}
		other.wantConsistent(t)
		want := one.seen(t)
		if got := other.seen(t); got != want {
			t.Fatalf("C10: another order of arrival gives\n%s\nnot\n%s", got, want)
		}

		// Everything derived again: other settings, then these.
		for _, settings := range []*sqlite.Settings{&sqlite.DefaultSettings, &small} {
			if err := other.Close(); err != nil {
				t.Fatal(err)
			}
			if other.Store, err = sqlite.Open(t.Context(), other.dir, settings); err != nil {
				t.Fatal(err)
			}
			other.wantConsistent(t)
		}
		if got := other.seen(t); got != want {
			t.Fatalf("C10: derived from scratch it is\n%s\nnot\n%s", got, want)
		}

		// What people accept counts wherever it is accepted (R5).
		for _, provider := range []string{"RZ1", "RZ2"} {
			for day := delay.MustDay("2026-01-28"); day < delay.MustDay("2026-02-10"); day++ {
				for _, s := range []opened{one, other} {
					if _, err := dated(s.Store, time.UnixMicro(1)).Accept(t.Context(), people.Actor{Kind: people.Machine}, "a test", "", provider, day,
						"right as it is"); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		one.wantConsistent(t)
		if got, want := other.seen(t), one.seen(t); got != want {
			t.Fatalf("R5: after accepting it is\n%s\nnot\n%s", got, want)
		}
	})
}

// beside opens a database file beside the store.
func beside(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName)+"?_foreign_keys=on")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
