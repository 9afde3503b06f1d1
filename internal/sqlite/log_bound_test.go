package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// The log of the database is moved into it once it has so many pages, neither at every
// commit nor never.
func TestTheLogIsMovedIntoTheDatabase(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s, err := Open(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const each = 1 << 20
	most, least := int64(pagesOfLog+each/4096)*(4096+64), int64(pagesOfLog-each/4096)*4096
	longest := int64(0)
	for range 40 {
		if err := s.inTx(ctx, func(tx *sql.Tx) error {
			for _, query := range []string{
				`CREATE TABLE IF NOT EXISTS large (content BLOB) STRICT`,
				`INSERT INTO large VALUES (zeroblob(1 << 20))`,
			} {
				if _, err := tx.ExecContext(ctx, query); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, FileName+"-wal"))
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, info.Size())
	}
	if longest < least || longest > most {
		t.Errorf("the log had up to %d bytes, want %d to %d", longest, least, most)
	}
}
