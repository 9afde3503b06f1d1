package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/identity"
	"homeward/internal/ingest"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/received"
	"homeward/internal/signin"
	"homeward/internal/sqlite"
)

// keeper keeps what is taken in among the received files.
type keeper struct{ folder *received.Folder }

// Has says whether a content is kept.
func (k keeper) Has(sum [32]byte) (bool, error) { return k.folder.Has(sum) }

// Keep begins to keep a file.
func (k keeper) Keep(f ingest.File, content io.Reader) ingest.Keeping {
	return k.folder.Keep(f.Name, f.ReceivedAt, f.SHA256, content)
}

// slack is how long a file may be on its way from its receipt to the database:
// the mark stays so far behind.
const slack = time.Hour

// takeAgain takes in what is kept and is not in the database: a file that was
// on its way when the power went, or everything since the backup that was
// restored. It looks only at what was received after the last look. each, unless it is
// nil, is given what became of each.
func (a *App) takeAgain(ctx context.Context, each func(*ingest.Report)) error {
	if a.Received == nil {
		return nil // Without its key nothing can be opened; this is said elsewhere.
	}
	if err := a.Received.Sweep(a.Options.Now()); err != nil {
		a.Options.Log.Error("what an earlier process left unfinished among the received files could not be removed", "error", err)
	}
	if err := a.finishResealing(ctx); err != nil {
		return err
	}
	mark, err := a.Store.ReceivedMark(ctx)
	if err != nil {
		return err
	}
	all, err := a.Received.After(mark)
	if err != nil || len(all) == 0 {
		return err
	}
	next := min(all[len(all)-1].Mark(), received.MarkOf(a.Options.Now().Add(-slack)))
	for _, e := range all {
		has, err := a.Store.HasFile(ctx, e.Sum)
		if err != nil {
			return err
		}
		if has {
			continue
		}
		report, err := a.takeOneAgain(ctx, e)
		if err == nil && each != nil {
			each(report)
		}
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			// The others come in all the same, and this one is looked at again.
			a.Options.Log.Error("a received file is not in the database and could not be taken in again", "received", e.At, "error", err)
			next = min(next, received.MarkOf(e.At))
		}
	}
	if next <= mark {
		return nil
	}
	return a.Store.SetReceivedMark(ctx, next)
}

func (a *App) takeOneAgain(ctx context.Context, e received.Entry) (*ingest.Report, error) {
	o, err := a.Received.OpenEntry(e)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("This file had been received and was not in the database when Homeward started on %s; it was taken in "+
		"again from its sealed copy.",
		a.now().Format("2 January 2006"))
	kept, err := keptOf(e.Sum, o.Without)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	if words := withoutWords(kept); words != "" {
		note += " " + words
	}
	report, err := a.Ingest.Again(ctx, o.Name, o.At, o, kept, note)
	if err := errors.Join(err, o.Close()); err != nil {
		return nil, err
	}
	a.Options.Log.Info("a received file was not in the database and was taken in again", counts(report)...)
	return report, nil
}

// counts is what is logged of a file that was taken in.
func counts(report *ingest.Report) []any {
	return []any{"outcome", string(report.Outcome), "provider", report.Provider, "rows", report.RowsRead,
		"kept", report.Kept, "quarantined", report.Quarantined, "excluded", report.Excluded}
}

// sealArchive seals what earlier versions kept in clear and removes the clear
// copies, each after its sealed one is on the disk. It gives how many files it
// sealed; those that it cannot read stay, and it says so once.
func (a *App) sealArchive(ctx context.Context) (n int, err error) {
	root := filepath.Join(a.Options.Data, ArchiveFolder)
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) || a.Received == nil {
		return 0, nil
	}
	var folders []string
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return a.leave(path, err)
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir():
			folders = append(folders, path)
			return nil
		case !e.Type().IsRegular() || strings.HasSuffix(e.Name(), reportSuffix):
			return nil // Receipts are in the database; they go with their files.
		}
		err = a.sealArchived(ctx, path)
		if err != nil && errors.Is(err, ingest.ErrUnreadable) {
			return a.leave(path, err)
		}
		if err == nil {
			n++
		}
		return err
	})
	// The deepest first; what is not empty stays.
	for _, dir := range slices.Backward(folders) {
		_ = os.Remove(dir)
	}
	return n, err
}

