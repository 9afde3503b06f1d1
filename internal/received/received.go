// Package received keeps each file as it was received, sealed and compressed,
// one file each, so that nothing that was acknowledged hangs on the database
// alone and everything can be read again. It knows neither what files hold nor
// what was made of them.
package received

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"homeward/internal/durable"
	"homeward/internal/identity"
	"homeward/internal/problem"
)

// A sealed file stands in a folder of its month and is named for the moment of
// its receipt and the SHA-256 of its content:
// 2026-03/20260312T093000.000000Z-9f86….sealed. Names in order are files in the
// order of receipt.
const (
	ending     = ".sealed"
	nameTime   = "20060102T150405.000000Z"
	nameMonth  = "2006-01"
	unfinished = ".sealing-" // begins the name of a file that is not whole yet
)

// abandoned is how old an unfinished file must be to be of a process that was
// killed.
const abandoned = 24 * time.Hour

// Folder is a folder of sealed files. It is safe for concurrent use, by several
// processes too.
type Folder struct {
	dir string
	key *identity.Key
	// former opens what a rotation that was cut off has not sealed anew yet.
	former *identity.Key

	mu     sync.Mutex
	months map[string]listing
}

// New gives the folder at dir, which need not be there. former may be nil.
func New(dir string, key, former *identity.Key) *Folder {
	return &Folder{dir: dir, key: key, former: former}
}

// Entry names one sealed file.
type Entry struct {
	At  time.Time // of receipt
	Sum [sha256.Size]byte
	// path is below the folder, with slashes of this machine.
	path string
}

// Mark gives the entry's place in the order of receipt.
func (e Entry) Mark() string { return filepath.Base(e.path) }

// MarkOf gives the place in the order of receipt before which everything was
// received before at.
func MarkOf(at time.Time) string { return at.UTC().Format(nameTime) }

func nameOf(at time.Time, sum [sha256.Size]byte) string {
	return at.Format(nameTime) + "-" + hex.EncodeToString(sum[:]) + ending
}

func entryOf(path string) (Entry, bool) {
	name, ok := strings.CutSuffix(filepath.Base(path), ending)
	at, sum, cut := strings.Cut(name, "-")
	moment, err := time.Parse(nameTime, at)
	b, hexErr := hex.DecodeString(sum)
	if !ok || !cut || err != nil || hexErr != nil || len(b) != sha256.Size {
		return Entry{}, false
	}
	return Entry{At: moment, Sum: [sha256.Size]byte(b), path: path}, true
}

// After lists what was received after the mark, in the order of receipt; the
// empty mark lists all. Folders of earlier months are not looked into.
func (f *Folder) After(mark string) ([]Entry, error) {
	months, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unread(err)
	}
	earliest := ""
	if len(mark) >= len("20060102") {
		earliest = mark[:4] + "-" + mark[4:6]
	}
	var out []Entry
	for _, month := range months {
		if _, err := time.Parse(nameMonth, month.Name()); err != nil || !month.IsDir() || month.Name() < earliest {
			continue
		}
		names, err := os.ReadDir(filepath.Join(f.dir, month.Name()))
		if err != nil {
			return nil, unread(err)
		}
		for _, n := range names {
			if e, ok := entryOf(filepath.Join(month.Name(), n.Name())); ok && e.Mark() > mark {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Mark(), b.Mark()) })
	return out, nil
}

func unread(err error) error {
	return problem.Wrap(err, problem.Unavailable, "The folder of received files could not be read. Check its permissions")
}

