package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// Permission, lock, full disk and damage are told apart: only damage asks for a backup.
func TestADatabaseThatDoesNotOpenSaysWhy(t *testing.T) {
	for code, want := range map[sqlite3.ErrNo]string{
		sqlite3.ErrReadonly: "this account may not write it", sqlite3.ErrCantOpen: "this account may not write it",
		sqlite3.ErrBusy: "another program holds it locked", sqlite3.ErrFull: "the disk is full", sqlite3.ErrIoErr: "the disk is full",
		sqlite3.ErrCorrupt: "it is damaged", sqlite3.ErrNotADB: "it is damaged",
	} {
		err := unopened(fmt.Errorf("wrapped: %w", sqlite3.Error{Code: code}))
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "backup") != strings.Contains(want, "damaged") {
			t.Errorf("code %d says %v, want %q", code, err, want)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, nil); err == nil || !strings.Contains(err.Error(), "it is damaged") {
		t.Errorf("damage says %v", err)
	}
}
