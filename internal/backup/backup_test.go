package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/backup"
	"homeward/internal/problem"
)

var made = time.Date(2026, 11, 29, 2, 40, 0, 0, time.UTC)

// folder makes a data folder of these files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var content = map[string]string{
	"layouts/a.yaml": "version: 1\n", "received/2026-03/x.sealed": strings.Repeat("sealed", 9000), "received/2026-03/.sealing-1": "half",
	"received/2026-04/empty.sealed": "",
}

func write(t testing.TB, dir string) []byte {
	t.Helper()
	var sources []backup.Source
	for _, name := range []string{"layouts", "received", "packs"} {
		some, err := backup.Walk(dir, name, true)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, some...)
	}
	sources = append(sources, backup.Source{Path: "received/gone.sealed", At: filepath.Join(dir, "gone"), MayGo: true})
	var out bytes.Buffer
	if _, err := backup.Write(t.Context(), &out, backup.Manifest{Made: made, Version: "test"}, sources); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is read back is what was written, without what was not whole and what was
// gone.
func TestABackupReadsBack(t *testing.T) {
	t.Parallel()
	file := write(t, folder(t, content))
	for name, wanted := range map[string]func(string) bool{
		"all": nil, "one": func(path string) bool { return path == "layouts/a.yaml" },
	} {
		to := t.TempDir()
		m, err := backup.Read(t.Context(), bytes.NewReader(file), to, wanted)
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, f := range m.Files {
			paths = append(paths, f.Path)
			text, err := os.ReadFile(filepath.Join(to, f.Path))
			switch {
			case wanted != nil && !wanted(f.Path):
				if err == nil {
					t.Errorf("%s: %s was written and not wanted", name, f.Path)
				}
			case err != nil || string(text) != content[f.Path]:
				t.Errorf("%s: %s has %d bytes, %v", name, f.Path, len(text), err)
			}
		}
		if want := []string{"layouts/a.yaml", "received/2026-03/x.sealed", "received/2026-04/empty.sealed"}; !slices.Equal(paths, want) {
			t.Errorf("%s: it holds %v, want %v", name, paths, want)
		}
		if !m.Made.Equal(made) || m.Version != "test" || !strings.HasPrefix(m.String(), "3 files of 0.1 MB as of 2026-11-29 02:40:00 UTC") {
			t.Errorf("%s: its list says %v", name, m)
		}
	}
}

// A backup that was cut off anywhere or of which a bit has changed is refused.
func TestADamagedBackupIsRefused(t *testing.T) {
	t.Parallel()
	file := write(t, folder(t, map[string]string{"layouts/a.yaml": "version: 1\n", "layouts/b.yaml": "b"}))
	dir, none := t.TempDir(), func(string) bool { return false }
	for n := range file {
		if _, err := backup.Read(t.Context(), bytes.NewReader(file[:n]), dir, none); problem.KindOf(err) != problem.Invalid {
			t.Fatalf("cut off after %d of %d bytes: %v", n, len(file), err)
		}
	}
	whole, err := backup.Read(t.Context(), bytes.NewReader(file), dir, none)
	if err != nil {
		t.Fatal(err)
	}
	for n := range file {
		other := slices.Clone(file)
		other[n] ^= 0x10
		m, err := backup.Read(t.Context(), bytes.NewReader(other), dir, none)
		// The head of a gzip holds a time and a system, and some bits fill up bytes:
		// nothing hangs on them.
		if err == nil && (!slices.Equal(m.Files, whole.Files) || !m.Made.Equal(made)) {
			t.Errorf("byte %d of %d changed unnoticed", n, len(file))
		}
	}
}

