package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/backup"
	"homeward/internal/sqlite"
)

// keptNorthshire is a data folder with extracts and a backup.
func keptNorthshire(t *testing.T) (n northshire, file string) {
	t.Helper()
	n = newNorthshire(t)
	must(t, "ingest", "--data", n.data(), n.file("RZ1_2026-03-09.csv", northgate("2026-03-09", 1, 30)),
		n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 5, 28)))
	said := must(t, "backup", "--data", n.data())
	if !strings.Contains(said, "another disk") {
		t.Errorf("nothing says that backups lie in the data folder: %s", said)
	}
	name, _, _ := strings.Cut(said, ":")
	return n, filepath.Join(n.data(), app.BackupsFolder, name)
}

func figuresOf(t *testing.T, dir string) string {
	t.Helper()
	return must(t, "figures", "--data", dir, "--from", "2026-03", "--to", "2026-03", "--by", everyBreakdown, "--format", "csv")
}

// keysInto puts the keys of a data folder where they were kept.
func keysInto(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{app.KeyFile, sqlite.AuditKeyName} {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// A backup restored into a new folder gives the same figures, the same files and a
// whole log, which says that it was restored.
func TestBackupComesBackWhole(t *testing.T) {
	t.Parallel()
	n, file := keptNorthshire(t)
	to := filepath.Join(n.dir, "new")
	keysInto(t, n.data(), to)
	said := must(t, "restore", file, "--data", to)
	for _, want := range []string{"Everything agrees: 2 extracts",
		"says that the database was restored from homeward-", "The audit log is whole"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q: %s", want, said)
		}
	}
	if figuresOf(t, to) != figuresOf(t, n.data()) {
		t.Error("the figures differ")
	}
	own := slices.DeleteFunc(tree(t, n.data()), func(path string) bool { return strings.HasPrefix(path, app.BackupsFolder) })
	got := slices.DeleteFunc(tree(t, to), func(path string) bool { return path == "homeward.lock" })
	if !slices.Equal(got, own) {
		t.Errorf("the folder had %v, and has %v", own, got)
	}
	must(t, "audit", "verify", "--data", to)
	must(t, "ingest", "--data", to, n.file("RZ1_2026-03-11.csv", northgate("2026-03-11", 5, 28)))

	t.Run("a restore replaces nothing", func(t *testing.T) {
		before := figuresOf(t, to)
		for _, words := range [][]string{{}, {"--database"}} {
			status, _, errs := run(t, append([]string{"restore", file, "--data", to}, words...)...)
			if status != app.ExitLess || !strings.Contains(errs, "a restore replaces nothing") {
				t.Errorf("%v ended with %d: %s", words, status, errs)
			}
		}
		if figuresOf(t, to) != before {
			t.Error("something was replaced")
		}
	})
	t.Run("keys that come later", func(t *testing.T) {
		later := filepath.Join(n.dir, "later")
		said := must(t, "restore", file, "--data", later)
		for _, want := range []string{"put identity.key (check value ", "put audit.key (check value ", "when its key is back"} {
			if !strings.Contains(said, want) {
				t.Errorf("it does not say %q: %s", want, said)
			}
		}
		keysInto(t, n.data(), later)
		if said := must(t, "audit", "verify", "--data", later); strings.Count(said, "was restored from") != 1 {
			t.Errorf("the log does not say once that it was restored: %s", said)
		}
		must(t, "audit", "verify", "--data", later)
		if said := must(t, "audit", "verify", "--data", later); strings.Count(said, "was restored from") != 1 {
			t.Errorf("the restore is noted again: %s", said)
		}
	})
	t.Run("what no backup holds", func(t *testing.T) {
		key := filepath.Join(n.dir, "key")
		if err := os.WriteFile(key, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
			t.Fatal(err)
		}
		var made bytes.Buffer
		_, err := backup.Write(t.Context(), &made, backup.Manifest{Made: time.Now()}, []backup.Source{{Path: app.KeyFile, At: key}})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(n.dir, "doctored")
		keysInto(t, n.data(), dir)
		status, _, errs := run(t, "restore", n.file("doctored.tar.gz", made.String()), "--data", dir)
		if status != app.ExitLess || !strings.Contains(errs, "which no backup of Homeward does") {
			t.Errorf("it ended with %d: %s", status, errs)
		}
		own := must2(os.ReadFile(filepath.Join(n.data(), app.KeyFile)))
		if got := must2(os.ReadFile(filepath.Join(dir, app.KeyFile))); !bytes.Equal(got, own) {
			t.Error("a key was replaced")
		}
	})
	t.Run("what is none", func(t *testing.T) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for want, from := range map[string]string{
			"damaged or not whole":                n.file("cut.tar.gz", string(whole[:len(whole)/2])),
			"neither a backup of Homeward":        n.file("note.txt", "A note, and nothing else."),
			"could not be opened":                 filepath.Join(n.dir, "nowhere.tar.gz"),
			"not long enough":                     n.file("short.tar.gz", "x"),
			"no database of Homeward":             blankDatabase(t, n),
			"Say which backup to restore: a file": "",
		} {
			words := []string{"restore", "--data", filepath.Join(n.dir, "none")}
			if from != "" {
				words = append(words, from)
			}
			if want == "no database of Homeward" {
				words[2] = filepath.Join(n.dir, "bare")
				keysInto(t, n.data(), words[2])
			}
			status, _, errs := run(t, words...)
			if status == app.ExitDone || !strings.Contains(errs, want) {
				t.Errorf("%v ended with %d: %s", words, status, errs)
			}
			if _, err := os.Stat(filepath.Join(words[2], sqlite.FileName)); err == nil {
				t.Errorf("%v left a database", words)
			}
		}
	})
}

