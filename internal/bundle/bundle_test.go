package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"

	"homeward/internal/problem"
)

// packed makes a ZIP file of names and contents in turn.
func packed(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(b []byte, l Limits) (*Bundle, error) { return Open(bytes.NewReader(b), int64(len(b)), l) }

func TestR8FilesOfABundle(t *testing.T) {
	b, err := open(packed(t, "b.csv", "two", "a.csv", "one", "__MACOSX/._a.csv", "x", ".DS_Store", "x"), DefaultLimits())
	if err != nil || b == nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range b.Files {
		if err := f.Read(func(r io.Reader) error {
			text, err := io.ReadAll(r)
			got = append(got, f.Name+"="+string(text))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if s := strings.Join(got, " "); s != "a.csv=one b.csv=two" {
		t.Errorf("got %s", s)
	}
}

// What corrects a file comes after it, whatever sign its name goes on with.
func TestC11FilesThatComeTogetherAreInOrder(t *testing.T) {
	names := []string{"RK9_2026-01-05-corrected.csv", "RK9_2026-01-06.csv", "RK9_2026-01-05 (2).csv", "RK9_2026-01-05.xlsx",
		"RK9_2026-01-05.csv", "RK9_2026-01-05_v2.csv"}
	slices.SortFunc(names, ByName)
	if got := strings.Join(names, ", "); got != "RK9_2026-01-05.csv, RK9_2026-01-05.xlsx, RK9_2026-01-05 (2).csv, "+
		"RK9_2026-01-05-corrected.csv, RK9_2026-01-05_v2.csv, RK9_2026-01-06.csv" {
		t.Errorf("in order: %s", got)
	}
}

func TestR8WhatIsNoBundle(t *testing.T) {
	whole := packed(t, "a.csv", strings.Repeat("one,two\n", 100))
	for name, b := range map[string][]byte{"text": []byte("a,b\n"), "nothing": nil, "short": []byte("PK"),
		"a workbook": packed(t, "[Content_Types].xml", "x", "xl/workbook.xml", "y"), "one cut off": whole[:len(whole)-30],
		"an ODS": packed(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet")} {
		if got, err := open(b, DefaultLimits()); got != nil || err != nil {
			t.Errorf("%s is a bundle: %+v, %v", name, got, err)
		}
	}
}

func TestR8BoundsOfABundle(t *testing.T) {
	small := Limits{Files: 2, Each: 4000, All: 5000, Ratio: 10, Small: 1000, directories: 4000}
	locked := packed(t, "a.csv", "one")
	i := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[i+8] |= 1
	many := []string{}
	for range 60 {
		many = append(many, strings.Repeat("n", 60), "")
	}
	for name, c := range map[string]struct {
		zip  []byte
		want string
	}{
		"more files":           {packed(t, "a", "", "b", "", "c", ""), "more than 2 files"},
		"a long list of files": {packed(t, many...), "more than 2 files"},
		"a folder":             {packed(t, "march/a.csv", "one"), "without folders"},
		"a way out":            {packed(t, "../a.csv", "one"), "without folders"},
		"a way out of Windows": {packed(t, `..\a.csv`, "one"), "without folders"},
		"a password":           {locked, "locked with a password"},
		"no file":              {packed(t, "march/", ""), "holds no file"},
		"more bytes":           {packed(t, "a", strings.Repeat("x", 3000), "b", strings.Repeat("y", 3000)), "unpacks to more than"},
	} {
		if b, err := open(c.zip, small); b != nil || problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
	read := func(b []byte) error {
		got, err := open(b, small)
		if err != nil {
			return err
		}
		return got.Files[0].Read(func(r io.Reader) error { _, err := io.ReadAll(r); return err })
	}
	if err := read(packed(t, "a", strings.Repeat("x", 3000))); err == nil || !strings.Contains(err.Error(), "10 times") {
		t.Errorf("a file that unpacks to much: %v", err)
	}
	// What a list says of a file's size is the sender's word alone.
	liar := packed(t, "a", strings.Repeat("xyz0123456789abc", 300))
	i = bytes.Index(liar, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(liar[i+24:], 10)
	if err := read(liar); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a file that is larger than it says: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(packed(f, "a.csv", "one,two\n", "b.csv", strings.Repeat("x", 5000)))
	f.Add(packed(f, "[Content_Types].xml", "x"))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := Limits{Files: 10, Each: 1 << 16, All: 1 << 17, Ratio: 100, Small: 1 << 12, directories: 1 << 12}
		b, err := open(text, l)
		if err != nil && problem.KindOf(err) != problem.Invalid {
			t.Fatal(err)
		}
		if b == nil {
			return
		}
		read := int64(0)
		for _, file := range b.Files {
			if strings.ContainsAny(file.Name, `/\`) {
				t.Fatalf("the path %q", file.Name)
			}
			_ = file.Read(func(r io.Reader) error {
				n, err := io.Copy(io.Discard, r)
				read += n
				return err
			})
		}
		if read > l.All {
			t.Fatalf("%d bytes were read", read)
		}
	})
}
