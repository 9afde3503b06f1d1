package app

import (
	"errors"
	"os"
	"path/filepath"

	"homeward/internal/problem"
)

// spool gives the folder where uploads wait while they are read: they hold
// patients, so they wait nowhere else on the machine. Only the program's own account can open it,
// and what uploads that were cut off by a kill have left in it is removed.
func (a *App) spool() (string, error) {
	dir := filepath.Join(a.Options.Data, SpoolFolder)
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.Chmod(dir, 0o700) // An operator may have made it for more.
	}
	var left []os.DirEntry
	if err == nil {
		left, err = os.ReadDir(dir)
	}
	for _, e := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	if err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "The folder %s in the data folder could not be made or cleared. Check its permissions", SpoolFolder)
	}
	return dir, nil
}
