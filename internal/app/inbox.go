package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"homeward/internal/bundle"
	"homeward/internal/durable"
	"homeward/internal/ingest"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// settled is how long a file in the inbox must have been left alone before it
// is taken, so that one that is still being copied is not read half.
const settled = 5 * time.Second

// takenPrefix begins the name that a file of the inbox has between its taking
// and its removal.
const takenPrefix = ".taken-"

// inbox is what the program remembers of the inbox while it runs. The zero
// value is ready.
type inbox struct {
	mu sync.Mutex
	// seen tells when a file was first seen as it is now, for those whose own
	// time lies in the future.
	seen map[string]sight
	// stuck are files that can be neither taken nor moved.
	stuck map[string]look
	said  map[string]bool
}

// look is how a file looks without reading it.
type look struct {
	size     int64
	modified time.Time
	inode    uint64
}

type sight struct {
	look
	at time.Time
}

func lookOf(info fs.FileInfo) look {
	l := look{size: info.Size(), modified: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		l.inode = st.Ino
	}
	return l
}

// once says true the first time that it is asked about a thing.
func (i *inbox) once(thing string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.said == nil {
		i.said = map[string]bool{}
	}
	was := i.said[thing]
	i.said[thing] = true
	return !was
}

// isSettled says that a file has been left alone for long enough: by its own
// time, or because it looks as it did at an earlier pass.
func (i *inbox) isSettled(name string, is look, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now.Sub(is.modified) >= settled {
		return true
	}
	// A sight of the future was before the clock was set back.
	if was, ok := i.seen[name]; ok && was.look == is && !was.at.After(now) {
		return now.Sub(was.at) >= settled
	}
	if i.seen == nil {
		i.seen = map[string]sight{}
	}
	i.seen[name] = sight{is, now}
	return false
}

func (i *inbox) isStuck(name string, is look) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	was, ok := i.stuck[name]
	return ok && was == is
}

func (i *inbox) stick(name string, is look) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stuck == nil {
		i.stuck = map[string]look{}
	}
	i.stuck[name] = is
}

// forget lets go of what is in the inbox no longer.
func (i *inbox) forget(there []fs.DirEntry) {
	i.mu.Lock()
	defer i.mu.Unlock()
	gone := func(name string) bool {
		return !slices.ContainsFunc(there, func(e fs.DirEntry) bool { return e.Name() == name })
	}
	for name := range i.seen {
		if gone(name) {
			delete(i.seen, name)
		}
	}
	for name := range i.stuck {
		if gone(name) {
			delete(i.stuck, name)
		}
	}
}

// pass is one look through the inbox.
type pass struct {
	counts                map[ingest.Outcome]int
	waiting, aside, stuck int
	sealed                int
	failures              []error
}

// takeInbox takes every settled file of the inbox in, by name. What was taken
// is among the received files and in the database, both on the disk, before it
// leaves the inbox; what was turned away lies in rejected with its receipt. One
// file that cannot be read is set aside, and the others are taken. It gives a
// sentence about what was done.
func (a *App) takeInbox(ctx context.Context) (string, error) {
	dir := filepath.Join(a.Options.Data, InboxFolder)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = durable.MkdirAll(dir)
	}
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable,
			"The inbox folder could not be read. Check the folder permissions. No files were changed")
	}
	p := &pass{counts: map[ingest.Outcome]int{}}
	if p.sealed, err = a.sealArchive(ctx); err != nil {
		return "", err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return bundle.ByName(a.Name(), b.Name()) })
	a.inbox.forget(entries)
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if err := a.passBy(ctx, p, dir, e); err != nil {
			return "", err
		}
	}
	return p.words(), errors.Join(p.failures...)
}

// passBy sees to one entry of the inbox. An error ends the pass: it is about
// this machine, and the next file would meet it too.
func (a *App) passBy(ctx context.Context, p *pass, dir string, e fs.DirEntry) error {
	name := e.Name()
	path := filepath.Join(dir, name)
	if strings.HasPrefix(name, takenPrefix) {
		return a.putBack(path, dir)
	}
	if strings.HasPrefix(name, ".") || bundle.Noise(name) {
		return nil
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Its sender took it back.
	}
	if err != nil {
		p.failures = append(p.failures, problem.Wrap(err, problem.Unavailable, "One file of the inbox could not be looked at"))
		return nil
	}
	is := lookOf(info)
	if a.inbox.isStuck(name, is) {
		p.stuck++
		return nil
	}
	if !a.inbox.isSettled(name, is, a.Options.Now()) {
		p.waiting++
		return nil
	}
	report, err := a.takeOne(ctx, path, info)
	switch {
	case errors.Is(err, errArriving):
		p.waiting++
	case errors.Is(err, ingest.ErrUnreadable):
		if a.setAside(path, problem.Sentence(err)) {
			p.aside++
		} else {
			a.inbox.stick(name, is)
			p.stuck++
		}
	case err != nil && ctx.Err() == nil && problem.KindOf(err) == problem.Internal:
		// Something about this very file; the others are not to wait for it.
		a.Options.Log.Error("a file of the inbox could not be taken and stays there", "error", nhsnumber.Redact(err.Error()))
		p.failures = append(p.failures, problem.Wrap(err, problem.Unavailable,
			"One file of the inbox could not be taken and stays there. The program's log has the details"))
	case err != nil:
		return err
	default:
		p.counts[report.Outcome]++
		if !a.inbox.isStuck(name, is) {
			break
		}
		p.stuck++
	}
	return nil
}

