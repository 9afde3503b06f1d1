package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"homeward/internal/durable"
	"homeward/internal/identity"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// makingFile stands in a data folder from before its first key is made until
// its database is whole, so that a first start that was cut off is told from a
// database that was lost.
const makingFile = sqlite.FileName + ".making"

// keyPathOf gives where the key of a data folder stands.
func (o Options) keyPath() string {
	if o.Key != "" {
		return o.Key
	}
	return filepath.Join(o.Data, KeyFile)
}

// signs names what shows that a data folder has had a database.
func (o Options) signs() []string {
	key := o.keyPath()
	var out []string
	for _, path := range []string{
		key, key + signin.NextKey, key + signin.FormerKey, filepath.Join(filepath.Dir(key), sqlite.AuditKeyName),
		filepath.Join(o.Data, sqlite.HeadFileName), filepath.Join(o.Data, sqlite.FileName+"-wal"),
		filepath.Join(o.Data, PacksFolder), filepath.Join(o.Data, ReceivedFolder), filepath.Join(o.Data, ArchiveFolder),
	} {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if info.IsDir() {
			if entries, err := os.ReadDir(path); err != nil || len(entries) == 0 {
				continue
			}
		}
		name := filepath.Base(path)
		if filepath.Dir(path) != filepath.Clean(o.Data) {
			name = path
		}
		out = append(out, name)
	}
	return out
}

// database gives the state of the data folder's database. One that is missing
// or blank beside what shows that there was one is refused: a new one in its
// place would say that there never was a delayed day.
func (o Options) database(ctx context.Context) (sqlite.State, error) {
	// This order of asking misses nothing that another process makes meanwhile:
	// the making file is there before the first sign, and the database before it
	// goes.
	signs := o.signs()
	_, making := os.Stat(filepath.Join(o.Data, makingFile))
	state, err := sqlite.StateOf(ctx, o.Data)
	if err != nil {
		return state, problem.Wrap(err, problem.Unavailable, "The database %s could not be looked at. Check its permissions",
			sqlite.FileName)
	}
	if state == sqlite.Filled || len(signs) == 0 || making == nil {
		return state, nil
	}
	what := "is missing"
	if state == sqlite.Blank {
		what = "is empty"
	}
	return state, problem.New(problem.Unavailable,
		"The database %s %s, and the data folder %s has had one: %s. No new one was made in its place. "+
			"Restore the database from your backup (homeward restore FILE --database --data %s), then start again; what was received since "+
			"is taken in again by itself. To begin with nothing on purpose, move these away first.",
		sqlite.FileName, what, o.Data, list(signs), o.Data)
}

func list(words []string) string {
	if len(words) == 1 {
		return words[0] + " is there"
	}
	return fmt.Sprintf("%s and %s are there", strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
}

// firstKey makes the key of a data folder that has no database yet. It comes
// before the database: a stop between the two then leaves a key without a
// database and the making file, and never identifiers without their key.
func (o Options) firstKey(state sqlite.State) error {
	if info, err := os.Stat(o.Data); err != nil || !info.IsDir() || state == sqlite.Filled {
		return nil // Opening the database says what to do.
	}
	err := durable.WriteNew(filepath.Join(o.Data, makingFile), nil)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return problem.Wrap(err, problem.Unavailable,
			"The data folder %s could not be written in. Check its permissions, and that the disk has room", o.Data)
	}
	_, err = identity.LoadOrCreate(o.keyPath(), true)
	return err
}

// made says that the data folder's database is whole.
func (o Options) made() error {
	err := durable.Remove(filepath.Join(o.Data, makingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readableDatabase refuses a database whose key file is missing: a new key
// would meet every known patient as a stranger.
func (o Options) readableDatabase(state sqlite.State) error {
	if state != sqlite.Filled {
		return nil
	}
	// The key is made before the database, so this order of asking misses
	// nothing that another process makes meanwhile.
	if _, err := os.Stat(o.keyPath()); errors.Is(err, fs.ErrNotExist) {
		return problem.New(problem.Unavailable, "The data folder has a database and no key file %s. Restore the key file from your "+
			"backup: without it patients cannot be matched. Figures still work.", filepath.Base(o.keyPath()))
	}
	return nil
}

// openStore opens the database alone: figures need neither the partnership
// file nor the key.
func openStore(ctx context.Context, o Options) (*sqlite.Store, error) {
	if info, err := os.Stat(o.Data); err != nil || !info.IsDir() {
		return sqlite.Open(ctx, o.Data, nil) // It says what to do.
	}
	state, err := o.database(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.private(); err != nil {
		return nil, err
	}
	if state == sqlite.Absent {
		return nil, problem.New(problem.NotFound,
			"There is no database in the data folder %s yet. Take extracts in first: homeward ingest --data %s PATH…", o.Data, o.Data)
	}
	if o.onlyRead() {
		return sqlite.OpenReading(ctx, o.Data, heldBy(o.Data) != "")
	}
	if err := o.beforeUpgrade(ctx, state); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, o.Data, nil)
}

// onlyRead says that the data folder can be read and not written in: by its
// permissions, or because its disk is mounted so.
func (o Options) onlyRead() bool {
	const write = 2
	err := syscall.Access(o.Data, write)
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EROFS)
}

// beforeUpgrade copies a database that this program is about to migrate, so that
// the way back does not hang on last night's backup. The last two copies stay.
func (o Options) beforeUpgrade(ctx context.Context, state sqlite.State) (err error) {
	if state != sqlite.Filled {
		return nil
	}
	has, knows, err := sqlite.SchemaOf(ctx, o.Data)
	if err != nil || has >= knows {
		return nil // Opening it says what is wrong.
	}
	folder := filepath.Join(o.Data, BackupsFolder)
	dir, err := os.MkdirTemp(o.Data, sqlite.ScratchPattern)
	if err == nil {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		err = durable.MkdirAll(folder)
	}
	if err == nil {
		err = sqlite.CopyOf(ctx, o.Data, dir)
	}
	if err == nil {
		err = durable.Rename(filepath.Join(dir, sqlite.FileName), filepath.Join(folder, fmt.Sprintf("%s%04d.db", upgradeCopy, has)))
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "This version of Homeward changes the database, and the copy that it makes first could "+
			"not be written to %s. Nothing was changed. Check that the disk has room and that the folder may be written in", folder)
	}
	copies, err := filepath.Glob(filepath.Join(folder, upgradeCopy+"*.db"))
	for _, old := range copies[:max(0, len(copies)-2)] {
		err = errors.Join(err, durable.Remove(old))
	}
	return err
}

// upgradeCopy begins the names of copies that are made before migrations; the number
// of the last one that the copy has follows.
const upgradeCopy = "before-upgrade-"

// private refuses keys and a database that every account of the machine may
// open, and says what mends it.
func (o Options) private() error {
	key := o.keyPath()
	database := filepath.Join(o.Data, sqlite.FileName)
	var open []string
	for _, path := range []string{
		key, key + signin.NextKey, key + signin.FormerKey, filepath.Join(filepath.Dir(key), sqlite.AuditKeyName),
		database, database + "-wal", database + "-shm",
	} {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
			open = append(open, quoted(path))
		}
	}
	if len(open) == 0 {
		return nil
	}
	return problem.New(problem.Forbidden, "Every account of this machine may open what Homeward keeps secret. Nothing was done. "+
		"Mend it with: chmod 600 %s", strings.Join(open, " "))
}

// quoted gives a path as a shell reads it.
func quoted(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
