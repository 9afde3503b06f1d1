package signin

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"homeward/internal/durable"
	"homeward/internal/identity"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// KeyStore is what keys need of the store.
type KeyStore interface {
	KeyFingerprint(ctx context.Context) (string, error)
	UseKey(ctx context.Context, key *identity.Key) error
	RotateKey(ctx context.Context, by people.Actor, from, to *identity.Key) (int, error)
	// Wipe takes what the rotation replaced out of the files.
	Wipe(ctx context.Context) error
}

// The files beside the key file that a rotation makes.
const (
	// NextKey ends the name of the new key's file until the database uses it.
	NextKey = ".next"
	// FormerKey ends the name of the former key's file, which opens backups of
	// before the rotation.
	FormerKey = ".former"
)

// LoadKey gives the key that the database's identifiers are sealed with, from
// the file at path; create allows making one for a database that has none. A
// rotation that was cut off is finished, or left undone, by what the database
// says. The error is an Unavailable or Conflict problem when the key is lost
// or another; the caller can go on without it, showing figures only.
func LoadKey(ctx context.Context, store KeyStore, path string, create bool) (*identity.Key, error) {
	noted, err := store.KeyFingerprint(ctx)
	if err != nil {
		return nil, err
	}
	_, statErr := os.Stat(path)
	key, err := identity.LoadOrCreate(path, create && noted == "")
	if noted != "" && (err != nil || key.Fingerprint() != noted) {
		// The database already uses the key that was to take this one's place.
		if next, nextErr := identity.LoadOrCreate(path+NextKey, false); nextErr == nil && next.Fingerprint() == noted {
			if err := replaceKey(path); err != nil {
				return nil, err
			}
			key, err = next, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if err := store.UseKey(ctx, key); err != nil {
		if errors.Is(statErr, fs.ErrNotExist) {
			// A key made just now for a database that is sealed with another must
			// not stand where the right one is to be restored.
			err = errors.Join(err, os.Remove(path))
		}
		return nil, err
	}
	return key, nil
}

// RotateKey makes a new key, seals everything with it in one transaction, and
// puts it in the place of the old one, which is kept beside it under
// FormerKey. It gives the number of patients. At every moment a file holds the
// key that the database uses: LoadKey sorts out what a cut-off rotation leaves.
func RotateKey(ctx context.Context, store KeyStore, path string, by people.Actor) (int, error) {
	from, err := LoadKey(ctx, store, path, false)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(path + FormerKey); err == nil {
		return 0, problem.New(problem.Conflict, "The key of before the last rotation is still beside the key file, with %s at the end of its "+
			"name. Move it to where your backups of before that rotation are, then rotate again.", FormerKey)
	}
	// A file that an earlier rotation left before the database took it is used.
	to, err := identity.LoadOrCreate(path+NextKey, true)
	if err != nil {
		return 0, err
	}
	n, err := store.RotateKey(ctx, by, from, to)
	if err != nil {
		return 0, err
	}
	return n, replaceKey(path)
}

// replaceKey puts the next key in the key file's place and keeps the former
// one. Each step can be done again after the program was cut off between them.
func replaceKey(path string) error {
	err := os.Link(path, path+FormerKey)
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(path)) // the former key's name before the new one takes its place
	}
	if err == nil {
		err = durable.Rename(path+NextKey, path)
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The new key file could not be put in place. The database uses the key in the file that "+
			"ends in %s; make the folder writable and start Homeward again", NextKey)
	}
	return nil
}