// blankDatabase makes an SQLite database that is not ours.
func blankDatabase(t *testing.T, n northshire) string {
	t.Helper()
	path := filepath.Join(n.dir, "other.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE other (a)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A backup holds neither a key nor a file in clear, and says what it leaves out.
func TestP1BackupHoldsNoKeyAndNoClearFile(t *testing.T) {
	t.Parallel()
	n, _ := keptNorthshire(t)
	secret := "L00001 in clear"
	for _, name := range []string{app.InboxFolder, app.RejectedFolder} {
		if err := os.MkdirAll(filepath.Join(n.data(), name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(n.data(), name, "list.csv"), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	to := filepath.Join(n.dir, "elsewhere")
	said := must(t, "backup", "make", "--data", n.data(), "--to", to)
	name, _, _ := strings.Cut(said, ":")
	data, err := os.ReadFile(filepath.Join(to, name))
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	never := []string{secret}
	for _, key := range []string{app.KeyFile, sqlite.AuditKeyName} {
		text := must2(os.ReadFile(filepath.Join(n.data(), key)))
		words := strings.Fields(string(text))
		never = append(never, words[len(words)-1])
	}
	in, list := tar.NewReader(zipped), ""
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text := string(must2(io.ReadAll(in)))
		if h.Name == backup.ManifestName {
			list = text
		}
		for _, word := range never {
			if strings.Contains(text, word) {
				t.Errorf("%s holds a key or a file in clear", h.Name)
			}
		}
	}
	for _, want := range []string{`"identity.key"`, `"audit.key"`, "inbox/: 1 file, not taken in yet, and in clear", "rejected/: 1 file"} {
		if !strings.Contains(list, want) {
			t.Errorf("its list does not name %s: %s", want, list)
		}
	}
	if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

// A database that is damaged makes no backup, and the ones that are there stay.
func TestADamagedDatabaseMakesNoBackup(t *testing.T) {
	t.Parallel()
	n, file := keptNorthshire(t)
	db, err := sql.Open("sqlite3", filepath.Join(n.data(), sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`DROP TRIGGER audit_is_never_changed; UPDATE audit SET after = 'altered' WHERE number = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // Names have whole seconds.
	status, _, errs := run(t, "backup", "--data", n.data(), "--keep", "1")
	if status != app.ExitLess || !strings.Contains(errs, "The audit log in it does not agree") {
		t.Errorf("it ended with %d: %s", status, errs)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(file) {
		t.Errorf("left: %v, %v", entries, err)
	}
	status, said, errs := run(t, "backup", "rehearse", "--data", n.data())
	if status != app.ExitDone || !strings.Contains(said, "thrown away. Everything agrees") {
		t.Errorf("the one of before is not found whole: %d, %s%s", status, said, errs)
	}
}

// A database that comes from a replica is behind what was recorded. The restore says
// so in the log, and nothing is an alarm.
func TestAReplicaBehindIsNoAlarm(t *testing.T) {
	t.Parallel()
	n, file := keptNorthshire(t)
	behind, heads := filepath.Join(n.dir, "replica.db"), filepath.Join(n.dir, "heads.txt")
	must(t, "verify", "--data", n.data())
	if err := copyFile(filepath.Join(n.data(), sqlite.FileName), behind); err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"one", "two"} {
		must(t, "token", "add", "figures", "--label", label, "--data", n.data())
	}
	was := figuresOf(t, n.data())
	if err := copyFile(filepath.Join(n.data(), sqlite.HeadFileName), heads); err != nil {
		t.Fatal(err)
	}
	for _, from := range []struct {
		words []string
		want  string
	}{
		{[]string{behind}, "It goes on after entry 1; entries 2 to 3 of before are lost."},
		{[]string{file, "--database", "--head", heads}, "It goes on after entry 0; entries 1 to 3 of before are lost."},
	} {
		if err := os.Remove(filepath.Join(n.data(), sqlite.FileName)); err != nil {
			t.Fatal(err)
		}
		said := must(t, append([]string{"restore", "--data", n.data()}, from.words...)...)
		if !strings.Contains(said, from.want) {
			t.Errorf("%v said %s", from.words, said)
		}
		said = must(t, "audit", "verify", "--data", n.data(), "--head", heads)
		if !strings.Contains(said, "Entry 3, which a head kept elsewhere names") {
			t.Errorf("the head of before is not explained: %s", said)
		}
		if figuresOf(t, n.data()) != was {
			t.Error("the figures differ")
		}
	}
}

// Before the first migration of an older database its copy is put aside.
func TestTheDatabaseIsCopiedBeforeAnUpgrade(t *testing.T) {
	t.Parallel()
	const last = 26
	n := newNorthshire(t)
	old := filepath.Join(n.dir, "old.db")
	migrations, err := filepath.Glob(filepath.Join(root, "internal", "sqlite", "migrations", "*.sql"))
	if err != nil || len(migrations) <= last {
		t.Fatal(migrations, err)
	}
	db, err := sql.Open("sqlite3", old)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range migrations[:last] {
		if _, err := db.Exec(string(must2(os.ReadFile(path)))); err != nil {
			t.Fatal(path, err)
		}
	}
	const filled = `INSERT INTO kept (name, value) VALUES ('of before', x'01'); PRAGMA user_version = %d`
	if _, err := db.Exec(fmt.Sprintf(filled, last)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), os.Chmod(old, 0o600)); err != nil {
		t.Fatal(err)
	}
	into := func(from string) {
		t.Helper()
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(filepath.Join(n.data(), sqlite.FileName+end)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if err := copyFile(from, filepath.Join(n.data(), sqlite.FileName)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(n.data(), sqlite.FileName), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	into(old)
	must(t, "verify", "--data", n.data())
	folder := filepath.Join(n.data(), app.BackupsFolder)
	copied := filepath.Join(folder, fmt.Sprintf("before-upgrade-%04d.db", last))
	info, err := os.Stat(copied)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	if has, knows, err := sqlite.SchemaOf(t.Context(), n.data()); err != nil || has != knows {
		t.Errorf("the database is of migration %d of %d, %v", has, knows, err)
	}
	// The way back: it is the database of before, to the last table.
	into(copied)
	if has, _, err := sqlite.SchemaOf(t.Context(), n.data()); err != nil || has != last {
		t.Errorf("the copy is of migration %d, %v", has, err)
	}
	must(t, "verify", "--data", n.data())

	t.Run("without room for it nothing is changed", func(t *testing.T) {
		into(old)
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		status, _, errs := run(t, "verify", "--data", n.data())
		if status != app.ExitLess || !strings.Contains(errs, "Nothing was changed") {
			t.Errorf("it ended with %d: %s", status, errs)
		}
		if has, _, err := sqlite.SchemaOf(t.Context(), n.data()); err != nil || has != last {
			t.Errorf("the database is of migration %d, %v", has, err)
		}
	})
}

func TestBackupsAreKeptAsSaid(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	must(t, "ingest", "--data", n.data(), n.file("RZ1_2026-03-09.csv", northgate("2026-03-09", 1, 30)))
	folder := filepath.Join(n.dir, "disk")
	own := filepath.Join(n.data(), app.PartnershipFile)
	text := string(must2(os.ReadFile(own))) + "\nbackup: {folder: " + folder + ", keep: 2}\n"
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := must(t, "backup", "list", "--data", n.data()); !strings.Contains(said, "There is no backup in "+folder) {
		t.Error(said)
	}
	if said := must(t, "backup", "rehearse", "--data", n.data()); !strings.Contains(said, "so nothing was rehearsed") {
		t.Error(said)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{"homeward-20250101T024000Z.tar.gz", "homeward-20250102T024000Z.tar.gz"} {
		if err := os.WriteFile(filepath.Join(folder, old), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if said := must(t, "backup", "--data", n.data()); !strings.Contains(said, "1 older removed") || strings.Contains(said, "another disk") {
		t.Error(said)
	}
	if said := must(t, "backup", "list", "--data", n.data()); strings.Count(said, "homeward-") != 2 ||
		!strings.Contains(said, "homeward-20250102T024000Z.tar.gz") {
		t.Error(said)
	}
	if said := must(t, "audit", "export", "--data", n.data()); !strings.Contains(said, "backup made,homeward-") {
		t.Error(said)
	}
	for want, words := range map[string][]string{"Found --keep": {"--keep", "-1"}, "make": {"copy"}} {
		status, _, errs := run(t, append([]string{"backup", "--data", n.data()}, words...)...)
		if status != app.ExitUsage || !strings.Contains(errs, want) {
			t.Error(words, status, errs)
		}
	}
}
