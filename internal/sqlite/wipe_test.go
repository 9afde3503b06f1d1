package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// sealedBytes gives everything that is sealed or hashed in a database.
func sealedBytes(t testing.TB, dir string) (out [][]byte) {
	t.Helper()
	rows, err := raw(t, dir).Query(`
		SELECT nhs_number FROM patient WHERE nhs_number IS NOT NULL
		UNION ALL SELECT local_id FROM patient WHERE local_id IS NOT NULL
		UNION ALL SELECT key_hash FROM patient WHERE purged_at = 0`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil || len(out) == 0 {
		t.Fatal("nothing is sealed", err)
	}
	return out
}

func wantNowhere(t testing.TB, dir string, secrets [][]byte) {
	t.Helper()
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(filepath.Join(dir, sqlite.FileName+end))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, b := range secrets {
			if bytes.Contains(text, b) {
				n++
			}
		}
		if n > 0 {
			t.Errorf("%s still holds %d of %d", sqlite.FileName+end, n, len(secrets))
		}
	}
}

// What a rotation or a purge replaced is in no file of the database afterwards:
// not in pages that are in use no more, not in the log.
func TestNothingReplacedIsLeftInTheFiles(t *testing.T) {
	t.Parallel()
	// A table that was made and dropped, as a migration does, leaves its pages.
	leave := func(t *testing.T, dir string) {
		t.Helper()
		db := raw(t, dir)
		for _, q := range []string{`PRAGMA secure_delete = OFF`, `CREATE TABLE left AS SELECT * FROM patient`, `DROP TABLE left`,
			`PRAGMA wal_checkpoint(TRUNCATE)`} {
			if _, err := db.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("by a rotation", func(t *testing.T) {
		s, dir := filled(t, keyOne, years())
		if err := s.UseKey(t.Context(), keyOne); err != nil {
			t.Fatal(err)
		}
		old := sealedBytes(t, dir)
		leave(t, dir)
		if _, err := dated(s, morning).RotateKey(t.Context(), machine, keyOne, keyTwo); err != nil {
			t.Fatal(err)
		}
		if err := s.Wipe(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNowhere(t, dir, old)
	})
	t.Run("by a purge", func(t *testing.T) {
		s, dir := filled(t, keyOne, years())
		old := sealedBytes(t, dir)
		leave(t, dir)
		if _, err := dated(s, morning).PurgeIdentifiers(t.Context(), machine, start+500); err != nil {
			t.Fatal(err)
		}
		if err := s.Wipe(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNowhere(t, dir, old)
	})
	t.Run("while another program reads, once it has done", func(t *testing.T) {
		s, dir := filled(t, keyOne, years())
		if err := s.UseKey(t.Context(), keyOne); err != nil {
			t.Fatal(err)
		}
		old := sealedBytes(t, dir)
		reader := func() (end func()) {
			tx, err := raw(t, dir).BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var n int
			if err := tx.QueryRow(`SELECT count(*) FROM patient`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return func() { _ = tx.Rollback() }
		}
		end := reader()
		if _, err := dated(s, morning).RotateKey(t.Context(), machine, keyOne, keyTwo); err != nil {
			t.Fatal(err)
		}
		go func() { time.Sleep(time.Second); end() }()
		if err := s.Wipe(t.Context()); err != nil {
			t.Errorf("it did not wait: %v", err)
		}
		wantNowhere(t, dir, old)
	})
	t.Run("held back all the time, it is owed", func(t *testing.T) {
		t.Parallel()
		s, dir := filled(t, keyOne, years())
		if err := s.UseKey(t.Context(), keyOne); err != nil {
			t.Fatal(err)
		}
		old := sealedBytes(t, dir)
		tx, err := raw(t, dir).BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM patient`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if _, err := dated(s, morning).RotateKey(t.Context(), machine, keyOne, keyTwo); err != nil {
			t.Fatal(err)
		}
		if err := s.Wipe(t.Context()); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("says %v", err)
		}
		if owed, err := s.Owes(t.Context(), sqlite.Wiping); err != nil || !owed {
			t.Error(owed, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := s.Wipe(t.Context()); err != nil {
			t.Error(err)
		}
		wantNowhere(t, dir, old)
	})
}
