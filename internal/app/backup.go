package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/backup"
	"homeward/internal/durable"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/sqlite"
)

// BackupsFolder is where backups go when the partnership file names no other
// folder.
const BackupsFolder = "backups"

// backedUp are the folders of a data folder that a backup holds; what the program
// may remove at any time is left out when it is gone.
var backedUp = []struct {
	name  string
	mayGo bool
}{{"layouts", false}, {"reference", false}, {PacksFolder, true}, {ReceivedFolder, true}}

// leftOut are the folders that hold patients in clear, with why they are no part of
// a backup.
var leftOut = []struct{ name, why string }{
	{InboxFolder, "not taken in yet, and in clear"}, {RejectedFolder, "turned away, and in clear"}, {ArchiveFolder, "in clear"},
}

func setUpBackup(flags *flag.FlagSet, c *Console) func(context.Context, []string) (int, error) {
	d := addData(flags, c).addPartnership(flags)
	to := flags.String("to", "", "the `folder` of the backups, instead of the one that the partnership file names")
	keep := flags.Int("keep", 0, "how `many` backups stay, instead of what the partnership file says")
	return func(ctx context.Context, words []string) (int, error) {
		do := "make"
		if len(words) > 0 {
			var err error
			if do, _, err = verb(words, map[string]string{"make": "", "list": "", "rehearse": ""}); err != nil {
				return ExitUsage, err
			}
		}
		if *keep < 0 {
			return ExitUsage, usage("Found --keep %d. Use a number from 1.", *keep)
		}
		d.anyAudit = true
		return d.opened(ctx, func(a *App) error {
			b := a.backups(c.Version)
			if *to != "" {
				b.folder = *to
			}
			if *keep > 0 {
				b.keep = *keep
			}
			if do == "list" {
				return b.print(c.Out)
			}
			run := b.make
			if do == "rehearse" {
				run = b.rehearse
			}
			said, err := run(ctx)
			if err == nil {
				fmt.Fprintln(c.Out, said)
			}
			return err
		})
	}
}

// backups makes, checks and keeps the backups of a data folder.
type backups struct {
	app     *App
	folder  string
	keep    int
	version string
}

func (a *App) backups(version string) *backups {
	b := &backups{a, a.Partnership().Backup.Folder, a.Partnership().Backup.Keep, version}
	if b.folder == "" {
		b.folder = filepath.Join(a.Options.Data, BackupsFolder)
	}
	return b
}

// make makes a backup while others write, checks it by opening it, gives it its name
// and removes those that are too many.
func (b *backups) make(ctx context.Context) (_ string, err error) {
	if err := durable.MkdirAll(b.folder); err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The folder for backups could not be made")
	}
	dir, gone, err := b.scratch()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, gone()) }()
	m, sources, err := b.gather(ctx, dir)
	if err != nil {
		return "", err
	}
	name := backup.Name(m.Made)
	at := filepath.Join(b.folder, name)
	if _, err := os.Lstat(at); err == nil {
		return "", problem.New(problem.Conflict, "There is a backup %s already. Make one again in a second.", name)
	}
	tmp, err := b.write(ctx, m, sources)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp) // It may have its name already.
		}
	}()
	if err := b.check(ctx, tmp); err != nil {
		return "", err
	}
	info, err := os.Stat(tmp)
	if err != nil {
		return "", err
	}
	if err := durable.Rename(tmp, at); err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The backup could not be given its name")
	}
	said := fmt.Sprintf("%s: %.1f MB, opened and checked to entry %s of the audit log.", name, float64(info.Size())/1e6, entryOf(m.Head))
	if b.beside() {
		said += " It lies in the data folder: name a folder on another disk (backup: folder)."
	}
	removed, err := backup.Rotate(b.folder, b.keep, name)
	if len(removed) > 0 {
		said += fmt.Sprintf(" %d older removed.", len(removed))
	}
	by := people.Actor{Kind: people.Machine}
	noted := b.app.Store.Record(ctx, audit.Entry{Who: by.Who(), As: by.As(), What: audit.BackedUp, Record: name, After: said})
	if noted != nil {
		b.app.Options.Log.Error("the backup was made and could not be noted in the audit log", "error", noted)
	}
	return said, err
}

func entryOf(head string) string {
	number, _, _ := strings.Cut(head, " ")
	return number
}

