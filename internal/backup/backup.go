// Package backup writes one file that holds a data folder as of one moment, reads
// it back with every byte checked, and says which of them to keep. It knows
// neither databases nor keys: what goes in, and whether it can be trusted, is for
// its caller to say.
//
// A backup is a gzipped tar, so that it can be opened without Homeward. Its last
// entry is the manifest, which lists every other with its SHA-256: a file that was
// cut off anywhere has none.
package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homeward/internal/durable"
	"homeward/internal/problem"
)

// ManifestName is the name of the last entry.
const ManifestName = "backup.json"

// format is the version of what is written here.
const format = 1

// maxManifest bounds a manifest in bytes: 300,000 sealed files are 60 MB.
const maxManifest = 64 << 20

// ofOne is about what a manifest says of one file beside its name, in bytes.
const ofOne = 100

// Manifest says what a backup holds.
type Manifest struct {
	Format int `json:"format"`
	// Made is the moment as of which the database was copied.
	Made time.Time `json:"made"`
	// Version is that of the program, Schema the number of the database's last
	// migration.
	Version string `json:"version"`
	Schema  int    `json:"schema"`
	// Head is the last entry of the audit log: its number and check value.
	Head string `json:"audit_head"`
	// Keys name what is not inside and is needed to restore.
	Keys []Key `json:"keys"`
	// LeftOut names, in words, what of the folder is not inside.
	LeftOut []string `json:"left_out"`
	Files   []File   `json:"files"`
}

// Key is a key file that is kept elsewhere.
type Key struct {
	// Name is the name of its file; CheckValue tells it from others and gives
	// nothing of it away.
	Name       string `json:"name"`
	CheckValue string `json:"check_value"`
}

// File is one file of a backup, by its path in the data folder with slashes.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Source is a file to put in.
type Source struct {
	// Path is its path in the backup; At is where it stands now.
	Path, At string
	// MayGo says that the program may remove it at any time, so that it is left out
	// when it is gone.
	MayGo bool
}

// Write writes a backup of the sources in their order and gives its manifest, with
// the files filled in.
func Write(ctx context.Context, w io.Writer, m Manifest, sources []Source) (Manifest, error) {
	m.Format, m.Files = format, []File{}
	zipped := gzip.NewWriter(w)
	out := tar.NewWriter(zipped)
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		f, err := add(out, m.Made, s)
		if s.MayGo && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, f)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	err = out.WriteHeader(&tar.Header{Name: ManifestName, Mode: int64(durable.FileMode), Size: int64(len(text)), ModTime: m.Made})
	if err == nil {
		_, err = out.Write(text)
	}
	return m, errors.Join(err, out.Close(), zipped.Close())
}

func add(out *tar.Writer, made time.Time, s Source) (File, error) {
	src, err := os.Open(s.At)
	if err != nil {
		return File{}, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return File{}, err
	}
	f := File{Path: s.Path, Size: info.Size()}
	if err := out.WriteHeader(&tar.Header{Name: s.Path, Mode: int64(durable.FileMode), Size: f.Size, ModTime: made}); err != nil {
		return f, err
	}
	sum := sha256.New()
	// One that grows meanwhile is taken as long as it was.
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(src, f.Size))
	if err == nil && n < f.Size {
		err = problem.New(problem.Conflict, "%s became shorter while it was copied. Make the backup again.", s.Path)
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, err
}

func damaged(format string, args ...any) error {
	return problem.New(problem.Invalid, "The backup is damaged or not whole: "+format+". Use another one.", args...)
}

