package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/backup"
	"homeward/internal/durable"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// restoredFile stands in a data folder whose database was restored until the audit
// log says so, which it can when its key is there.
const restoredFile = sqlite.FileName + ".restored"

// restored is its content.
type restored struct {
	// From names the backup.
	From string `json:"from"`
	// Lost is the last head of the log that was lost; empty when nobody knows it.
	Lost string `json:"lost_head,omitempty"`
}

func setUpRestore(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c)
	only := flags.Bool("database", false, "put back the database alone, into a data folder that has lost its own")
	head := flags.String("head", "", "the last line of audit.head or of the nightly check that you have, in a `file`")
	return func(ctx context.Context, words []string) (int, error) {
		if err := d.check(); err != nil {
			return ExitUsage, err
		}
		if len(words) != 1 {
			return ExitUsage, usage("Say which backup to restore: a file homeward-….tar.gz, or a database that was kept elsewhere.")
		}
		heads, err := readHeads(*head)
		if err != nil {
			return ExitUsage, err
		}
		r := restoring{o: d.options(nil), from: words[0], only: *only, out: c.Out}
		if len(heads) > 0 {
			r.lost = &heads[len(heads)-1]
		}
		return r.do(ctx)
	}
}

// restoring puts a data folder, or its database alone, back from a backup.
type restoring struct {
	o    Options
	from string
	only bool // the database alone
	lost *audit.Head
	out  io.Writer
}

func (r *restoring) do(ctx context.Context) (int, error) {
	f, err := os.Open(r.from)
	if err != nil {
		return ExitUsage, problem.Wrap(err, problem.NotFound, "The backup could not be opened")
	}
	begin, err := bufio.NewReader(f).Peek(16)
	if err = errors.Join(err, f.Close()); err != nil {
		return ExitLess, problem.Wrap(err, problem.Invalid, "%s is no backup: it is not long enough to be one", r.from)
	}
	if r.o.Now == nil {
		r.o.Now = time.Now
	}
	sqliteFile := strings.HasPrefix(string(begin), "SQLite format 3")
	if !backup.Is(begin) && !sqliteFile {
		return ExitLess, problem.New(problem.Invalid, "%s is neither a backup of Homeward (homeward-….tar.gz) nor an SQLite database.", r.from)
	}
	alone := r.only || sqliteFile
	if info, err := os.Stat(r.o.Data); alone && (err != nil || !info.IsDir()) {
		return ExitLess, problem.New(problem.NotFound, "There is no data folder at %s. A database alone goes into the folder that has lost its "+
			"own, with its partnership file and keys.", r.o.Data)
	}
	if err := durable.MkdirAll(r.o.Data); err != nil {
		return ExitLess, problem.Wrap(err, problem.Unavailable, "The data folder %s could not be made", r.o.Data)
	}
	release, err := hold(r.o.Data, fmt.Sprintf("a restore, process %d", os.Getpid()))
	if err != nil {
		return ExitLess, err
	}
	defer func() { _ = release() }()
	if r.lost == nil {
		// A head file that is still there knows the log that was lost.
		if r.lost, err = sqlite.AuditHeadFile(r.o.Data); err != nil {
			return ExitLess, err
		}
	}
	switch {
	case backup.Is(begin) && !r.only:
		err = r.folder(ctx)
	case backup.Is(begin):
		err = r.database(ctx, func(dir string) error {
			_, err := readBackup(ctx, r.from, dir, func(path string) bool { return path == sqlite.FileName })
			return err
		})
	default:
		err = r.database(ctx, r.copyDatabase)
	}
	if err != nil {
		return ExitLess, err
	}
	return r.after(ctx)
}

