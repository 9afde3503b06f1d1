package sqlite_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/sqlite"
)

// G5, C15: a decision that a party recorded before the rule reads as agreed at
// every moment before the store was brought up to date, and as decided, not
// agreed from then on, whichever way the store is opened.
func TestPartysDecisionsOfBeforeAreTakenOver(t *testing.T) {
	t.Parallel()
	files := migrationFiles(t)
	n := slices.IndexFunc(files, func(f string) bool { return strings.HasSuffix(filepath.Base(f), "_decided.sql") })
	settings, err := json.Marshal(sqlite.DefaultSettings)
	if err != nil {
		t.Fatal(err)
	}
	for name, opened := range map[string]*sqlite.Settings{"with settings": &sqlite.DefaultSettings, "with those of the database": nil} {
		for _, side := range []int{1, 0} {
			t.Run(fmt.Sprintf("%s, side %d", name, side), func(t *testing.T) {
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
				// One patient listed once, disputed by the council, then decided.
				if _, err := db.Exec(`
					INSERT INTO provider VALUES (1, 'RZ1');
					INSERT INTO file VALUES (1, x'00', 'a.csv', 9, 9, 'taken', '{}');
					INSERT INTO extract VALUES (1, 1, 1, 2461110, 1, 1, 0, 0, x'0204');
					INSERT INTO patient (patient_id, provider_id, key_hash, reference) VALUES (1, 1, x'00', 'HW-1');
					INSERT INTO given VALUES (1, 'A', '', '', '', '', '', 'A', 1, 'E10000099', 1, 0, 0, 0, 1, 'A2', 'england-dtoc', '1', '', '');
					INSERT INTO place VALUES (1, 1, '', '5A', '');
					INSERT INTO statement VALUES (1, 1, 1, 1, 2461107, 0, 0);
					INSERT INTO agreement_event VALUES (1, 1, 100, 'a', 'Reviewer, E10000099', 2, 2, 2, 2461110, 2461110, 'A', 'E10000099', 1, 1, 'x', ` +
					`'Why', 0, 0);
					INSERT INTO agreement_event VALUES (2, 1, 200, 'b', 'Director, RZ1', 6, ` + fmt.Sprint(side) +
					`, 1, 2461110, 2461110, 'A', 'E10000099', 1, 1, '', 'So', 0, 0);
					INSERT INTO segment VALUES (1, 2461110, 2461110, 2461110, 1, 'E10000099', 1, 'A', 1, 1, 1, 1, 0, 0, 0, 2);
					INSERT INTO derived_with (only, settings) VALUES (1, '` + string(settings) + `');
					PRAGMA user_version = ` + fmt.Sprint(n)); err != nil {
					t.Fatal(err)
				}
				s, err := sqlite.Open(t.Context(), dir, opened)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				if side == 0 {
					// The chair's needs nobody, and nothing was said of it.
					var events int
					if err := db.QueryRow(`SELECT count(*) FROM agreement_event`).Scan(&events); err != nil || events != 2 {
						t.Errorf("%d events, %v", events, err)
					}
					return
				}
				state := func(s *sqlite.Store) string {
					cells, err := s.Cells(t.Context(), measure.Query{From: 2461110, To: 2461110,
						By: []measure.Dimension{measure.ByState, measure.ByResponsible}})
					if err != nil || len(cells) != 1 {
						t.Fatalf("%v, %v", cells, err)
					}
					return cells[0].State.String()
				}
				if got := state(s); got != "decided, not agreed" {
					t.Errorf("G5: it is %q", got)
				}
				past, err := s.AsKnown(t.Context(), time.Now().Add(-time.Hour), delay.Day(2461111))
				if err != nil {
					t.Fatal(err)
				}
				defer past.Close()
				if got := state(past.Store); got != "agreed" {
					t.Errorf("C15: an hour ago it was %q", got)
				}
				if v, err := s.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
					t.Errorf("%v, %v", v, err)
				}
			})
		}
	}
}
