package pack

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/problem"
)

// Info is one kept pack.
type Info struct {
	// ID is the day of the pack, then the name of its series when it has one,
	// then a number from the second pack on: 2026-11-04, 2026-11-01-weekly,
	// 2026-11-01-weekly-2. Title says the same in words.
	ID, Title string
	// Series is the name of the plan that it was made by, empty for the
	// morning's.
	Series string
	// Held is the moment of the figures, AsAt the day that they speak of.
	Held    time.Time
	AsAt    delay.Day
	RuleSet string
}

// Keep makes the pack of the day meta.Day, or of meta.At, in the folder root,
// which it makes if need be, and gives its ID. Kept packs are never changed:
// when the newest pack of that day and series shows the same figures it stands
// as it is and fresh is false; when they differ, a further one is made beside
// it.
func Keep(ctx context.Context, root string, f Figures, draw Drawer, meta Meta) (id string, fresh bool, err error) {
	if err := durable.MkdirAll(root); err != nil {
		return "", false, problem.Wrap(err, problem.Unavailable, "The folder of packs could not be made")
	}
	all, err := drawAll(ctx, f, draw, meta.Public)
	if err != nil {
		return "", false, err
	}
	b, err := assemble(f, all, meta)
	if err != nil {
		return "", false, err
	}
	day := meta.At.Format(time.DateOnly)
	if meta.Day != 0 {
		day = meta.Day.String()
	}
	if meta.Series != "" {
		day += "-" + meta.Series
	}
	for n := 1; ; n++ {
		id = day
		if n > 1 {
			id = fmt.Sprintf("%s-%d", day, n)
		}
		older, err := ReadManifest(root, id)
		switch {
		case problem.KindOf(err) == problem.NotFound:
			err := b.place(ctx, filepath.Join(root, id), meta.Printer)
			if errors.Is(err, fs.ErrExist) {
				continue // Another process made it just now.
			}
			return id, err == nil, err
		case err != nil:
			continue // A damaged pack keeps its place.
		}
		if _, err := ReadManifest(root, fmt.Sprintf("%s-%d", day, n+1)); problem.KindOf(err) != problem.NotFound {
			continue // Only the newest of the day is compared.
		}
		// The moment of the figures stands in the page, so the older moment must
		// stand in what is compared.
		then := meta
		then.At = older.HeldAt.In(meta.At.Location())
		again, err := assemble(f, all, then)
		if err != nil {
			return "", false, err
		}
		if slices.Equal(again.manifest.Files, older.Files) {
			return id, false, nil
		}
	}
}

