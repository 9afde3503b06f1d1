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

// dumped gives every row of every table as text.
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
		var lines []string
		for rows.Next() {
			cells := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				return nil, err
			}
			lines = append(lines, fmt.Sprintf("%v", cells))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		slices.Sort(lines)
		out[table] = strings.Join(lines, "\n")
	}
	return out, nil
}

// notFigures are tables of which a flipped byte can go unnoticed by the nightly checks:
// words of receipts and layouts, accounts, sealed identifiers, the lines of a file in
// which its rows stand, and what is no record of anything. Every other table is
// derived afresh, held by the audit log's chain, or compared.
var notFigures = []string{"patient", "local_number", "extract",
	"file", "token", "given", "person", "person_grant", "job_run", "session", "kept", "moment", "derived_with", "stated_with", "attempt"}

// A byte of the database that flips is noticed by the nightly checks, whatever it does
// to figures, delays or the audit log, and crashes nothing.
func TestAFlippedByteIsNoticed(t *testing.T) {
	skipShort(t)
	t.Parallel()
	home := tortureHome(t)
	defer os.RemoveAll(home)
	data := filepath.Join(home, "data")
	must(t, "ingest", "--data", data, filepath.Join(home, "RZ1_2026-03-13.csv"))
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
		switch only := !slices.ContainsFunc(changed, func(s string) bool { return !slices.Contains(notFigures, s) }); {
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
	a := openApp(t, app.Options{Data: n.data()})
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
	for _, want := range []string{"stored otherwise than the evidence gives", "The newest backup that is whole is " + filepath.Base(good),
		"homeward restore " + good} {
		if verified.Result != schedule.DidNotFinish || !strings.Contains(verified.Message, want) {
			t.Errorf("it is %q and says %q, expected %q", verified.Result, verified.Message, want)
		}
	}
}
