// Package bundle opens ZIP files in which senders put several files, within
// bounds (R8). A workbook is a ZIP too, and no bundle. What the files hold is
// nobody's concern here.
package bundle

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeward/internal/problem"
)

// Limits bound what one bundle may hold.
type Limits struct {
	// Files is the number of files, Each the bytes of one and All of all together,
	// unpacked. Ratio is how many times larger than packed a file may be, from Small
	// bytes on.
	Files       int
	Each, All   int64
	Ratio       int64
	Small       int64
	directories int64 // bytes of the list of files
}

// DefaultLimits give room for a year of daily files, and none for an archive that
// unpacks to gigabytes.
func DefaultLimits() Limits {
	return Limits{Files: 400, Each: 256 << 20, All: 1 << 30, Ratio: 200, Small: 1 << 20, directories: 1 << 20}
}

// Bundle is a ZIP file with several files.
type Bundle struct {
	Files  []File // by name
	limits Limits
	left   int64
}

// File is one file of a bundle.
type File struct {
	Name string
	of   *Bundle
	in   *zip.File
}

const (
	local     = "PK\x03\x04"
	emptyEnd  = "PK\x05\x06"
	endLength = 22
)

// Open opens a bundle. It is nil for what is none: no ZIP file, a workbook, or one
// that is damaged, whose reader has more to say. The error is an Invalid problem
// for a bundle that is not to be opened.
func Open(r io.ReaderAt, size int64, limits Limits) (*Bundle, error) {
	head := make([]byte, 4)
	if _, err := r.ReadAt(head, 0); err != nil || string(head) != local && string(head) != emptyEnd {
		return nil, nil
	}
	list, ok := listLength(r, size)
	if !ok {
		return nil, nil
	}
	if list > limits.directories {
		return nil, tooMany(limits)
	}
	in, err := zip.NewReader(r, size)
	if err != nil {
		return nil, nil
	}
	b := &Bundle{limits: limits, left: limits.All}
	for _, f := range in.File {
		// A workbook says so by one of these.
		if f.Name == "[Content_Types].xml" || f.Name == "mimetype" {
			return nil, nil
		}
		if strings.HasSuffix(f.Name, "/") || Noise(f.Name) {
			continue
		}
		b.Files = append(b.Files, File{f.Name, b, f})
	}
	var declared uint64
	for _, f := range b.Files {
		declared += f.in.UncompressedSize64
		switch {
		case !utf8.ValidString(f.Name) || strings.ContainsFunc(f.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
			return nil, problem.New(problem.Invalid, "A file in the ZIP file has a name that cannot be printed. Give it a name of letters and "+
				"digits, and send it again (R8).")
		case strings.ContainsAny(f.Name, `/\`) || f.Name == ".." || f.Name == "":
			return nil, problem.New(problem.Invalid, "The ZIP file holds folders. Put the files themselves into the ZIP file, without folders, and "+
				"send it again (R8).")
		case f.in.Flags&1 != 0:
			return nil, problem.New(problem.Invalid, "The ZIP file is locked with a password. Send it without one, over the secured line that you "+
				"use now.")
		}
	}
	switch {
	case len(b.Files) == 0:
		return nil, problem.New(problem.Invalid, "The ZIP file holds no file.")
	case len(b.Files) > limits.Files:
		return nil, tooMany(limits)
	case declared > uint64(limits.All):
		return nil, tooLarge(limits)
	}
	slices.SortStableFunc(b.Files, func(a, b File) int { return ByName(a.Name, b.Name) })
	return b, nil
}

func tooMany(l Limits) error {
	return problem.New(problem.Invalid, "The ZIP file holds more than %d files (R8). Send it in parts.", l.Files)
}

func tooLarge(l Limits) error {
	return problem.New(problem.Invalid, "The ZIP file unpacks to more than %d MB (R8). Send it in parts.", l.All>>20)
}

// ByName orders files that came together: by their names, their endings last, so that
// "list (2).csv" and "list-corrected.csv" come after "list.csv" and count in its place
// (C11).
func ByName(a, b string) int {
	return cmp.Or(strings.Compare(strings.TrimSuffix(a, path.Ext(a)), strings.TrimSuffix(b, path.Ext(b))), strings.Compare(a, b))
}

// Noise says whether a file is no extract but what systems put beside those that people
// mean: the lock of an open workbook, pictures of a folder, its settings.
func Noise(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, "._") || strings.HasPrefix(base, "~$") ||
		slices.Contains([]string{".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini"}, base)
}

// listLength gives how many bytes the list of a ZIP file's files has at most, read
// before the list is: it is held in memory whole.
func listLength(r io.ReaderAt, size int64) (int64, bool) {
	n := min(size, endLength+0xffff)
	tail := make([]byte, n)
	if _, err := r.ReadAt(tail, size-n); err != nil && err != io.EOF {
		return 0, false
	}
	at := strings.LastIndex(string(tail), emptyEnd)
	if at < 0 || int64(at)+endLength > n {
		return 0, false
	}
	length, offset := int64(binary.LittleEndian.Uint32(tail[at+12:])), int64(binary.LittleEndian.Uint32(tail[at+16:]))
	end := size - n + int64(at)
	if binary.LittleEndian.Uint16(tail[at+10:]) == 0xffff || length == 0xffff || length == 0xffffffff || offset == 0xffffffff {
		return math.MaxInt64, true // The list is said to stand elsewhere (ZIP64), as it does in what is too large for us.
	}
	return max(length, end-offset), true
}

// Read gives the file's content to f. What passes the bounds, or is damaged, is an
// Invalid problem; what f returns is given on.
func (f File) Read(use func(io.Reader) error) error {
	l := f.of.limits
	in, err := f.in.Open()
	if err != nil {
		return damaged()
	}
	defer in.Close()
	c := &counted{r: in, each: l.Each, all: f.of.left, l: l, packed: int64(f.in.CompressedSize64)}
	err = use(c)
	f.of.left -= c.n
	if c.err != nil {
		return c.err
	}
	return err
}

func damaged() error {
	return problem.New(problem.Invalid, "The file in the ZIP file is damaged or packed in a way that is not known. Make the ZIP file "+
		"anew and send it again.")
}

// counted stops at the bounds and remembers that it did.
type counted struct {
	r         io.Reader
	n         int64
	each, all int64
	packed    int64
	l         Limits
	err       error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	switch {
	case c.n > c.all:
		c.err = tooLarge(c.l)
	case c.n > c.each:
		c.err = problem.New(problem.Invalid, "The file unpacks to more than %d MB (R8). Send it in parts.", c.l.Each>>20)
	case c.n > c.l.Small && c.n/max(c.packed, 1) > c.l.Ratio:
		c.err = problem.New(problem.Invalid, "The file unpacks to more than %d times its size, as no extract does (R8). Send it unpacked.",
			c.l.Ratio)
	case err != nil && err != io.EOF:
		c.err = damaged()
	}
	if c.err != nil {
		return 0, c.err
	}
	return n, err
}
