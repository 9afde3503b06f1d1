package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/backup"
	"homeward/internal/schedule"
	"homeward/internal/sqlite"
)

// dumped gives every column of every table as text.
func dumped(path string) (map[string]string, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, err
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, table := range tables {
		rows, err := db.Query(`SELECT * FROM "` + table + `"`)
		if err != nil {
			return nil, err
		}
		columns, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		for i, name := range columns {
			columns[i] = strings.ToLower(name) // A bit makes them capitals, which is the same to SQL.
		}
		cols := map[string][]string{}
		for rows.Next() {
			cells := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				return nil, err
			}
			for i, name := range columns {
				cols[name] = append(cols[name], fmt.Sprintf("%v", cells[i]))
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		for _, name := range columns {
			out[table+"."+name] = strings.Join(cols[name], "\n")
		}
	}
	return out, nil
}

// notFigures are tables of which a flipped byte can go unnoticed by the nightly checks,
// because rows in them change all day or are no record of anything, and the columns of
// others that do. Every other row is derived afresh, held by the audit log's chain,
// compared, or as it was when a night summed it.
var notFigures = []string{"token", "recovery_code", "job_run", "session", "kept", "moment", "derived_with", "stated_with", "attempt",
	"provider_turn", "sent_answer", "log_reach", "delivery", "pack_check", "call_turn",
	"person.last_signed_in", "person.second_factor_step", "file.read_with", "extract.provider_id"}

// unlisted says that something else than these changed.
func unlisted(changed []string) bool {
	return slices.ContainsFunc(changed, func(s string) bool {
		table, _, _ := strings.Cut(s, ".")
		return !slices.Contains(notFigures, s) && !slices.Contains(notFigures, table)
	})
}

// A byte of the database that flips is noticed by the nightly checks, whatever it does
// to figures, delays or the audit log, and crashes nothing.
func TestAFlippedByteIsNoticed(t *testing.T) {
	skipShort(t)
	t.Parallel()
	home := tortureHome(t)
	defer os.RemoveAll(home)
	data := filepath.Join(home, "data")
	must(t, "ingest", "--data", data, filepath.Join(home, "RZ1_2026-03-13.csv"))
	sumRows(t, data)
	path := filepath.Join(data, sqlite.FileName)
	whole := must2(os.ReadFile(path))
	want := must2(dumped(path))
	flips := 60
	if os.Getenv("HOMEWARD_TORTURE") != "" {
		flips = 1000
	}
	harmless, noticed, words := 0, 0, map[string]int{}
	for range flips {
		at, bit := rand.IntN(len(whole)), rand.IntN(8)
		text := slices.Clone(whole)
		text[at] ^= 1 << bit
		for _, end := range []string{"-wal", "-shm"} {
			if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := dumped(path)
		var changed []string
		for table, rows := range want {
			if err == nil && got[table] != rows {
				changed = append(changed, table)
			}
		}
		if err == nil && len(changed) == 0 {
			harmless++
			continue
		}
		status, out, errs := run(t, "verify", "--data", data)
		audited, more, moreErrs := run(t, "audit", "verify", "--data", data)
		switch only := !unlisted(changed); {
		case status != app.ExitDone || audited != app.ExitDone:
			noticed++
			if strings.TrimSpace(out+errs+more+moreErrs) == "" {
				t.Errorf("bit %d of byte %d is noticed without a word", bit, at)
			}
		case err == nil && only:
			words[changed[0]]++
		default:
			t.Errorf("bit %d of byte %d changes %v (%v) and is not noticed", bit, at, changed, err)
		}
	}
	t.Logf("%d bits flipped: %d change nothing that is read, %d are noticed, words alone changed in %v", flips, harmless, noticed, words)
}

// sumRows makes the sums that a night makes.
func sumRows(t *testing.T, data string) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Store.SumRows(t.Context()), a.Close()); err != nil {
		t.Fatal(err)
	}
}