func (p *pass) words() string {
	var parts []string
	for _, outcome := range []ingest.Outcome{ingest.Taking, ingest.Already, ingest.Held, ingest.Rejected} {
		if n := p.counts[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	for _, part := range []struct {
		n     int
		words string
	}{
		{p.aside, "%d set aside unread"}, {p.waiting, "%d still arriving"}, {p.stuck,
			"%d cannot be moved out of it (the program's log says why)"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf(part.words, part.n))
		}
	}
	words := "Nothing waits in the inbox."
	if len(parts) > 0 {
		words = "Files from the inbox: " + strings.Join(parts, ", ") + "."
	}
	if p.sealed > 0 {
		words += fmt.Sprintf(" %d files of the archive were sealed.", p.sealed)
	}
	return words
}

// errArriving says that a file changed while it was read.
var errArriving = errors.New("the file is still arriving")

// takeOne takes a settled file in and has it leave the inbox.
func (a *App) takeOne(ctx context.Context, path string, seen fs.FileInfo) (*ingest.Report, error) {
	f, err := openPlain(path, seen)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if beingWritten(f) {
		return nil, errArriving
	}
	frozen, err := ingest.Freeze(f, a.Ingest.Spool)
	if err != nil {
		return nil, err
	}
	defer frozen.Close()
	// What grew while it was read is not whole: it is read anew when it has come
	// to rest.
	if info, err := f.Stat(); err != nil || lookOf(info) != lookOf(seen) || info.Size() != frozen.Size {
		return nil, errArriving
	}
	report, err := a.Ingest.Frozen(ctx, filepath.Base(path), time.Time{}, frozen, "")
	if err != nil {
		return nil, err
	}
	a.Options.Log.Info("extract", counts(report)...)
	if report.Outcome == ingest.Rejected {
		if err := a.putRejectedOf(filepath.Base(path), report, frozen); err != nil {
			return nil, err
		}
	}
	if err := a.clear(path, f, frozen.Size); err != nil {
		// It is taken; that its file stays is said once, and is no reason to take
		// it again every minute.
		a.inbox.stick(filepath.Base(path), lookOf(seen))
		a.Options.Log.Error("a file was taken and cannot be moved out of the inbox; remove it yourself", "file",
			nhsnumber.Redact(filepath.Base(path)), "error", nhsnumber.Redact(err.Error()))
	}
	return report, nil
}

// openPlain opens a plain file without following a link and without waiting
// for the other end of a pipe.
func openPlain(path string, seen fs.FileInfo) (*os.File, error) {
	switch mode := seen.Mode(); {
	case mode.IsDir():
		return nil, notAFile("It is a folder. Put the files themselves into the inbox.")
	case mode&fs.ModeSymlink != 0:
		return nil, notAFile("It is a link. Put the file itself into the inbox.")
	case !mode.IsRegular():
		return nil, notAFile("It is no file that holds anything (a pipe, a socket or a device). Put the file itself into the inbox.")
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errArriving // Its sender took it back.
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, problem.Wrap(errors.Join(ingest.ErrUnreadable, err), problem.Unavailable,
			"Homeward may not read it. Have it sent so that Homeward's account may read it, and put it into the inbox again")
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) {
		return nil, problem.Wrap(err, problem.Unavailable, "No further file could be opened on this machine. Nothing was changed")
	}
	if err != nil {
		return nil, ingest.Unreadable(err)
	}
	return f, nil
}

func notAFile(sentence string) error {
	return problem.Wrap(ingest.ErrUnreadable, problem.Invalid, "%s", sentence)
}

// clear removes a file that was taken from the inbox, if what stands there is
// what was read: one that has grown since, or another that was put in its
// place, stays and is taken next.
func (a *App) clear(path string, f *os.File, size int64) error {
	aside := filepath.Join(filepath.Dir(path), takenPrefix+filepath.Base(path))
	if len(filepath.Base(aside)) > nameMax {
		aside = aside[:len(aside)-len(takenPrefix)]
	}
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	now, err := os.Lstat(aside)
	read, statErr := f.Stat()
	if err != nil || statErr != nil || !os.SameFile(now, read) || read.Size() != size {
		return a.putBack(aside, filepath.Dir(path))
	}
	return durable.Remove(aside)
}

// putBack gives a file of the inbox its name back, or another one when that is
// taken.
func (a *App) putBack(aside, dir string) error {
	target := free(dir, strings.TrimPrefix(filepath.Base(aside), takenPrefix))
	if err := durable.Rename(aside, target); err != nil {
		return problem.Wrap(err, problem.Unavailable, "A file could not be put back into the inbox")
	}
	return nil
}

// nameMax is how many bytes a file's name may have.
const nameMax = 255

// rejectedToday gives the folder for what is turned away today.
func (a *App) rejectedToday() (string, error) {
	dir := filepath.Join(a.Options.Data, RejectedFolder, a.now().Format(time.DateOnly))
	if err := durable.MkdirAll(dir); err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The folder %s could not be made. The file stays in the inbox", RejectedFolder)
	}
	return dir, nil
}