// Read reads a backup whole, writes those of its files that are wanted, or all when
// wanted is nil, into the folder dir, which is empty, and gives its manifest after
// every file was found to be as the manifest says. After an error what is in dir is
// to be thrown away. The error of a file that is no whole backup is an Invalid
// problem.
func Read(ctx context.Context, r io.Reader, dir string, wanted func(path string) bool) (*Manifest, error) {
	zipped, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "This is no backup of Homeward: a gzipped tar was expected")
	}
	in := tar.NewReader(zipped)
	var found []File
	seen := map[string]bool{}
	var text []byte
	listed := 0
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, problem.Wrap(err, problem.Invalid, "The backup is damaged or not whole. Use another one")
		}
		// What no list of files could name need not be read.
		if listed += len(h.Name) + ofOne; listed > maxManifest {
			return nil, damaged("it holds more files than its list could name")
		}
		switch {
		case text != nil:
			return nil, damaged("%q stands after its end", h.Name)
		case h.Typeflag != tar.TypeReg || !fs.ValidPath(h.Name) || h.Name == "." || strings.Contains(h.Name, `\`):
			return nil, damaged("%q is no file of a data folder", h.Name)
		case seen[h.Name]:
			return nil, damaged("%q is in it twice", h.Name)
		case h.Name == ManifestName:
			if h.Size > maxManifest {
				return nil, damaged("its list of files has %d bytes, at most %d were expected", h.Size, maxManifest)
			}
			text = make([]byte, h.Size) // Of just that size: it may be most of the memory.
			if _, err = io.ReadFull(in, text); err != nil {
				return nil, problem.Wrap(err, problem.Invalid, "The backup is damaged or not whole. Use another one")
			}
		default:
			to := dir
			if wanted != nil && !wanted(h.Name) {
				to = ""
			}
			f, err := take(in, to, h.Name)
			if err != nil {
				return nil, err
			}
			found, seen[h.Name] = append(found, f), true
		}
	}
	// The check value at the end of the gzip stands after the end of the tar.
	if _, err := io.Copy(io.Discard, zipped); err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "The backup is damaged or not whole. Use another one")
	}
	return agreed(text, found)
}

// agreed gives the manifest, which the files that were found must be as it says.
func agreed(text []byte, found []File) (*Manifest, error) {
	if text == nil {
		return nil, damaged("it has no list of its files at its end, so it was cut off")
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "The backup is damaged: its list of files cannot be read. Use another one")
	}
	if m.Format != format {
		return nil, problem.New(problem.Conflict, "The backup is of another version of Homeward (format %d, this program knows %d). "+
			"Restore it with the program that made it.", m.Format, format)
	}
	for i, f := range m.Files {
		if i >= len(found) || found[i].Path != f.Path {
			return nil, damaged("%q is missing", f.Path)
		}
		if found[i] != f {
			return nil, damaged("%q is not as it was when the backup was made", f.Path)
		}
	}
	if len(found) > len(m.Files) {
		return nil, damaged("%q is not in its list", found[len(m.Files)].Path)
	}
	return m, nil
}

// take reads one file of a backup, and writes it into the folder unless that is
// empty.
func take(in io.Reader, dir, name string) (File, error) {
	src := &counted{from: in, Hash: sha256.New()}
	var err error
	if dir == "" {
		_, err = io.Copy(io.Discard, src)
	} else {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err = durable.MkdirAll(filepath.Dir(at)); err == nil {
			err = durable.WriteFrom(at, src)
		}
	}
	switch {
	case src.err != nil:
		err = problem.Wrap(src.err, problem.Invalid, "The backup is damaged or not whole. Use another one")
	case err != nil:
		err = problem.Wrap(err, problem.Unavailable, "A file of the backup could not be written. Check that the disk has room and the "+
			"folder's permissions")
	}
	return File{name, src.n, hex.EncodeToString(src.Sum(nil))}, err
}

// counted reads and knows how much it has read, its hash and what went wrong.
type counted struct {
	from io.Reader
	hash.Hash
	n   int64
	err error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	c.Hash.Write(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// Names of backups sort as they were made.
const (
	nameBegin = "homeward-"
	nameTime  = "20060102T150405Z"
	nameEnd   = ".tar.gz"
)

// Name gives the name of a backup that was made at a moment.
func Name(made time.Time) string { return nameBegin + made.UTC().Format(nameTime) + nameEnd }

// MadeAt gives the moment of which a backup of that name is, and false for the name
// of something else.
func MadeAt(name string) (time.Time, bool) {
	middle, begins := strings.CutPrefix(name, nameBegin)
	middle, ends := strings.CutSuffix(middle, nameEnd)
	at, err := time.Parse(nameTime, middle)
	return at, begins && ends && err == nil
}

// List gives the names of the backups in a folder, newest first. A folder that is
// not there has none.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range entries {
		if _, ok := MadeAt(e.Name()); ok && e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out, err
}

// Rotate removes all but the newest keep backups of a folder, and gives the names
// of those that it removed. What is no backup stays, and so does the one that was
// just made, also where a clock that was set back has it look like the oldest.
func Rotate(dir string, keep int, made string) ([]string, error) {
	all, err := List(dir)
	if err != nil || len(all) <= keep {
		return nil, err
	}
	gone := slices.DeleteFunc(all[keep:], func(name string) bool { return name == made })
	for _, name := range gone {
		err = errors.Join(err, durable.Remove(filepath.Join(dir, name)))
	}
	return gone, err
}

// Walk lists the files of a folder that go into a backup under its name, in order.
// Those whose name begins with a dot are not whole yet. A folder that is not there
// has none; one that is a link to another disk must be there, and so must files that
// are links.
func Walk(dir, name string, mayGo bool) ([]Source, error) {
	var out []Source
	if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	root, err := filepath.EvalSymlinks(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("the disk that it links to is not there: %s", filepath.Base(name)) // Not fs.ErrNotExist: something is missing.
	}
	err = filepath.WalkDir(root, func(at string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() && at == root {
			return err
		}
		if strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		plain := e.Type().IsRegular()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(at)
			if err != nil || !info.Mode().IsRegular() {
				return fmt.Errorf("%s is a link to what is no file", e.Name())
			}
			plain = true
		}
		if plain {
			rest, err := filepath.Rel(root, at)
			if err != nil {
				return err
			}
			out = append(out, Source{Path: path.Join(name, filepath.ToSlash(rest)), At: at, MayGo: mayGo})
		}
		return nil
	})
	return out, err
}

// Is tells a backup from other files by its first bytes.
func Is(begin []byte) bool { return bytes.HasPrefix(begin, []byte{0x1f, 0x8b}) }

// String says what a backup holds, in a few words.
func (m *Manifest) String() string {
	var bytes int64
	for _, f := range m.Files {
		bytes += f.Size
	}
	return fmt.Sprintf("%d files of %.1f MB as of %s", len(m.Files), float64(bytes)/1e6, m.Made.UTC().Format("2006-01-02 15:04:05 UTC"))
}
