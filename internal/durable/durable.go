// Package durable writes files so that what was said to be kept is still there
// after a power cut: content is synced before its name stands, and the folder
// after it. It knows nothing of what the files hold. The database syncs itself.
//
// Files are for the account that runs the program alone (0600), folders too
// (0700).
package durable

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
)

// The modes of what is made here.
const (
	FileMode   fs.FileMode = 0o600
	FolderMode fs.FileMode = 0o700
)

// Step is one thing that was done to the disk.
type Step struct {
	// Did is "sync" of a file's content, "rename", "remove", "make" of a folder,
	// or "sync folder".
	Did  string
	Path string
	// To is where a rename led.
	To string
}

// Observer is told, when a test sets it, of every step, so that the disk can be
// looked at as a power cut between two steps would leave it. It is called by
// the goroutine that takes the step, before the next.
var Observer atomic.Pointer[func(Step)]

func done(did, path, to string) {
	if see := Observer.Load(); see != nil {
		(*see)(Step{did, path, to})
	}
}

// Sync has the content of an open file on the disk.
func Sync(f *os.File) error {
	if err := f.Sync(); err != nil {
		return err
	}
	done("sync", f.Name(), "")
	return nil
}

// SyncFolder has the names in a folder on the disk.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	done("sync folder", dir, "")
	return nil
}

// Write puts content at path, whole or not at all, in place of what is there.
func Write(path string, content []byte) error {
	return WriteFrom(path, bytes.NewReader(content))
}

// Staged is content on the disk beside the file whose place it is to take.
type Staged struct{ from, to string }

// Stage writes content beside a file that is there, with that file's mode. A link
// stays: what it leads to is meant. Place it, or drop it.
func Stage(path string, content []byte) (*Staged, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	was, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	staged := &Staged{to: path}
	return staged, write(path, bytes.NewReader(content), func(from, _ string) error {
		staged.from = from
		return os.Chmod(from, was.Mode().Perm())
	})
}

// Place puts what is staged in its place.
func (s *Staged) Place() error { return Rename(s.from, s.to) }

// Drop removes what is staged; after Place there is nothing to remove.
func (s *Staged) Drop() error {
	if err := os.Remove(s.from); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// WriteFrom is Write of what is read from content.
func WriteFrom(path string, content io.Reader) error {
	return write(path, content, Rename)
}

// WriteNew is Write for a path where nothing may stand yet; else the error is
// fs.ErrExist.
func WriteNew(path string, content []byte) error {
	return write(path, bytes.NewReader(content), func(from, to string) error {
		// A link, unlike a rename, replaces nothing.
		if err := os.Link(from, to); err != nil {
			return err
		}
		done("rename", from, to)
		if err := os.Remove(from); err != nil {
			return err
		}
		return SyncFolder(filepath.Dir(to))
	})
}

func write(path string, content io.Reader, place func(from, to string) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".writing-*") // CreateTemp makes it 0600.
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = io.Copy(tmp, content)
	if err == nil {
		err = Sync(tmp)
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return place(tmp.Name(), path)
}

// Rename moves a file whose content is on the disk, and has its new name there
// when it returns. It replaces what is at to.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	done("rename", from, to)
	err := SyncFolder(filepath.Dir(to))
	if filepath.Dir(from) != filepath.Dir(to) {
		err = errors.Join(err, SyncFolder(filepath.Dir(from)))
	}
	return err
}

// Remove removes a file for good.
func Remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	done("remove", path, "")
	return SyncFolder(filepath.Dir(path))
}

// MkdirAll makes a folder and those above it that are missing. Those that are
// there keep their modes.
func MkdirAll(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := MkdirAll(parent); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, FolderMode)
	if errors.Is(err, fs.ErrExist) {
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil // Another process was first.
		}
	}
	if err != nil {
		return err
	}
	done("make", dir, "")
	return SyncFolder(parent)
}