// scratch makes a folder for copies; gone removes it.
func (b *backups) scratch() (dir string, gone func() error, err error) {
	dir, err = os.MkdirTemp(b.app.Options.Data, sqlite.ScratchPattern)
	if err != nil {
		err = problem.Wrap(err, problem.Unavailable, "No folder for a copy of the database could be made in %s", b.app.Options.Data)
	}
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// gather copies the database into dir and lists what goes into a backup. What the
// database names is there before it is copied, so that everything else is listed
// after it.
func (b *backups) gather(ctx context.Context, dir string) (backup.Manifest, []backup.Source, error) {
	o := b.app.Options
	m := backup.Manifest{Made: o.Now().UTC().Truncate(time.Second), Version: b.version, LeftOut: []string{}}
	if err := b.app.Store.CopyTo(ctx, dir); err != nil {
		return m, nil, err
	}
	copied, err := sqlite.Open(ctx, dir, nil, sqlite.WithClock(o.Now))
	if err != nil {
		return m, nil, err
	}
	err = describe(ctx, copied, dir, &m)
	if err = errors.Join(err, copied.Close()); err != nil {
		return m, nil, err
	}
	// The head of the very copy: the one beside the database may be ahead by now.
	if err := durable.Write(filepath.Join(dir, sqlite.HeadFileName), []byte(m.Head+"\n")); err != nil {
		return m, nil, err
	}
	sources := []backup.Source{
		{Path: sqlite.FileName, At: filepath.Join(dir, sqlite.FileName)},
		{Path: sqlite.HeadFileName, At: filepath.Join(dir, sqlite.HeadFileName)},
		{Path: PartnershipFile, At: o.partnershipPath()},
	}
	for _, f := range backedUp {
		in := o.Data
		if !f.mayGo {
			in = filepath.Dir(o.partnershipPath())
		}
		some, err := backup.Walk(in, f.name, f.mayGo)
		if err != nil {
			return m, nil, problem.Wrap(err, problem.Unavailable, "The folder %s could not be read. Check its permissions", f.name)
		}
		sources = append(sources, some...)
	}
	for _, f := range leftOut {
		some, err := backup.Walk(o.Data, f.name, true)
		if err == nil && len(some) > 0 {
			m.LeftOut = append(m.LeftOut, fmt.Sprintf("%s/: %s, %s", f.name, measure.Plural(int64(len(some)), "file", "files"), f.why))
		}
	}
	return m, sources, nil
}

// describe fills in what the copied database is.
func describe(ctx context.Context, copied *sqlite.Store, dir string, m *backup.Manifest) error {
	head, err := copied.AuditHead(ctx)
	if err != nil {
		return err
	}
	m.Head = head.String()
	if m.Schema, _, err = sqlite.SchemaOf(ctx, dir); err != nil {
		return err
	}
	key, err := copied.KeyFingerprint(ctx)
	if err != nil {
		return err
	}
	bound, err := copied.AuditKeyFingerprint(ctx)
	m.Keys = []backup.Key{{Name: KeyFile, CheckValue: key}, {Name: sqlite.AuditKeyName, CheckValue: bound}}
	return err
}

// write writes a backup under a name that says that it is not whole yet.
func (b *backups) write(ctx context.Context, m backup.Manifest, sources []backup.Source) (_ string, err error) {
	b.sweep()
	tmp, err := os.CreateTemp(b.folder, unfinishedBackup+"*")
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The folder for backups may not be written in")
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = backup.Write(ctx, tmp, m, sources); err == nil {
		err = durable.Sync(tmp)
	}
	if err = errors.Join(err, tmp.Close()); err != nil && problem.KindOf(err) == problem.Internal {
		err = problem.Wrap(err, problem.Unavailable, "The backup could not be written. Check that the disk of %s has room", b.folder)
	}
	return tmp.Name(), err
}

// unfinishedBackup begins the name of a backup that is not whole.
const unfinishedBackup = ".backing-up-"

// sweep removes what backups that were killed have left.
func (b *backups) sweep() {
	left, err := filepath.Glob(filepath.Join(b.folder, unfinishedBackup+"*"))
	for _, at := range left {
		if info, statErr := os.Stat(at); statErr == nil && b.app.Options.Now().Sub(info.ModTime()) > 24*time.Hour {
			err = errors.Join(err, os.Remove(at))
		}
	}
	if err != nil {
		b.app.Options.Log.Error("what an earlier backup left could not be removed", "error", err)
	}
}

// check reads a backup whole and opens its database.
func (b *backups) check(ctx context.Context, at string) error {
	return b.opened(ctx, at, func(path string) bool {
		return path == sqlite.FileName || path == sqlite.HeadFileName
	}, func(*sqlite.Store) error { return nil })
}

// opened restores what is wanted of a backup, all where that is nil, into a folder
// that is gone afterwards, and opens the database in it.
func (b *backups) opened(ctx context.Context, at string, wanted func(string) bool, do func(*sqlite.Store) error) (err error) {
	dir, gone, err := b.scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gone()) }()
	if _, err := readBackup(ctx, at, dir, wanted); err != nil {
		return err
	}
	store, err := openRestored(ctx, dir, b.app.Options.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	o := b.app.Options
	if err := store.UseAuditKey(ctx, filepath.Join(filepath.Dir(o.keyPath()), sqlite.AuditKeyName)); err != nil {
		if o.AnyAudit {
			return do(store) // The log's key is lost: what can be checked is.
		}
		return err
	}
	found, err := store.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	if !found.Whole() {
		return problem.New(problem.Conflict, "The audit log in it does not agree: %s", found.Findings[0])
	}
	return do(store)
}