// idForm is what an ID looks like; nothing else becomes part of a path.
var idForm = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:-([a-z]+(?:-[a-z]+)*))?(?:-([2-9]|[1-9][0-9]{1,3}))?$`)

// title says an ID in words; ok is false when it is none.
func title(id string) (words string, day delay.Day, number int, ok bool) {
	parts := idForm.FindStringSubmatch(id)
	if parts == nil {
		return "", 0, 0, false
	}
	day, err := delay.ParseDay(parts[1])
	if err != nil {
		return "", 0, 0, false
	}
	words, number = day.Long(), 1
	if parts[2] != "" {
		words += ", " + strings.ReplaceAll(parts[2], "-", " ")
	}
	if parts[3] != "" {
		number, _ = strconv.Atoi(parts[3])
		words += ", pack " + parts[3]
	}
	return words, day, number, true
}

// Title says an ID in words, or gives it back when it is none.
func Title(id string) string {
	if words, _, _, ok := title(id); ok {
		return words
	}
	return id
}

// List gives the packs kept in root, newest first. Those whose manifest cannot
// be read are left out and named in the error, beside the others. A folder that
// is not there yet holds no packs.
func List(root string) ([]Info, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The folder of packs could not be read")
	}
	type placed struct {
		Info
		day    delay.Day
		number int
	}
	var all []placed
	var damaged []error
	for _, e := range entries {
		words, day, number, ok := title(e.Name())
		if !ok {
			continue
		}
		m, err := ReadManifest(root, e.Name())
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		// ReadManifest has checked that the day can be read.
		all = append(all, placed{Info{ID: e.Name(), Title: words, Series: m.Series, Held: m.HeldAt, AsAt: delay.MustDay(m.AsAt),
			RuleSet: m.RuleSet}, day, number})
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(b.Held.Compare(a.Held), cmp.Compare(b.day, a.day), strings.Compare(a.Series, b.Series), b.number-a.number)
	})
	out := make([]Info, len(all))
	for i, p := range all {
		out[i] = p.Info
	}
	return out, errors.Join(damaged...)
}

// hashForm is what may stand as a style's hash in a header.
var hashForm = regexp.MustCompile(`^sha256-[A-Za-z0-9+/]{43}=$`)

// largestFile bounds what is read of a pack's file, in bytes.
const largestFile = 32 << 20

// ReadManifest reads the manifest of the pack in root, or gives a problem of
// kind NotFound. What it gives has been checked for its form.
func ReadManifest(root, id string) (*Manifest, error) {
	b, err := read(root, id, ManifestFile)
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	err = json.Unmarshal(b, m)
	if err == nil {
		_, err = delay.ParseDay(m.AsAt)
	}
	if err == nil && !hashForm.MatchString(m.Style) {
		err = errors.New("the hash of the style is not one")
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The manifest of the pack %s could not be read. Restore the pack's folder from "+
			"your backup", id)
	}
	return m, nil
}

// Open gives the bytes of one file of a pack as they were made: the page, a
// chart's .svg or .csv, or the manifest. It gives a problem of kind NotFound
// when there is no such pack or file, and Unavailable when the file has changed
// since it was made. Names that lead anywhere else are files that there are not.
func Open(root, id, file string) ([]byte, error) {
	m, err := ReadManifest(root, id)
	if err != nil {
		return nil, err
	}
	if file == ManifestFile {
		return read(root, id, file)
	}
	files := slices.Concat(m.Files, m.Printed)
	i := slices.IndexFunc(files, func(f File) bool { return f.Name == file })
	if i < 0 || file != filepath.Base(file) {
		return nil, problem.New(problem.NotFound, "The pack %s has no file of this name. Its page links to every file.", id)
	}
	b, err := read(root, id, file)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != files[i].SHA256 {
		return nil, problem.New(problem.Unavailable, "The file %s of the pack %s is not as it was made, so it is not shown. Restore the pack's "+
			"folder from your backup.", file, id)
	}
	return b, nil
}

// read reads a file of a pack and cannot be led out of root, by dots or by
// links.
func read(root, id, file string) ([]byte, error) {
	_, day, _, ok := title(id)
	if !ok {
		return nil, problem.New(problem.NotFound, "There is no pack of this name. A pack is named by its day, such as 2026-11-04.")
	}
	folder, err := os.OpenRoot(root)
	if err != nil {
		return nil, missing(root, day, err)
	}
	defer func() { _ = folder.Close() }()
	f, err := folder.Open(id + "/" + file)
	if err != nil {
		return nil, missing(root, day, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > largestFile {
		return nil, problem.New(problem.Unavailable, "The file %s of the pack %s is not as it was made, so it is not shown. Restore the pack's "+
			"folder from your backup.", file, id)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "The pack %s could not be read", id)
	}
	return b.Bytes(), nil
}

// missing says that there is no pack of a day, and which is the nearest.
func missing(root string, day delay.Day, cause error) error {
	if !errors.Is(cause, fs.ErrNotExist) {
		return problem.Wrap(cause, problem.Unavailable, "The pack of %s could not be read", day.Long())
	}
	words := fmt.Sprintf("No pack for %s.", day.Long())
	entries, err := os.ReadDir(root)
	if err != nil {
		return problem.Wrap(cause, problem.NotFound, "%s", words)
	}
	var nearest delay.Day
	for _, e := range entries {
		if _, other, _, ok := title(e.Name()); ok && other != day && (nearest == 0 || abs(other-day) < abs(nearest-day)) {
			nearest = other
		}
	}
	if nearest != 0 {
		words += fmt.Sprintf(" The nearest is %s.", nearest.Long())
	}
	return problem.New(problem.NotFound, "%s", words)
}

func abs(d delay.Day) delay.Day {
	if d < 0 {
		return -d
	}
	return d
}

// TypeOf gives the media type of a pack's file.
func TypeOf(file string) string {
	switch filepath.Ext(file) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".json":
		return "application/json"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".pdf":
		return "application/pdf"
	case ".png":
		return "image/png"
	}
	return "application/octet-stream"
}

// place writes the pack beside dir and renames it to dir, which must not be
// there: then the error is fs.ErrExist.
func (b *built) place(ctx context.Context, dir string, printer Printer) error {
	made, err := b.write(ctx, dir, printer)
	if err != nil {
		return err
	}
	// Rename would take the place of an empty folder without a word.
	if _, err := os.Lstat(dir); err == nil {
		return errors.Join(fs.ErrExist, os.RemoveAll(made))
	}
	if err := os.Rename(made, dir); err != nil {
		return errors.Join(unwritten(err), os.RemoveAll(made))
	}
	return syncFolder(filepath.Dir(dir))
}

// replace is place for a folder that may hold an earlier pack, or nothing.
func (b *built) replace(ctx context.Context, dir string, printer Printer) error {
	dir = filepath.Clean(dir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return problem.Wrap(err, problem.Unavailable, "The folder %s could not be read", dir)
	}
	there := err == nil
	if len(entries) > 0 {
		if !isPack(dir, entries) {
			return problem.New(problem.Conflict, "The folder %s holds something other than a pack. Choose an empty folder, or one that is not "+
				"there yet.", dir)
		}
	}
	made, err := b.write(ctx, dir, printer)
	if err != nil {
		return err
	}
	old := made + ".old"
	if there {
		if err := os.Rename(dir, old); err != nil {
			return errors.Join(unwritten(err), os.RemoveAll(made))
		}
	}
	if err := os.Rename(made, dir); err != nil {
		if there {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return errors.Join(unwritten(err), os.RemoveAll(made))
	}
	return errors.Join(syncFolder(filepath.Dir(dir)), os.RemoveAll(old))
}

// isPack says whether a folder holds a manifest and nothing that the manifest
// does not name.
func isPack(dir string, entries []fs.DirEntry) bool {
	b, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return false
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil || m.Style == "" {
		return false
	}
	for _, e := range entries {
		if e.Name() != ManifestFile && !slices.ContainsFunc(slices.Concat(m.Files, m.Printed), func(f File) bool { return f.Name == e.Name() }) {
			return false
		}
	}
	return true
}

// write writes every file into a new folder beside dir. Its name begins with a
// dot, so that a folder left by a process that was killed is no pack.
func (b *built) write(ctx context.Context, dir string, printer Printer) (string, error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, b.folderMode()); err != nil {
		return "", unwritten(err)
	}
	made, err := os.MkdirTemp(parent, "."+strings.TrimLeft(filepath.Base(dir), ".")+"-*")
	if err != nil {
		return "", unwritten(err)
	}
	put := func(name string) error {
		if err := writeFile(filepath.Join(made, name), b.files[name], b.fileMode()); err != nil {
			return errors.Join(unwritten(err), os.RemoveAll(made))
		}
		return nil
	}
	for name := range b.files {
		if name != ManifestFile {
			if err := put(name); err != nil {
				return "", err
			}
		}
	}
	if printer != nil {
		for _, name := range b.print(ctx, made, printer) {
			if err := put(name); err != nil {
				return "", err
			}
		}
		if err := b.list(); err != nil {
			return "", errors.Join(err, os.RemoveAll(made))
		}
	}
	if err := put(ManifestFile); err != nil {
		return "", err
	}
	if err := errors.Join(os.Chmod(made, b.folderMode()), syncFolder(made)); err != nil {
		return "", errors.Join(unwritten(err), os.RemoveAll(made))
	}
	return made, nil
}

// fileMode and folderMode let nobody else open a kept pack, and the group of
// the folder that it is copied into open the copy, which is made to be read.
func (b *built) fileMode() fs.FileMode {
	if b.copied {
		return 0o640
	}
	return durable.FileMode
}

func (b *built) folderMode() fs.FileMode {
	if b.copied {
		return 0o750
	}
	return durable.FolderMode
}

// writeFile writes a file that is on the disk when it returns: what was shown
// on a call must not be lost with the power.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func unwritten(err error) error {
	return problem.Wrap(err, problem.Unavailable, "The pack could not be written. Check that the disk has room and that the folder may be "+
		"written to")
}