// packed makes a backup by hand of names and texts.
func packed(t testing.TB, entries ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	tarred := tar.NewWriter(zipped)
	for _, e := range entries {
		h := &tar.Header{Name: e[0], Mode: 0o600, Size: int64(len(e[1]))}
		if strings.HasPrefix(e[1], "->") {
			h = &tar.Header{Name: e[0], Typeflag: tar.TypeSymlink, Linkname: e[1][2:]}
		}
		if err := tarred.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := tarred.Write([]byte(e[1])); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tarred.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func TestOnlyABackupIsRead(t *testing.T) {
	t.Parallel()
	listed := [2]string{backup.ManifestName, fmt.Sprintf(`{"format": 1, "files": [{"path": "a", "bytes": 3, "sha256": %q}]}`, abc)}
	if _, err := backup.Read(t.Context(), bytes.NewReader(packed(t, [2]string{"a", "abc"}, listed)), t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"no gzip":             {[]byte("PK\x03\x04 a ZIP"), "This is no backup"},
		"outside":             {packed(t, [2]string{"../a", "abc"}, listed), "no file of a data folder"},
		"whole path":          {packed(t, [2]string{"/etc/a", "abc"}, listed), "no file of a data folder"},
		"link":                {packed(t, [2]string{"a", "->/etc/passwd"}, listed), "no file of a data folder"},
		"twice":               {packed(t, [2]string{"a", "abc"}, [2]string{"a", "abc"}, listed), "in it twice"},
		"another text":        {packed(t, [2]string{"a", "abd"}, listed), "not as it was"},
		"longer":              {packed(t, [2]string{"a", "abcd"}, listed), "not as it was"},
		"missing":             {packed(t, listed), `"a" is missing`},
		"not in the list":     {packed(t, [2]string{"a", "abc"}, [2]string{"b", "abc"}, listed), "not in its list"},
		"after the end":       {packed(t, [2]string{"a", "abc"}, listed, [2]string{"b", "abc"}), "after its end"},
		"no list":             {packed(t, [2]string{"a", "abc"}), "cut off"},
		"of a later version":  {packed(t, [2]string{backup.ManifestName, `{"format": 2}`}), "of another version"},
		"a list that is none": {packed(t, [2]string{backup.ManifestName, `{`}), "cannot be read"},
	} {
		dir := t.TempDir()
		in := filepath.Join(dir, "in")
		if err := os.Mkdir(in, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := backup.Read(t.Context(), bytes.NewReader(c.file), in, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if found, err := os.ReadDir(dir); err != nil || len(found) != 1 {
			t.Errorf("%s: something was written beside the folder: %v, %v", name, found, err)
		}
	}
}

func TestTheNewestBackupsStay(t *testing.T) {
	t.Parallel()
	files := map[string]string{"notes.txt": "", "homeward-once.tar.gz": "", "homeward-20261129T024000Z.tar.gz.part": ""}
	for day := range 5 {
		files[backup.Name(made.AddDate(0, 0, day-3))] = "x"
	}
	dir := folder(t, files)
	gone, err := backup.Rotate(dir, 2, "")
	var want []string
	for _, day := range []int{-1, -2, -3} {
		want = append(want, backup.Name(made.AddDate(0, 0, day)))
	}
	if err != nil || !slices.Equal(gone, want) {
		t.Errorf("removed %v, %v, want %v", gone, err, want)
	}
	left, err := backup.List(dir)
	if want := []string{backup.Name(made.AddDate(0, 0, 1)), backup.Name(made)}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left %v, %v, want %v", left, err, want)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 5 {
		t.Errorf("what is no backup went too: %v, %v", entries, err)
	}
	if at, ok := backup.MadeAt(backup.Name(made)); !ok || !at.Equal(made) {
		t.Errorf("the name reads as %v", at)
	}
	if none, err := backup.List(filepath.Join(dir, "nowhere")); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}
}

// A folder that is a link to another disk is in the backup all the same.
func TestALinkedFolderIsWalked(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"layouts/a.yaml": "version: 1\n"})
	disk := folder(t, map[string]string{"2026-03/x.sealed": "sealed"})
	if err := os.Symlink(disk, filepath.Join(dir, "received")); err != nil {
		t.Fatal(err)
	}
	got, err := backup.Walk(dir, "received", true)
	if err != nil || len(got) != 1 || got[0].Path != "received/2026-03/x.sealed" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, folder(f, map[string]string{"layouts/a.yaml": "version: 1\n"})))
	f.Add(packed(f, [2]string{"../a", "abc"}))
	f.Add(packed(f, [2]string{"a", "abc"}, [2]string{backup.ManifestName, `{"format": 1, "files": []}`}))
	f.Fuzz(func(t *testing.T, file []byte) {
		dir := t.TempDir()
		m, err := backup.Read(t.Context(), bytes.NewReader(file), dir, nil)
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("an error without words: %v", err)
			}
			return
		}
		for _, one := range m.Files {
			if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(one.Path))); err != nil || info.Size() != one.Size {
				t.Errorf("%s is not there as listed: %v", one.Path, err)
			}
		}
	})
}
