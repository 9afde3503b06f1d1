package ingest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"

	"homeward/internal/durable"
	"homeward/internal/problem"
)

// ErrUnreadable is in the chain of an error that is about the file that was to
// be read: its disk, its permissions. It says nothing of this machine's store.
var ErrUnreadable = errors.New("the file itself could not be read")

// inMemory is the size in bytes up to which a frozen file is held in memory: a
// day's list is far smaller, and a backfill is larger anyhow.
const inMemory = 1 << 20

// Frozen is a file's bytes as they were read once. What is hashed, kept and
// read as rows are these bytes, whatever becomes of the file meanwhile.
type Frozen struct {
	io.ReaderAt
	Size int64
	Sum  [sha256.Size]byte
	file *os.File
}

// Freeze reads src once, to its end. A large file goes into one in dir that has
// no name, so that nothing is left of it when the program is killed. Close it
// when done.
func Freeze(src io.Reader, dir string) (*Frozen, error) {
	h := sha256.New()
	from := &source{r: io.TeeReader(src, h)}
	var small bytes.Buffer
	n, err := io.Copy(&small, io.LimitReader(from, inMemory))
	if err != nil {
		return nil, from.unfrozen(err)
	}
	f := &Frozen{ReaderAt: bytes.NewReader(small.Bytes()), Size: n}
	if n == inMemory {
		if err := f.spill(&small, from, dir); err != nil {
			return nil, err
		}
	}
	h.Sum(f.Sum[:0])
	return f, nil
}

func (f *Frozen) spill(begun *bytes.Buffer, from *source, dir string) error {
	if dir != "" {
		if err := durable.MkdirAll(dir); err != nil {
			return from.unfrozen(err)
		}
	}
	file, err := os.CreateTemp(dir, ".arriving-*")
	if err != nil {
		return from.unfrozen(err)
	}
	err = os.Remove(file.Name())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // A server that starts just now clears the folder.
	}
	if err == nil {
		f.Size, err = io.Copy(file, io.MultiReader(begun, from))
	}
	if err != nil {
		return errors.Join(from.unfrozen(err), file.Close())
	}
	f.ReaderAt, f.file = file, file
	return nil
}

// Reader gives a reader of the bytes from their beginning.
func (f *Frozen) Reader() *io.SectionReader { return io.NewSectionReader(f, 0, f.Size) }

// Close lets the bytes go. Nothing is lost when that fails: the file has no name
// and was read only.
func (f *Frozen) Close() {
	if f.file != nil {
		_ = f.file.Close()
	}
}

// source remembers whether an error was its own.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (s *source) unfrozen(err error) error {
	if s.err != nil {
		return Unreadable(s.err)
	}
	return problem.Wrap(err, problem.Unavailable,
		"The file could not be stored while it is read. Check that the disk has room. Nothing was changed")
}

// Unreadable gives the error of a file that could not be read.
func Unreadable(err error) error {
	cause := "its content could not be read"
	if on, ok := errors.AsType[*fs.PathError](err); ok {
		cause = on.Err.Error() // Without the path.
	}
	return problem.Wrap(errors.Join(ErrUnreadable, err), problem.Unavailable,
		"The file could not be read (%s). Check it and its permissions, and send it again", cause)
}