// find gives the entry of a content, the first received.
func (f *Folder) find(sum [sha256.Size]byte) (Entry, error) {
	months, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Entry{}, unread(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range months {
		if _, err := time.Parse(nameMonth, m.Name()); err != nil || !m.IsDir() {
			continue
		}
		firsts, err := f.firstsOf(m)
		if err != nil {
			return Entry{}, err
		}
		if at, ok := firsts[sum]; ok {
			return Entry{At: at, Sum: sum, path: filepath.Join(m.Name(), nameOf(at, sum))}, nil
		}
	}
	return Entry{}, problem.New(problem.NotFound,
		"No received file with the fingerprint %x… is kept. It is past its retention period, or came before files were kept.", sum[:4])
}

// listing is what a month's folder held when it was last read.
type listing struct {
	changed time.Time // the folder's own time when it was read
	firsts  map[[sha256.Size]byte]time.Time
}

// settled is how long a folder must have been left alone for its time to tell
// whether something was put into it since: file systems keep time in ticks.
const settled = 2 * time.Second

// firstsOf gives when each content of a month was first received, reading the
// folder where it may have changed since it was read last, by whichever process.
func (f *Folder) firstsOf(m fs.DirEntry) (map[[sha256.Size]byte]time.Time, error) {
	before := time.Now()
	info, err := m.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unread(err)
	}
	if l, ok := f.months[m.Name()]; ok && l.changed.Equal(info.ModTime()) {
		return l.firsts, nil
	}
	names, err := os.ReadDir(filepath.Join(f.dir, m.Name()))
	if err != nil {
		return nil, unread(err)
	}
	firsts := make(map[[sha256.Size]byte]time.Time, len(names))
	for _, n := range names {
		e, ok := entryOf(n.Name())
		if !ok {
			continue
		}
		if at, twice := firsts[e.Sum]; !twice || e.At.Before(at) {
			firsts[e.Sum] = e.At
		}
	}
	if before.Sub(info.ModTime()) > settled {
		if f.months == nil {
			f.months = map[string]listing{}
		}
		f.months[m.Name()] = listing{info.ModTime(), firsts}
	}
	return firsts, nil
}

// Has says whether a content is kept.
func (f *Folder) Has(sum [sha256.Size]byte) (bool, error) {
	_, err := f.find(sum)
	if problem.KindOf(err) == problem.NotFound {
		return false, nil
	}
	return err == nil, err
}

// meta is what a sealed file says of itself, before its content.
type meta struct {
	Name string    `json:"name"`
	At   time.Time `json:"received_at"`
	// Sum is the SHA-256 of the content in hexadecimal, where Without says what
	// was taken out of it; the file's name has that of the content as it came.
	Sum     string    `json:"sha256,omitempty"`
	Without []Without `json:"without,omitempty"`
}

// Without says how many rows of an extract were taken out of a file since it
// came.
type Without struct {
	Provider string `json:"provider,omitempty"` // in a file of several
	Date     string `json:"date"`
	Rows     int    `json:"rows"`
}

// maxMeta bounds meta in bytes.
const maxMeta = 64 << 10

// Keeping is one file on its way into the folder, sealed by a goroutine of its
// own beside whoever reads the same content.
type Keeping struct {
	f     *Folder
	entry Entry
	place chan bool // true to put it in its place, false to let it go
	once  sync.Once
	done  chan struct{}
	err   error
	drop  bool
}

// Keep begins to seal a file, whose content is read from content until its end.
// Place lets it take its place, Wait waits for that, Drop lets it go; one of
// Place and Drop must be called before content goes away.
func (f *Folder) Keep(name string, at time.Time, sum [sha256.Size]byte, content io.Reader) *Keeping {
	at = at.UTC().Truncate(time.Microsecond)
	path := filepath.Join(at.Format(nameMonth), nameOf(at, sum))
	k := &Keeping{f: f, entry: Entry{At: at, Sum: sum, path: path}, place: make(chan bool, 1), done: make(chan struct{})}
	go func() {
		defer close(k.done)
		k.err = k.seal(meta{Name: name, At: at}, content)
	}()
	return k
}

func (k *Keeping) seal(m meta, content io.Reader) error {
	target := filepath.Join(k.f.dir, k.entry.path)
	tmp, err := k.f.sealed(filepath.Dir(target), m, content)
	if err != nil {
		<-k.place
		return err
	}
	if !<-k.place {
		return os.Remove(tmp)
	}
	if err := durable.Rename(tmp, target); err != nil {
		return errors.Join(unkept(err), os.Remove(tmp))
	}
	return nil
}

func unkept(err error) error {
	return problem.Wrap(err, problem.Unavailable,
		"The file could not be kept in the folder of received files, so it was not taken. Check that the disk has room")
}