// putRejectedOf puts what was turned away of a file into rejected: of a ZIP file those
// of its files alone, because the others lie sealed among the received ones.
func (a *App) putRejectedOf(name string, report *ingest.Report, frozen *ingest.Frozen) error {
	if len(report.Files) == 0 {
		return a.putRejected(name, report, frozen)
	}
	in, err := bundle.Open(frozen, frozen.Size, bundle.DefaultLimits())
	if err != nil {
		return err
	}
	for i, f := range in.Files {
		one := report.Files[i]
		if one.Outcome != ingest.Rejected {
			continue
		}
		err := f.Read(func(content io.Reader) error {
			part, err := ingest.Freeze(content, a.Ingest.Spool)
			if err != nil {
				return err
			}
			defer part.Close()
			return a.putRejected(name+"-"+f.Name, one, part)
		})
		if problem.KindOf(err) == problem.Invalid {
			// What cannot be unpacked has its receipt alone.
			var dir string
			if dir, err = a.rejectedToday(); err == nil {
				err = writeReceipt(free(dir, nhsnumber.Redact(name+"-"+f.Name)), one)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// putRejected puts a copy of a file that was turned away beside its receipt,
// for people to look at. It is what was read.
func (a *App) putRejected(name string, report *ingest.Report, frozen *ingest.Frozen) error {
	dir, err := a.rejectedToday()
	if err != nil {
		return err
	}
	target := free(dir, nhsnumber.Redact(name))
	if err := writeReceipt(target, report); err != nil {
		return err
	}
	if err := durable.WriteFrom(target, frozen.Reader()); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file could not be put into the folder %s. It stays in the inbox", RejectedFolder)
	}
	return nil
}

// writeReceipt writes the receipt of a file of rejected. The receipt goes first:
// a file there always has one.
func writeReceipt(target string, report *ingest.Report) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := durable.Write(target+reportSuffix, text); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The receipt could not be written. The file stays in the inbox")
	}
	return nil
}

// setAside moves what cannot be read from the inbox to rejected, with a receipt
// that says why. Where it cannot be moved, that is said in the log, once.
func (a *App) setAside(path, reason string) bool {
	name := nhsnumber.Redact(filepath.Base(path))
	report := &ingest.Report{File: name, Outcome: ingest.Rejected, Reason: reason}
	dir, err := a.rejectedToday()
	if err == nil {
		target := free(dir, name)
		if err = writeReceipt(target, report); err == nil {
			err = durable.Rename(path, target)
		}
		if err != nil {
			_ = os.Remove(target + reportSuffix)
		}
	}
	if err != nil {
		a.Options.Log.Error("what lies in the inbox can neither be read nor moved", "file", name, "reason", reason, "error",
			nhsnumber.Redact(err.Error()))
		return false
	}
	a.Options.Log.Warn("what lay in the inbox could not be read and was set aside", "file", name, "reason", reason)
	return true
}

const reportSuffix = ".report.json"

// free gives a path in dir for the name that no file has yet, so that nothing
// there is ever replaced. A name too long for its receipt is shortened.
func free(dir, name string) string {
	taken := func(path string) bool {
		return slices.ContainsFunc([]string{path, path + reportSuffix}, func(p string) bool {
			_, err := os.Lstat(p)
			return err == nil
		})
	}
	ext := filepath.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	base := strings.TrimSuffix(name, ext)
	if most := nameMax - len(reportSuffix) - len(" (9999)") - len(ext); len(base) > most {
		base = base[:most]
		for !utf8.ValidString(base) && utf8.ValidString(name) {
			base = base[:len(base)-1]
		}
	}
	path := filepath.Join(dir, base+ext)
	for n := 2; taken(path); n++ {
		path = filepath.Join(dir, fmt.Sprintf("%s (%d)%s", base, n, ext))
	}
	return path
}