// folder restores a whole data folder. Nothing may stand in it but keys, the head
// file of the log that was lost, and empty folders.
func (r *restoring) folder(ctx context.Context) (err error) {
	if err := r.empty(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(r.o.Data, restoringFolder+"*")
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The data folder %s may not be written in", r.o.Data)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, err := readBackup(ctx, r.from, dir, nil)
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if top, _, _ := strings.Cut(f.Path, "/"); !slices.Contains(inBackup(), top) {
			return problem.New(problem.Invalid, "The backup holds %q, which no backup of Homeward does. Nothing was restored.", f.Path)
		}
	}
	store, err := openRestored(ctx, dir, r.o.Now)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	if err := r.mark(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	// The database last: beside anything else a folder without one is refused, so
	// that half of a restore never passes for the whole.
	for _, e := range entries {
		if e.Name() != sqlite.FileName {
			err = errors.Join(err, place(dir, r.o.Data, e.Name()))
		}
	}
	if err == nil {
		err = place(dir, r.o.Data, sqlite.FileName)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "What was restored could not be put into %s", r.o.Data)
	}
	fmt.Fprintf(r.out, "Restored %s: %s, to entry %s of the audit log.\n", filepath.Base(r.from), m, entryOf(m.Head))
	for _, what := range m.LeftOut {
		fmt.Fprintf(r.out, "Not in it: %s.\n", what)
	}
	for _, k := range m.Keys {
		if _, err := os.Stat(r.keyNamed(k.Name)); errors.Is(err, fs.ErrNotExist) && k.CheckValue != "" {
			fmt.Fprintf(r.out, "Its key is kept elsewhere: put %s (check value %s) back as %s.\n", k.Name, k.CheckValue, r.keyNamed(k.Name))
		}
	}
	return nil
}

// inBackup names what stands at the top of a backup.
func inBackup() []string {
	out := []string{sqlite.FileName, sqlite.HeadFileName, PartnershipFile}
	for _, f := range backedUp {
		out = append(out, f.name)
	}
	return out
}

// restoringFolder begins the name of a folder that a restore is prepared in.
const restoringFolder = ".restoring-"

// place moves a file or folder into a folder where it replaces an empty folder or a
// head file at most.
func place(from, to, name string) error {
	at := filepath.Join(to, name)
	if info, err := os.Stat(at); err == nil && info.IsDir() {
		if err := os.Remove(at); err != nil {
			return err
		}
	}
	return durable.Rename(filepath.Join(from, name), at)
}

func (r *restoring) keyNamed(name string) string {
	if name == KeyFile {
		return r.o.keyPath()
	}
	return filepath.Join(filepath.Dir(r.o.keyPath()), name)
}

// empty refuses a data folder in which something stands that a restore would mix
// with what it puts there.
func (r *restoring) empty() error {
	entries, err := os.ReadDir(r.o.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The data folder %s could not be read", r.o.Data)
	}
	var there []string
	for _, e := range entries {
		name := e.Name()
		key := strings.HasPrefix(name, KeyFile) || strings.HasPrefix(name, sqlite.AuditKeyName)
		ours := slices.Contains([]string{sqlite.HeadFileName, lockFile, restoredFile, BackupsFolder}, name)
		if key || ours || strings.HasPrefix(name, restoringFolder) {
			continue
		}
		if e.IsDir() {
			if in, err := os.ReadDir(filepath.Join(r.o.Data, name)); err == nil && len(in) == 0 {
				continue
			}
		}
		there = append(there, name)
	}
	if len(there) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, "The folder %s is not empty: %s. Nothing was restored, because a restore replaces nothing. Name a "+
		"new folder, or move these away first; keys may stay.", r.o.Data, list(there))
}

// copyDatabase copies a database that was kept elsewhere, such as a replica.
func (r *restoring) copyDatabase(dir string) error {
	src, err := os.Open(r.from)
	if err != nil {
		return err
	}
	err = durable.WriteFrom(filepath.Join(dir, sqlite.FileName), src)
	if err = errors.Join(err, src.Close()); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The database could not be copied. Check that the disk has room")
	}
	return nil
}

