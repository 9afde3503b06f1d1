package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"homeward/internal/sqlite"
)

func TestP2TheDatabaseIsForItsOwnAccountAlone(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir, &sqlite.DefaultSettings)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, err := filepath.Glob(filepath.Join(dir, sqlite.FileName+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be opened by others: %s", filepath.Base(f), info.Mode())
		}
	}
}
