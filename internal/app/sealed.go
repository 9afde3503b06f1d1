package app

import (
	"bufio"
	"errors"
	"io"
	"os"

	"homeward/internal/durable"
	"homeward/internal/problem"
)

// sealInto keeps, sealed, what waits in a file of the program's own: files that are
// looked at before they count, samples of a new sender. Nothing is there after an
// error.
func (a *App) sealInto(path string, content io.Reader) error {
	if a.Key == nil {
		return problem.New(problem.Unavailable, "The key file for identifiers is missing, so nothing can be kept. Restore it from your backup.")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, durable.FileMode)
	if err == nil {
		buffered := bufio.NewWriter(f)
		var sealing io.WriteCloser
		if sealing, err = a.Key.SealTo(buffered); err == nil {
			_, err = io.Copy(sealing, content)
			err = errors.Join(err, sealing.Close(), buffered.Flush())
		}
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The file could not be kept. Check that the disk has room. Nothing was changed")
	}
	return nil
}

// openSealed gives what sealInto kept. Close it when done.
func (a *App) openSealed(path string) (content io.Reader, done func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	content, err = a.Key.OpenFrom(bufio.NewReader(f))
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return content, f.Close, nil
}
