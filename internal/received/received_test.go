package received_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homeward/internal/identity"
	"homeward/internal/problem"
	"homeward/internal/received"
)

func key(t testing.TB, fill byte) *identity.Key {
	t.Helper()
	k, err := identity.NewKey(bytes.Repeat([]byte{fill}, identity.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var morning = time.Date(2026, 3, 12, 9, 30, 0, 1000, time.UTC)

func keep(t testing.TB, f *received.Folder, at time.Time, content []byte) [32]byte {
	t.Helper()
	sum := sha256.Sum256(content)
	k := f.Keep("RZ1.csv", at, sum, bytes.NewReader(content))
	k.Place()
	if err := k.Wait(); err != nil {
		t.Fatal(err)
	}
	return sum
}

func read(f *received.Folder, sum [32]byte) (name string, content []byte, err error) {
	o, err := f.Open(sum)
	if err != nil {
		return "", nil, err
	}
	content, err = io.ReadAll(o)
	return o.Name, content, errors.Join(err, o.Close())
}

func TestWhatIsKeptOpensAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "received-*")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		// Sizes about that of a chunk, where the last one is recognised.
		size := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(65500, 65600), rapid.IntRange(131000, 131200)).Draw(t, "size")
		content := make([]byte, size)
		seed := rapid.Uint64().Draw(t, "seed")
		for i := range content {
			seed = seed*6364136223846793005 + 1442695040888963407
			content[i] = byte(seed >> 56)
		}
		k, err := identity.NewKey(bytes.Repeat([]byte{1}, identity.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		f := received.New(dir, k, nil)
		sum := sha256.Sum256(content)
		keeping := f.Keep("RZ1.csv", morning, sum, bytes.NewReader(content))
		keeping.Place()
		if err := keeping.Wait(); err != nil {
			t.Fatal(err)
		}
		if name, got, err := read(f, sum); err != nil || name != "RZ1.csv" || !bytes.Equal(got, content) {
			t.Fatalf("%q, %d bytes of %d, %v", name, len(got), size, err)
		}
		// Any byte altered, and any end cut off, is found.
		all, err := f.After("")
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		path := filepath.Join(dir, "2026-03", all[0].Mark())
		sealed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		for name, bad := range map[string][]byte{
			"cut off": sealed[:at], "altered": append(append(bytes.Clone(sealed[:at]), sealed[at]^1), sealed[at+1:]...),
			"longer": append(bytes.Clone(sealed), 0),
		} {
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := read(f, sum); problem.KindOf(err) != problem.Unavailable {
				t.Fatalf("%s at %d of %d: %v", name, at, len(sealed), err)
			}
		}
	})
}

func TestKeptInOrderAndPurged(t *testing.T) {
	t.Parallel()
	f := received.New(filepath.Join(t.TempDir(), "received"), key(t, 1), nil)
	if all, err := f.After(""); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	c := keep(t, f, morning.AddDate(0, 1, 0), []byte("c"))
	a := keep(t, f, morning, []byte("a"))
	b := keep(t, f, morning.Add(time.Second), []byte("b"))
	all, err := f.After("")
	if err != nil || len(all) != 3 || all[0].Sum != a || all[1].Sum != b || all[2].Sum != c || !all[0].At.Equal(morning) {
		t.Fatal(all, err)
	}
	for mark, want := range map[string]int{all[0].Mark(): 2, all[2].Mark(): 0, received.MarkOf(morning): 3,
		received.MarkOf(morning.Add(time.Minute)): 1} {
		if got, err := f.After(mark); err != nil || len(got) != want {
			t.Errorf("after %s are %d, want %d; %v", mark, len(got), want, err)
		}
	}
	if err := f.Remove(all[0]); err != nil {
		t.Fatal(err)
	}
	if has, err := f.Has(a); err != nil || has {
		t.Error(has, err)
	}
	if _, err := f.Open(a); problem.KindOf(err) != problem.NotFound {
		t.Error(err)
	}
}

// What another process keeps or removes is known at once, also where a month has
// been left alone for long.
func TestFoundWhateverAnotherProcessDoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, other := received.New(dir, key(t, 1), nil), received.New(dir, key(t, 1), nil)
	month := filepath.Join(dir, "2026-03")
	leftAlone := func() {
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(month, old, old); err != nil {
			t.Fatal(err)
		}
	}
	want := func(sum [32]byte, want bool) {
		t.Helper()
		// Twice: as it is read, and as it is remembered.
		for range 2 {
			if has, err := f.Has(sum); err != nil || has != want {
				t.Fatalf("kept: %v, %v; want %v", has, err, want)
			}
		}
	}
	first, second := sha256.Sum256([]byte("first")), sha256.Sum256([]byte("second"))
	want(first, false)
	keep(t, other, morning, []byte("first"))
	leftAlone()
	want(first, true)
	want(second, false)
	keep(t, other, morning.Add(time.Hour), []byte("second"))
	keep(t, other, morning.Add(2*time.Hour), []byte("first"))
	want(second, true)
	leftAlone()
	want(first, true)
	entries, err := other.After("")
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if err := other.Remove(entries[0]); err != nil {
		t.Fatal(err)
	}
	if o, err := f.Open(first); err != nil || !o.At.Equal(entries[2].At) {
		t.Fatalf("the later copy was not opened: %v", err)
	} else if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Remove(entries[2]); err != nil {
		t.Fatal(err)
	}
	want(first, false)
	want(second, true)
}

