package pack

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Again renders a kept pack once more from f, the figures as they were known at
// its moment, and names the files that come out otherwise: none when every byte
// is the same. zone is that in which the pack shows moments.
func Again(ctx context.Context, m *Manifest, f Figures, draw Drawer, zone *time.Location) ([]string, error) {
	all, err := drawAll(ctx, f, draw, m.Public)
	if err != nil {
		return nil, err
	}
	meta := Meta{Partnership: m.Partnership, RuleSet: m.RuleSet, Version: m.Version, At: m.HeldAt.In(zone), Series: m.Series, Title: m.Title,
		Public: m.Public}
	if m.UpTo != "" {
		if meta.UpTo, err = delay.ParseDay(m.UpTo); err != nil {
			return nil, err
		}
	}
	b, err := assemble(f, all, meta)
	if err != nil {
		return nil, err
	}
	var differ []string
	for _, file := range m.Files {
		if !slices.Contains(b.manifest.Files, file) {
			differ = append(differ, file.Name)
		}
	}
	for _, file := range b.manifest.Files {
		if !slices.ContainsFunc(m.Files, func(old File) bool { return old.Name == file.Name }) {
			differ = append(differ, file.Name)
		}
	}
	return differ, nil
}

// Copy copies a kept pack, as it was made, into a folder of its ID below dir. A
// copy that stands there already is left as it is.
func Copy(root, id, dir string) error {
	m, err := ReadManifest(root, id)
	if err != nil {
		return err
	}
	b := &built{manifest: m, files: map[string][]byte{}, copied: true}
	for _, f := range append(slices.Concat(m.Files, m.Printed), File{Name: ManifestFile}) {
		if b.files[f.Name], err = Open(root, id, f.Name); err != nil {
			return err
		}
	}
	to := filepath.Join(dir, id)
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	err = b.place(context.Background(), to, nil)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The pack could not be copied. Check that the folder is there and may be written to")
	}
	return nil
}