// leave says once that a file stays where it is.
func (a *App) leave(path string, err error) error {
	if a.inbox.once(path) {
		a.Options.Log.Error("a file of the archive could not be sealed and stays as it is", "file",
			nhsnumber.Redact(filepath.Base(path)), "error", nhsnumber.Redact(err.Error()))
	}
	return nil
}

func (a *App) sealArchived(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return ingest.Unreadable(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ingest.Unreadable(err)
	}
	frozen, err := ingest.Freeze(f, a.Ingest.Spool)
	if err != nil {
		return err
	}
	defer frozen.Close()
	at, note := info.ModTime(), "This file was found in the folder archive and was not in the database; it was taken in again."
	known, err := a.Store.File(ctx, fmt.Sprintf("%x", frozen.Sum))
	switch {
	case err == nil:
		at, note = known.Received, ""
	case problem.KindOf(err) != problem.NotFound:
		return err
	}
	if note == "" {
		err = a.keepOld(filepath.Base(path), at, frozen)
	} else {
		var report *ingest.Report
		if report, err = a.Ingest.Frozen(ctx, filepath.Base(path), at, frozen, note); err == nil {
			a.Options.Log.Info("a file of the archive was not in the database and was taken in again", counts(report)...)
		}
	}
	if err != nil {
		return err
	}
	if err := a.opensWhole(frozen.Sum); err != nil {
		return err
	}
	if err := os.Remove(path + reportSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return durable.Remove(path)
}

// keepOld keeps a file that is on record and was taken in before files were
// kept.
func (a *App) keepOld(name string, at time.Time, frozen *ingest.Frozen) error {
	if has, err := a.Received.Has(frozen.Sum); err != nil || has {
		return err
	}
	k := a.Received.Keep(name, at, frozen.Sum, frozen.Reader())
	k.Place()
	return k.Wait()
}

// rotateKey replaces the key: first of the identifiers, in one transaction, then
// of the received files, one by one. Cut off between, it is finished at the next
// start.
func (a *App) rotateKey(ctx context.Context, c *Console) error {
	if err := a.finishResealing(ctx); err != nil {
		return err
	}
	if owed, err := a.Store.Owes(ctx, sqlite.Resealing); err != nil || owed {
		return errors.Join(err, problem.New(problem.Conflict,
			"Received files of before the last rotation are still sealed with the key of then. "+
				"Put that key back beside the key file, with %s at the end of its name, then rotate again.", signin.FormerKey))
	}
	if err := a.Store.Owe(ctx, sqlite.Resealing, true); err != nil {
		return err
	}
	rotated := signin.KeyRotate(ctx, a.Store, a.Options.keyPath(), c.Out)
	key, err := identity.LoadOrCreate(a.Options.keyPath(), false)
	if err != nil {
		return errors.Join(rotated, err)
	}
	a.Key = key
	a.openReceived()
	return errors.Join(rotated, a.finishResealing(ctx))
}

// openReceived opens the received files with the key in use.
func (a *App) openReceived() {
	// Backups of before a rotation, and files that it has not reached, open with
	// the former key while it stands beside.
	a.former, _ = identity.LoadOrCreate(a.Options.keyPath()+signin.FormerKey, false)
	a.Received = received.New(filepath.Join(a.Options.Data, ReceivedFolder), a.Key, a.former)
	a.Ingest.Keeper, a.Ingest.Spool = keeper{a.Received}, filepath.Join(a.Options.Data, SpoolFolder)
}

// finishResealing seals with the key in use what a rotation has not reached.
func (a *App) finishResealing(ctx context.Context) error {
	owed, err := a.Store.Owes(ctx, sqlite.Resealing)
	if err != nil || !owed || a.Received == nil {
		return err
	}
	if a.former != nil {
		n, err := received.New(filepath.Join(a.Options.Data, ReceivedFolder), a.former, nil).Reseal(ctx, a.Key)
		if err != nil {
			return err
		}
		a.Options.Log.Info("received files were sealed with the new key", "files", n)
	}
	left, err := a.Received.Foreign()
	if err != nil {
		return err
	}
	if left > 0 {
		a.Options.Log.Error("received files are sealed with a key that is not here; put it back beside the key file", "files", left,
			"ending", signin.FormerKey)
		return nil
	}
	return a.Store.Owe(ctx, sqlite.Resealing, false)
}

// purgeReceived deletes received files past the retention period, by the day of
// their receipt or of their newest extract, and the clear copies of files that
// were turned away longer ago than people look at them. It gives the number of
// received files.
func (a *App) purgeReceived(ctx context.Context) (n int, err error) {
	if a.Received == nil {
		return 0, nil
	}
	before := a.Options.Now().AddDate(-a.Partnership().RetentionYears, 0, 0)
	old, err := a.Store.FilesUpTo(ctx, delay.DayOf(before))
	if err != nil {
		return 0, err
	}
	past := make(map[[32]byte]bool, len(old))
	for _, sum := range old {
		past[sum] = true
	}
	all, err := a.Received.After("")
	if err != nil {
		return 0, err
	}
	for _, e := range all {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if !e.At.Before(before) && !past[e.Sum] {
			continue
		}
		if err := a.Received.Remove(e); err != nil {
			return n, problem.Wrap(err, problem.Unavailable,
				"A received file past its period could not be deleted. Check the permissions of the data folder")
		}
		n++
	}
	if n > 0 {
		by := people.Actor{Kind: people.Machine}
		err = a.Store.Record(ctx, audit.Entry{Who: by.Who(), As: by.As(), What: audit.IdentifiersPurged,
			After: fmt.Sprintf("%d received files", n)})
	}
	return n, errors.Join(err, a.clearRejected(ctx))
}

// rejectedFor is how long the copy of a file that was turned away lies in clear
// for people to look at. Its sealed copy and its receipt stay.
const rejectedFor = 30 * 24 * time.Hour

// clearRejected removes clear copies in rejected that have served.
func (a *App) clearRejected(ctx context.Context) error {
	root := filepath.Join(a.Options.Data, RejectedFolder)
	days, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, day := range days {
		at, parseErr := time.Parse(time.DateOnly, day.Name())
		if parseErr != nil || a.Options.Now().Sub(at) < rejectedFor {
			continue
		}
		files, readErr := os.ReadDir(filepath.Join(root, day.Name()))
		err = errors.Join(err, readErr)
		for _, f := range files {
			if !f.Type().IsRegular() || strings.HasSuffix(f.Name(), reportSuffix) {
				continue
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			err = errors.Join(err, a.clearIfKept(filepath.Join(root, day.Name(), f.Name())))
		}
	}
	return err
}

// clearIfKept removes a file of which there is a sealed copy.
func (a *App) clearIfKept(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // It was set aside because it cannot be read.
	}
	defer f.Close()
	frozen, err := ingest.Freeze(f, a.Ingest.Spool)
	if errors.Is(err, ingest.ErrUnreadable) {
		return nil
	}
	if err != nil {
		return err
	}
	defer frozen.Close()
	err = a.opensWhole(frozen.Sum)
	if problem.KindOf(err) == problem.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return durable.Remove(path)
}

// opensWhole reads the sealed copy of a content to its end, before its clear
// copy goes.
func (a *App) opensWhole(sum [32]byte) error {
	o, err := a.Received.Open(sum)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, o)
	return errors.Join(err, o.Close())
}