// sealed writes an unfinished file whose content is on the disk and gives its
// path.
func (f *Folder) sealed(dir string, m meta, content io.Reader) (path string, err error) {
	if err := durable.MkdirAll(dir); err != nil {
		return "", unkept(err)
	}
	tmp, err := os.CreateTemp(dir, unfinished+"*")
	if err != nil {
		return "", unkept(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	p := packers.Get().(*packer)
	defer p.back()
	p.out.Reset(tmp)
	err = f.sealInto(p, m, content)
	if err == nil {
		err = p.out.Flush()
	}
	if err == nil {
		err = durable.Sync(tmp)
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return tmp.Name(), unkept(err)
	}
	return tmp.Name(), nil
}

// packer is what a file is compressed with: a megabyte, which small files would
// else ask for one by one.
type packer struct {
	out *bufio.Writer
	gz  *gzip.Writer
}

var packers = sync.Pool{New: func() any {
	// The fastest level: extracts shrink to a seventh, and to a tenth at best.
	gz, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level stands above
	}
	return &packer{bufio.NewWriterSize(io.Discard, 128<<10), gz}
}}

// back keeps the packer for the next file, and nothing of this one's place.
func (p *packer) back() {
	p.out.Reset(io.Discard)
	p.gz.Reset(io.Discard)
	packers.Put(p)
}

func (f *Folder) sealInto(p *packer, m meta, content io.Reader) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	sealing, err := f.key.SealTo(p.out)
	if err != nil {
		return err
	}
	if _, err := sealing.Write(append(binary.AppendUvarint(nil, uint64(len(text))), text...)); err != nil {
		return err
	}
	p.gz.Reset(sealing)
	if _, err := io.Copy(p.gz, content); err != nil {
		return err
	}
	return errors.Join(p.gz.Close(), sealing.Close())
}

// Place lets the file take its place as soon as it is sealed.
func (k *Keeping) Place() { k.once.Do(func() { k.place <- true }) }

// Wait waits until the file is in its place and on the disk, after Place.
func (k *Keeping) Wait() error {
	<-k.done
	return k.err
}

// Drop lets the file go, whether or not it has its place, and waits for that.
// What has its place and cannot be removed is found at the next start.
func (k *Keeping) Drop() error {
	k.once.Do(func() { k.drop = true; k.place <- false })
	<-k.done
	if k.drop || k.err != nil {
		return nil
	}
	return k.f.Remove(k.entry)
}

