package extract

import (
	"bytes"
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
		left, ok := Blank(text, "", []NotReadyRow{{First: first, Last: last}})
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