// readBackup reads a backup from a file.
func readBackup(ctx context.Context, at, dir string, wanted func(string) bool) (_ *backup.Manifest, err error) {
	f, err := os.Open(at)
	if err != nil {
		return nil, problem.Wrap(err, problem.NotFound, "The backup could not be opened")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return backup.Read(ctx, f, dir, wanted)
}

// openRestored opens a database that was restored, if SQLite finds it whole.
func openRestored(ctx context.Context, dir string, now func() time.Time) (*sqlite.Store, error) {
	if _, err := os.Stat(filepath.Join(dir, sqlite.FileName)); err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "The backup has no database in it. Use another one")
	}
	store, err := sqlite.Open(ctx, dir, nil, sqlite.WithClock(now))
	if err != nil {
		return nil, err
	}
	found, err := store.Check(ctx)
	if err == nil && found != "ok" {
		err = problem.New(problem.Invalid, "The database in the backup is damaged: %s. Use another backup.", found)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// rehearse restores the newest backup whole, derives everything in it afresh and
// throws it away.
func (b *backups) rehearse(ctx context.Context) (string, error) {
	all, err := backup.List(b.folder)
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The folder of the backups could not be read")
	}
	if len(all) == 0 {
		// No failure: before the first night there is none.
		return fmt.Sprintf("There is no backup in %s yet, so nothing was rehearsed. homeward backup makes one.", b.folder), nil
	}
	name, began := all[0], time.Now()
	var sentence string
	err = b.opened(ctx, filepath.Join(b.folder, name), nil, func(store *sqlite.Store) error {
		status, found, err := verify(ctx, store, b.app.Key)
		if err == nil && status != ExitDone {
			err = problem.New(problem.Conflict, "The restored database does not agree with itself. %s", found)
		}
		sentence = found
		return err
	})
	if err != nil {
		return "", problem.Wrap(err, problem.KindOf(err), "Restoring %s was rehearsed, and failed", name)
	}
	return fmt.Sprintf("%s was restored in %s and thrown away. %s", name, time.Since(began).Round(time.Second), sentence), nil
}

// any says whether there is a backup; one that cannot be looked for may be there.
func (b *backups) any() bool {
	all, err := backup.List(b.folder)
	return err != nil || len(all) > 0
}

// lastGood says in a sentence which is the newest backup that is whole, for a database
// that is not: each is restored and derived afresh until one is found.
func (b *backups) lastGood(ctx context.Context) (string, error) {
	all, err := backup.List(b.folder)
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The folder of the backups could not be read")
	}
	for _, name := range all {
		at := filepath.Join(b.folder, name)
		err := b.opened(ctx, at, nil, func(store *sqlite.Store) error {
			status, found, err := verify(ctx, store, b.app.Key)
			if err == nil && status != ExitDone {
				err = errors.New(found)
			}
			return err
		})
		if err == nil {
			return fmt.Sprintf("The newest backup that is whole is %s: homeward restore %s --data NEWFOLDER", name, quoted(at)), nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		b.app.Options.Log.Error("a backup is not whole", "backup", name, "error", err)
	}
	return fmt.Sprintf("No backup in %s is whole. Look for one that is kept elsewhere.", b.folder), nil
}

func (b *backups) print(out io.Writer) error {
	all, err := backup.List(b.folder)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The folder of the backups could not be read")
	}
	if len(all) == 0 {
		fmt.Fprintf(out, "There is no backup in %s.\n", b.folder)
	}
	for _, name := range all {
		info, err := os.Stat(filepath.Join(b.folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%.1f MB\n", name, float64(info.Size())/1e6)
	}
	return nil
}

// beside says that the backups lie in the data folder, so that what takes the one
// takes the other.
func (b *backups) beside() bool {
	rest, err := filepath.Rel(b.app.Options.Data, b.folder)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
}
