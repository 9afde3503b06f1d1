package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"homeward/internal/durable"
	"homeward/internal/problem"
)

// lockFile stands in a data folder and is held by the server that serves it.
const lockFile = "homeward.lock"

// hold holds a data folder for one server: a second would run every job twice. who
// stands in the file for the next one that asks. The lock goes with the process,
// however it ends.
func hold(dir, who string) (release func() error, err error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, durable.FileMode)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The file %s could not be opened. Check the permissions of the data folder", path)
	}
	// Who asks whether it is held holds it for a moment.
	for range 10 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		said, _ := io.ReadAll(io.LimitReader(f, 500)) // Empty when it is just being written.
		return nil, errors.Join(problem.New(problem.Conflict, "Another Homeward serves the data folder %s%s. Stop that one first: two would "+
			"do every job twice.", dir, whoHolds(said)), f.Close())
	}
	if err != nil && !errors.Is(err, syscall.ENOTSUP) && !errors.Is(err, syscall.ENOLCK) {
		return nil, errors.Join(problem.Wrap(err, problem.Unavailable, "The data folder could not be held"), f.Close())
	}
	// A file system that knows no locks holds nobody back, as before there was one.
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(who+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(problem.Wrap(err, problem.Unavailable, "The file %s could not be written. Check that the disk has room", path),
			f.Close())
	}
	return f.Close, nil
}

func whoHolds(said []byte) string {
	if who := strings.TrimSpace(string(said)); who != "" {
		return fmt.Sprintf(" (%s)", who)
	}
	return ""
}

// heldBy says who serves a data folder, empty when nobody does.
func heldBy(dir string) string {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return ""
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
		return ""
	}
	said, _ := io.ReadAll(io.LimitReader(f, 500))
	return strings.TrimSpace(string(said))
}
