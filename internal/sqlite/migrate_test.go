package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
)

func migrationFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no migrations", err)
	}
	slices.Sort(files)
	return files
}

func TestMigrationsAreNumbered(t *testing.T) {
	t.Parallel()
	for i, f := range migrationFiles(t) {
		if !strings.HasPrefix(filepath.Base(f), fmt.Sprintf("%04d_", i+1)) {
			t.Errorf("%s stands at place %d", f, i+1)
		}
	}
}

// A database of every earlier version opens with all its rows, is of the newest
// version, and what is derived follows from its evidence.
func TestEveryVersionUpgrades(t *testing.T) {
	t.Parallel()
	files := migrationFiles(t)
	for n := 1; n < len(files); n++ {
		t.Run(fmt.Sprintf("from version %d", n), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			db := beside(t, dir)
			for _, f := range files[:n] {
				text, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := db.Exec(string(text)); err != nil {
					t.Fatal(err)
				}
			}
			// One patient listed once: statement 1, zigzag 2, on line 2, zigzag 4.
			if _, err := db.Exec(`
				INSERT INTO provider (provider_id, code) VALUES (1, 'RZ1');
				INSERT INTO file (file_id, sha256, name, bytes, received_at, outcome, report) VALUES (1, x'00', 'a.csv', 9, 9, 'taken', '{}');
				INSERT INTO extract (extract_id, file_id, provider_id, extract_date, rows_read, kept, quarantined, excluded, listed)
					VALUES (1, 1, 1, 2461110, 1, 1, 0, 0, x'0204');
				INSERT INTO patient (patient_id, provider_id, key_hash, reference) VALUES (1, 1, x'00', 'HW-1');
				INSERT INTO given VALUES (1, 'A', '', '', '', '', '', 'A', 1, 'E10000099', 1, 0, 0, 0, 1, 'A2', 'england-dtoc', '1', '', '');
				INSERT INTO place VALUES (1, 1, '', '5A', '');
				INSERT INTO statement (statement_id, patient_id, given_id, place_id, ready_date, discharged_date, admitted_date)
					VALUES (1, 1, 1, 1, 2461107, 0, 0);
				PRAGMA user_version = ` + fmt.Sprint(n)); err != nil {
				t.Fatal(err)
			}
			if senders := slices.IndexFunc(files, func(f string) bool { return strings.HasSuffix(f, "_formerly.sql") }); n > senders {
				// From then on a row says by whom it was sent.
				if _, err := db.Exec(`UPDATE extract SET sender_id = 1; UPDATE patient SET sender_id = 1`); err != nil {
					t.Fatal(err)
				}
			}
			s, err := sqlite.Open(t.Context(), dir, &sqlite.DefaultSettings)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var version int
			if err := db.QueryRow(`PRAGMA user_version`).Scan(&version); err != nil || version != len(files) {
				t.Errorf("it is of version %d, want %d (%v)", version, len(files), err)
			}
			v, err := s.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Differences) > 0 || v.Extracts != 1 || v.Patients != 1 || v.DelayedDays != 1 {
				t.Errorf("verify says %+v", v)
			}
		})
	}
}

// A database of a later version is left alone.
func TestLaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := beside(t, dir).Exec(`PRAGMA user_version = 999`); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), dir, nil); err == nil || !strings.Contains(err.Error(), "Use the later program") {
		t.Errorf("says %v", err)
	}
}

// Every reference in the database leads somewhere, after corrections, re-sends
// and what is derived from them, and a file of known bytes is refused whole.
func TestReferencesHold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir, &small)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	day := delay.MustDay("2026-02-01")
	for n := range byte(6) {
		f := sent{provider: "RZ1", days: []delay.Day{day + delay.Day(n%3)}, number: n + 1, rows: map[delay.Day][]says{}}
		for patient := range 5 - int(n)/2 {
			f.rows[f.days[0]] = append(f.rows[f.days[0]], says{patient: patient, ready: day - 4 + delay.Day(n%2), given: int(n) % 3})
		}
		receipt := func(ingest.Taken) ([]byte, error) { return []byte("{}"), nil }
		if err := s.Take(t.Context(), f.batch(), receipt); err != nil {
			t.Fatal(err)
		}
		if err := s.Take(t.Context(), f.batch(), receipt); err == nil {
			t.Error("C11: the same bytes were taken twice")
		}
	}
	rows, err := beside(t, dir).Query(`PRAGMA foreign_key_check`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() {
		t.Error("a reference leads nowhere")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if said, err := s.Check(t.Context()); err != nil || said != "ok" {
		t.Errorf("the integrity check says %q, %v", said, err)
	}
}