// A folder of a year of fifty hospitals, asked for each of its files in turn.
func BenchmarkHas(b *testing.B) {
	dir := b.TempDir()
	f := received.New(dir, key(b, 1), nil)
	day := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC)
	var sums [][32]byte
	for n := range 18_250 {
		at, sum := day.Add(time.Duration(n)*time.Hour/2), sha256.Sum256([]byte{byte(n), byte(n >> 8)})
		sums = append(sums, sum)
		month := filepath.Join(dir, at.Format("2006-01"))
		if err := os.MkdirAll(month, 0o700); err != nil {
			b.Fatal(err)
		}
		name := at.Format("20060102T150405.000000Z") + "-" + hex.EncodeToString(sum[:]) + ".sealed"
		if err := os.WriteFile(filepath.Join(month, name), nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(3 * time.Second) // a folder that was just changed is read each time
	for n := 0; b.Loop(); n++ {
		if has, err := f.Has(sums[n%len(sums)]); err != nil || !has {
			b.Fatal(has, err)
		}
	}
}

func TestDroppedLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := received.New(dir, key(t, 1), nil)
	sum := sha256.Sum256([]byte("a"))
	for _, placed := range []bool{false, true} {
		k := f.Keep("a", morning, sum, strings.NewReader("a"))
		if placed {
			k.Place()
		}
		if err := k.Drop(); err != nil {
			t.Error(err)
		}
		if entries, err := os.ReadDir(filepath.Join(dir, "2026-03")); err != nil || len(entries) != 0 {
			t.Errorf("placed %v: %v, %v", placed, entries, err)
		}
	}
	t.Run("what a killed process left is swept after a day", func(t *testing.T) {
		left := filepath.Join(dir, "2026-03", ".sealing-1")
		if err := os.WriteFile(left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.Sweep(time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); err != nil {
			t.Error("one of now is gone")
		}
		if err := f.Sweep(time.Now().Add(25 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); err == nil {
			t.Error("it is left")
		}
	})
}

// A rotation seals all anew; cut off half-way, everything opens with the two
// keys, and it can go on.
func TestReseal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, next := key(t, 1), key(t, 2)
	f := received.New(dir, old, nil)
	content := bytes.Repeat([]byte("L00001,1941-02-03\n"), 9000)
	a, b := keep(t, f, morning, content), keep(t, f, morning.Add(time.Second), []byte("b"))
	both := received.New(dir, next, old)
	late := keep(t, both, morning.Add(time.Minute), []byte("sealed with the new key"))
	if _, got, err := read(both, a); err != nil || !bytes.Equal(got, content) {
		t.Errorf("before: %d bytes, %v", len(got), err)
	}
	if n, err := f.Reseal(t.Context(), next); err != nil || n != 2 {
		t.Errorf("sealed %d anew, %v", n, err)
	}
	if n, err := f.Reseal(t.Context(), next); err != nil || n != 0 {
		t.Errorf("again %d, %v", n, err)
	}
	alone := received.New(dir, next, nil)
	for _, sum := range [][32]byte{a, b, late} {
		if name, _, err := read(alone, sum); err != nil || name != "RZ1.csv" {
			t.Error(name, err)
		}
		if _, _, err := read(f, sum); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("the old key still opens one: %v", err)
		}
	}
	all, err := alone.After("")
	if err != nil || len(all) != 3 || all[0].Sum != a {
		t.Error(all, err)
	}
}

func BenchmarkSeal(b *testing.B) {
	dir := b.TempDir()
	f := received.New(dir, key(b, 1), nil)
	row := "2026-03-10,RZ1,Northgate " +
		"General,5A,12,L00001,9990000018,1941-02-03,F,2026-02-20,2026-03-08,Acute,A,NHS,E10000099,2,2026-03-20,\n"
	content := []byte(strings.Repeat(row, 60))
	for i := 0; b.Loop(); i++ {
		k := f.Keep("a", morning.Add(time.Duration(i)*time.Microsecond), sha256.Sum256(content), bytes.NewReader(content))
		k.Place()
		if err := k.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(content)))
}

// What rows were taken out of goes by its name of before, says what it lacks, and
// keeps that over a rotation of the key (R13); one that was changed by another
// hand is damaged.
func TestRowsAreTakenOutOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := received.New(dir, key(t, 1), nil)
	sum := keep(t, f, morning, []byte("a\nb\nc\n"))
	all, err := f.After("")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	for _, step := range []struct {
		content string
		date    string
	}{{"a\n\nc\n", "2026-03-11"}, {"a\n\n\n", "2026-03-12"}} {
		err := f.Rewrite(all[0], sha256.Sum256([]byte(step.content)), strings.NewReader(step.content),
			[]received.Without{{Date: step.date, Rows: 1}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := f.Reseal(t.Context(), key(t, 2)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	f = received.New(dir, key(t, 2), nil)
	o, err := f.Open(sum)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(o)
	if err = errors.Join(err, o.Close()); err != nil || string(text) != "a\n\n\n" {
		t.Errorf("it has %q (%v)", text, err)
	}
	if len(o.Without) != 2 || o.Without[0].Date != "2026-03-11" || o.Without[1].Date != "2026-03-12" || !o.At.Equal(morning) ||
		o.Name != "RZ1.csv" {
		t.Errorf("it says %+v, %s, %s", o.Without, o.Name, o.At)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", ".sealing-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
