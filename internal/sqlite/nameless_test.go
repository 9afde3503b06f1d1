package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/sqlite"
)

// P1: NHS numbers that a store of before kept in clear, in words of files and of
// people, are taken out when it is opened with its key, once, and wiping is owed
// so that nothing of them is left in the database's files.
func TestP1WordsOfBeforeLoseTheirNumbers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	if err := s.UseKey(t.Context(), keyOne); err != nil {
		t.Fatal(err)
	}
	s.Close()
	db := beside(t, dir)
	if _, err := db.Exec(`
		DELETE FROM kept WHERE name = 'words without NHS numbers';
		INSERT INTO file (file_id, sha256, name, bytes, received_at, outcome, report)
			VALUES (1, x'00', 'list 9434765919.csv', 9, 9, 'rejected', '{"reason":"943 476 5919 stands in it"}');
		INSERT INTO given VALUES (1, 'A 943-476-5919', '', '', '', '', '', 'A', 1, 'E10000099', 1, 0, 0, 0, 1, 'A2', 'england-dtoc', '1', '', '');
		`); err != nil {
		t.Fatal(err)
	}
	for _, place := range [][2]string{{"5A", "9434765919"}, {"5A", "943 476 5919"}, {"6B", "4"}} {
		if _, err := db.Exec(`PRAGMA foreign_keys = OFF; INSERT INTO place (provider_id, site, ward, bed) VALUES (1, '', ?, ?)`, place[0],
			place[1]); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sqlite.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.UseKey(t.Context(), keyOne); err != nil {
		t.Fatal(err)
	}
	if owed, err := s.Owes(t.Context(), sqlite.Wiping); err != nil || !owed {
		t.Errorf("wiping is owed: %v, %v", owed, err)
	}
	if err := s.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range []string{"9434765919", "943 476 5919", "943-476-5919"} {
			if strings.Contains(string(b), number) {
				t.Errorf("%s holds %s", filepath.Base(f), number)
			}
		}
	}
	var beds int
	if err := beside(t, dir).QueryRow(`SELECT count(DISTINCT bed) FROM place`).Scan(&beds); err != nil || beds != 3 {
		t.Errorf("%d beds, want three still (%v)", beds, err)
	}
}