// database puts back the database alone, which take brings into a folder, into a
// data folder that has lost its own.
func (r *restoring) database(ctx context.Context, take func(dir string) error) (err error) {
	state, err := sqlite.StateOf(ctx, r.o.Data)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The data folder %s could not be looked at", r.o.Data)
	}
	if state == sqlite.Filled {
		return problem.New(problem.Conflict, "There is a database in %s. Nothing was restored, because a restore replaces nothing. Stop "+
			"Homeward and move %s away first, with the files beside it whose names begin with its name.", r.o.Data, sqlite.FileName)
	}
	dir, err := os.MkdirTemp(r.o.Data, restoringFolder+"*")
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The data folder %s may not be written in", r.o.Data)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := take(dir); err != nil {
		return err
	}
	store, err := openRestored(ctx, dir, r.o.Now)
	if err != nil {
		return err
	}
	head, err := store.AuditHead(ctx)
	if state, stateErr := sqlite.StateOf(ctx, dir); stateErr == nil && state != sqlite.Filled && err == nil {
		err = problem.New(problem.Invalid, "%s is no database of Homeward, or an empty one.", r.from)
	}
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	if err := r.mark(); err != nil {
		return err
	}
	// What a database that is gone left beside it would be taken for this one's.
	for _, end := range []string{"-wal", "-shm"} {
		at := filepath.Join(r.o.Data, sqlite.FileName+end)
		if err := durable.Rename(at, at+".former"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return problem.Wrap(err, problem.Unavailable, "What the lost database left could not be put aside")
		}
	}
	if err := place(dir, r.o.Data, sqlite.FileName); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The database could not be put into %s", r.o.Data)
	}
	fmt.Fprintf(r.out, "Restored the database from %s, to entry %d of the audit log.\n", filepath.Base(r.from), head.Number)
	return nil
}

// mark leaves a note for the audit log of what is restored.
func (r *restoring) mark() error {
	note := restored{From: filepath.Base(r.from)}
	if r.lost != nil {
		note.Lost = r.lost.String()
	}
	text, err := json.Marshal(note)
	if err == nil {
		err = durable.Write(filepath.Join(r.o.Data, restoredFile), text)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The data folder %s may not be written in", r.o.Data)
	}
	return nil
}

// after opens what was restored when its keys are there, so that the audit log says
// so, and checks it whole.
func (r *restoring) after(ctx context.Context) (int, error) {
	fmt.Fprintln(r.out, "Accounts, roles, tokens and sessions are as they were then: look through them (homeward user list, homeward "+
		"token list).")
	next := fmt.Sprintf("homeward verify --data %s and homeward audit verify --data %s", r.o.Data, r.o.Data)
	for _, name := range []string{KeyFile, sqlite.AuditKeyName} {
		if _, err := os.Stat(r.keyNamed(name)); err != nil {
			fmt.Fprintf(r.out, "Then run %s. The audit log notes the restore when its key is back.\n", next)
			return ExitDone, nil
		}
	}
	a, err := Open(ctx, r.o)
	if err != nil {
		return ExitLess, problem.Wrap(err, problem.KindOf(err), "It was restored, and cannot be opened yet")
	}
	status, sentence, err := verify(ctx, a.Store, a.Key)
	if err == nil {
		fmt.Fprintln(r.out, sentence)
		var whole bool
		if whole, err = signin.AuditVerify(ctx, a.Store, r.out); !whole {
			status = ExitLess
		}
	}
	return status, errors.Join(err, a.Close())
}

// noteRestored has the audit log say that the database was restored, where it was.
func (a *App) noteRestored(ctx context.Context) error {
	at := filepath.Join(a.Options.Data, restoredFile)
	text, err := os.ReadFile(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	note := restored{}
	if err == nil {
		err = json.Unmarshal(text, &note)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file %s, which says what the database was restored from, could not be read. "+
			"Move it away, and say what happened with: homeward audit begin-anew", restoredFile)
	}
	var lost *audit.Head
	if note.Lost != "" {
		h, err := audit.ParseHead(note.Lost)
		if err != nil {
			return err
		}
		lost = &h
	}
	if err := a.Store.Restored(ctx, note.From, lost); err != nil {
		return err
	}
	return durable.Remove(at)
}
