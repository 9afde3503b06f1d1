package extract

import (
	"bytes"
	"strings"
	"testing"
)

// linesOf gives the lines of a text as files are read.
func linesOf(text []byte) (out [][]byte) {
	l := newLineReader(bytes.NewReader(text), 1<<20, len(text))
	for {
		line, _, ok := l.next()
		if !ok {
			return out
		}
		out = append(out, bytes.Clone(line))
	}
}

// blanked is a file without rows.
func blanked(t testing.TB, text []byte, sheet string, rows []NotReadyRows) ([]byte, bool) {
	t.Helper()
	var out bytes.Buffer
	ok, err := Blank(&out, bytes.NewReader(text), int64(len(text)), sheet, rows)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), ok
}

// FuzzBlank takes lines out of any text: they are empty then, and all others are
// what they were and where they were (R13).
func FuzzBlank(f *testing.F) {
	for _, text := range []string{"a,b\nc,d\ne,f\n", "a\r\nb\r\nc", "a\rb\rc\r", "a\r\r\nb\r\r\nc",
		"\n\n\n", "a\n\rb\n", "\xEF\xBB\xBFa\nb\n", ""} {
		f.Add([]byte(text), 2, 2)
		f.Add([]byte(text), 1, 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, first, last int) {
		first, last = max(1, first%1000), last%1000
		if bytes.HasPrefix(text, []byte("PK")) {
			return // A workbook has no lines.
		}
		before := linesOf(text)
		left, ok := blanked(t, text, "", []NotReadyRows{{First: first, Last: last}})
		if !ok {
			return
		}
		after := linesOf(left)
		// A last line without an ending goes whole.
		if len(after) < len(before) && len(before) >= first && len(before) <= last {
			after = append(after, nil)
		}
		if len(after) != len(before) {
			t.Fatalf("%d lines are %d", len(before), len(after))
		}
		for i := range before {
			if gone := first <= i+1 && i+1 <= last; gone && len(after[i]) > 0 {
				t.Fatalf("line %d is %q", i+1, after[i])
			} else if !gone && !bytes.Equal(before[i], after[i]) {
				t.Fatalf("line %d is %q, was %q", i+1, after[i], before[i])
			}
		}
	})
}

// What it takes does not grow with the square of a file of carriage returns.
func TestR13BlankOfCarriageReturns(t *testing.T) {
	t.Parallel()
	text := append([]byte("a\nb\n"), bytes.Repeat([]byte("\r"), 4<<20)...)
	left, ok := blanked(t, append(text, 'c'), "", []NotReadyRows{{First: 2, Last: 2}})
	if want := "a\n\n" + strings.Repeat("\n", 4<<20) + "c"; !ok || string(left) != want {
		t.Errorf("%d bytes are left (%t), want %d", len(left), ok, len(want))
	}
}