// flipIn flips a bit of the file in the first place where these bytes stand.
func flipIn(t *testing.T, path string, bytes []byte) {
	t.Helper()
	whole := must2(os.ReadFile(path))
	at := strings.Index(string(whole), string(bytes))
	if len(bytes) == 0 || at < 0 {
		t.Fatalf("%q does not stand in the file", bytes)
	}
	whole[at+len(bytes)/2] ^= 1
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Words that nothing works out again, and what is sealed, are noticed wherever they
// stand, by a sentence that says where and has no identifier.
func TestAFlippedWordIsNoticed(t *testing.T) {
	t.Parallel()
	home := tortureHome(t)
	defer os.RemoveAll(home)
	data := filepath.Join(home, "data")
	must(t, "ingest", "--data", data, filepath.Join(home, "RZ1_2026-03-13.csv"))
	path := filepath.Join(data, sqlite.FileName)
	if out := must(t, "verify", "--data", data); !strings.Contains(out, "Everything that is sealed") {
		t.Error(out)
	}
	whole := must2(os.ReadFile(path))
	cell := func(query string) []byte {
		db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&immutable=1")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var out []byte
		if err := db.QueryRow(query).Scan(&out); err != nil {
			t.Fatal(query, err)
		}
		return out
	}
	back := func() {
		for _, end := range []string{"-wal", "-shm"} {
			if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		`SELECT local_id FROM patient LIMIT 1`:                  "The sealed local number of patient 1 could not be opened.",
		`SELECT value FROM kept WHERE name = 'key fingerprint'`: "names another key",
	} {
		flipIn(t, path, cell(query))
		if status, out, errs := run(t, "verify", "--data", data); status == app.ExitDone || !strings.Contains(out+errs, want) {
			t.Errorf("%s: verify ends with %d and says %q, expected %q", query, status, out+errs, want)
		}
		back()
	}
	sumRows(t, data)
	whole = must2(os.ReadFile(path))
	for query, want := range map[string]string{
		`SELECT substr(report, 20, 30) FROM file WHERE file_id = 1`: "(table file, rows 1 to 4095)",
		`SELECT listed FROM extract ORDER BY extract_id LIMIT 1`:    "",
		`SELECT why FROM given WHERE length(why) > 10`:              "(table given, rows 1 to 4095)",
		`SELECT sum FROM row_sum WHERE name = 'file'`:               "(table file, rows 1 to 4095)",
	} {
		flipIn(t, path, cell(query))
		if status, out, errs := run(t, "verify", "--data", data); status == app.ExitDone || !strings.Contains(out+errs, want) {
			t.Errorf("%s: verify ends with %d and says %q, expected %q", query, status, out+errs, want)
		}
		back()
	}
	must(t, "verify", "--data", data)
}

// A word that flips after a night summed it, and before the backup of the next, is in
// that backup too: the one before is named.
func TestTheBackupBeforeTheFlipIsNamed(t *testing.T) {
	t.Parallel()
	n, _ := keptNorthshire(t)
	sumRows(t, n.data())
	time.Sleep(1100 * time.Millisecond) // Names have whole seconds.
	must(t, "backup", "--data", n.data())
	folder := filepath.Join(n.data(), app.BackupsFolder)
	good := must2(backup.List(folder))[0]
	db, err := sql.Open("sqlite3", filepath.Join(n.data(), sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	var words []byte
	err = db.QueryRow(`SELECT substr(report, 20, 30) FROM file WHERE file_id = 1`).Scan(&words)
	if err == nil {
		_, err = db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	flipIn(t, filepath.Join(n.data(), sqlite.FileName), words)
	time.Sleep(1100 * time.Millisecond)
	must(t, "backup", "--data", n.data())
	message := nightlyCheck(t, n.data())
	for _, want := range []string{"receipts of files (table file, ", "The newest backup that is whole is " + good} {
		if !strings.Contains(message, want) {
			t.Errorf("it says %q, expected %q", message, want)
		}
	}
}

// The nightly check of a database that is not whole names the newest backup that is,
// and passes over one that is not.
func TestTheNightlyCheckNamesTheLastGoodBackup(t *testing.T) {
	t.Parallel()
	n, good := keptNorthshire(t)
	time.Sleep(1100 * time.Millisecond) // Names have whole seconds.
	must(t, "backup", "--data", n.data())
	folder := filepath.Dir(good)
	all := must2(backup.List(folder))
	if len(all) != 2 || all[1] != filepath.Base(good) {
		t.Fatalf("there are %v, expected %s second", all, good)
	}
	newest := must2(os.ReadFile(filepath.Join(folder, all[0])))
	newest[len(newest)/2] ^= 1
	if err := os.WriteFile(filepath.Join(folder, all[0]), newest, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(n.data(), sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`DELETE FROM segment`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	message := nightlyCheck(t, n.data())
	for _, want := range []string{"stored otherwise than the evidence gives", "The newest backup that is whole is " + filepath.Base(good),
		"homeward restore " + good} {
		if !strings.Contains(message, want) {
			t.Errorf("it says %q, expected %q", message, want)
		}
	}
}

// nightlyCheck has the job run that is to find something, and gives what it says.
func nightlyCheck(t *testing.T, data string) string {
	t.Helper()
	a := openApp(t, app.Options{Data: data})
	jobs, _, _, err := a.SchedulerForTests()
	if err != nil {
		t.Fatal(err)
	}
	if err := jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = jobs.Stop(context.Background()) }()
	var verified schedule.Status
	soon(t, time.Minute, "the check is done", func() bool {
		all, err := jobs.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		verified = all[slices.IndexFunc(all, func(s schedule.Status) bool { return s.Name == "verify" })]
		return verified.Result != "" && verified.Result != schedule.Running
	})
	if verified.Result != schedule.DidNotFinish {
		t.Errorf("it is %q", verified.Result)
	}
	return verified.Message
}