// Remove removes a sealed file for good.
func (f *Folder) Remove(e Entry) error {
	err := durable.Remove(filepath.Join(f.dir, e.path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Opened is a sealed file that is being read. Read it to its end: that the
// content is whole shows there alone. Close it when done.
type Opened struct {
	// Name is the file's name as it was sent, At when it was received, and
	// Without what was taken out of it since.
	Name    string
	At      time.Time
	Without []Without

	sum string

	io.Reader
	file *os.File
}

// Close closes the file.
func (o *Opened) Close() error { return o.file.Close() }

// Open opens the sealed file of a content for reading it again. The error is
// NotFound when it is not kept, Unavailable when the key is not that one.
func (f *Folder) Open(sum [sha256.Size]byte) (*Opened, error) {
	e, err := f.find(sum)
	if err != nil {
		return nil, err
	}
	return f.OpenEntry(e)
}

// OpenEntry is Open for what After listed.
func (f *Folder) OpenEntry(e Entry) (*Opened, error) {
	file, err := os.Open(filepath.Join(f.dir, e.path))
	if err != nil {
		return nil, unread(err)
	}
	o, err := f.opened(file, e)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return o, nil
}

func (f *Folder) opened(file *os.File, e Entry) (*Opened, error) {
	in := bufio.NewReaderSize(file, 128<<10)
	key := f.key
	if by, ok := sealedWith(in); ok && f.former != nil && by == f.former.Fingerprint() {
		key = f.former
	}
	opening, err := key.OpenFrom(in)
	if err != nil {
		return nil, err
	}
	plain := bufio.NewReader(opening)
	m, err := readMeta(plain)
	if err != nil {
		return nil, damaged(err)
	}
	unpacking, err := gzip.NewReader(plain)
	if err != nil {
		return nil, damaged(err)
	}
	want := e.Sum
	if m.Sum != "" {
		b, err := hex.DecodeString(m.Sum)
		if err != nil || len(b) != len(want) {
			return nil, damaged(fmt.Errorf("its content should be %q", m.Sum))
		}
		want = [sha256.Size]byte(b)
	}
	return &Opened{Name: m.Name, At: m.At, Without: m.Without, sum: m.Sum, file: file,
		Reader: &checked{r: unpacking, under: plain, h: sha256.New(), want: want}}, nil
}

func readMeta(plain *bufio.Reader) (m meta, err error) {
	n, err := binary.ReadUvarint(plain)
	if err != nil {
		return m, err
	}
	if n > maxMeta {
		return m, fmt.Errorf("%d bytes about the file", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(plain, text); err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

func sealedWith(in *bufio.Reader) (string, bool) {
	head, err := in.Peek(identity.SealedHead)
	if err != nil {
		return "", false
	}
	return identity.SealedWith(head)
}

func damaged(err error) error {
	if problem.KindOf(err) == problem.Unavailable {
		return err
	}
	return problem.Wrap(err, problem.Unavailable, "A received file could not be opened: it is damaged. Restore it from your backup")
}

// checked reads to the end of the seal, past that of the compression, and
// compares the content with the name of the file.
type checked struct {
	r, under io.Reader
	h        hash.Hash
	want     [sha256.Size]byte
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.h.Write(p[:n])
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		err = damaged(err)
	case !bytes.Equal(c.h.Sum(nil), c.want[:]):
		err = damaged(errors.New("the content is not that of its name"))
	default:
		if _, end := io.Copy(io.Discard, c.under); end != nil {
			err = damaged(end)
		}
	}
	return n, err
}

// Reseal seals with another key what is sealed with this folder's, each file
// whole or not at all, and gives how many it did. What has another key's seal
// already is left, so it can be cut off anywhere and done again.
func (f *Folder) Reseal(ctx context.Context, to *identity.Key) (n int, err error) {
	all, err := f.After("")
	if err != nil {
		return 0, err
	}
	into := New(f.dir, to, nil)
	for _, e := range all {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		did, err := f.resealOne(into, e)
		if err != nil {
			return n, err
		}
		if did {
			n++
		}
	}
	return n, nil
}

func (f *Folder) resealOne(into *Folder, e Entry) (bool, error) {
	by, ok, err := f.sealedBy(e)
	if err != nil || !ok || by != f.key.Fingerprint() {
		return false, err
	}
	path := filepath.Join(f.dir, e.path)
	file, err := os.Open(path)
	if err != nil {
		return false, unread(err)
	}
	defer file.Close()
	o, err := f.opened(file, e)
	if err != nil {
		return false, err
	}
	tmp, err := into.sealed(filepath.Dir(path), meta{o.Name, o.At, o.sum, o.Without}, o)
	if err == nil {
		err = durable.Rename(tmp, path)
	}
	return err == nil, err
}

// Rewrite puts content, from which rows were taken out, in the place of a file's.
// It goes by the same name as before.
func (f *Folder) Rewrite(e Entry, sum [sha256.Size]byte, content io.Reader, without []Without) error {
	o, err := f.OpenEntry(e)
	if err != nil {
		return err
	}
	m := meta{o.Name, o.At, fmt.Sprintf("%x", sum), slices.Concat(o.Without, without)}
	if err := o.Close(); err != nil {
		return err
	}
	path := filepath.Join(f.dir, e.path)
	tmp, err := f.sealed(filepath.Dir(path), m, content)
	if err != nil {
		return err
	}
	return durable.Rename(tmp, path)
}

// Foreign counts the files that are sealed with another key than this folder's.
func (f *Folder) Foreign() (n int, err error) {
	all, err := f.After("")
	if err != nil {
		return 0, err
	}
	for _, e := range all {
		by, ok, err := f.sealedBy(e)
		if err != nil {
			return n, err
		}
		if ok && by != f.key.Fingerprint() {
			n++
		}
	}
	return n, nil
}

// sealedBy gives the fingerprint of the key that a file names; ok is false for
// one that is gone or cut off.
func (f *Folder) sealedBy(e Entry) (by string, ok bool, err error) {
	file, err := os.Open(filepath.Join(f.dir, e.path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, unread(err)
	}
	defer file.Close()
	head := make([]byte, identity.SealedHead)
	if _, err := io.ReadFull(file, head); err != nil {
		return "", false, nil
	}
	by, ok = identity.SealedWith(head)
	return by, ok, nil
}

// Sweep removes what processes that were killed left unfinished.
func (f *Folder) Sweep(now time.Time) error {
	left, err := filepath.Glob(filepath.Join(f.dir, "[0-9]*", unfinished+"*"))
	for _, path := range left {
		if info, statErr := os.Stat(path); statErr == nil && now.Sub(info.ModTime()) > abandoned {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}
