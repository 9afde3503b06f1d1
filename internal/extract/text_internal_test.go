package extract

import (
	"bytes"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// allLines reads every line of a text.
func allLines(t *testing.T, src io.Reader, size int) (out []string) {
	t.Helper()
	l := newLineReader(src, 1<<20, size)
	for {
		text, long, ok := l.next()
		if !ok {
			return out
		}
		if long {
			t.Fatal("a line is too long")
		}
		out = append(out, string(text))
	}
}

// A line ends with LF, with any number of CR before it, or with a CR alone, however
// the text comes in.
func TestLinesEndWithLFOrCR(t *testing.T) {
	t.Parallel()
	ending := regexp.MustCompile(`\r*\n|\r`)
	r := rand.New(rand.NewPCG(8, 8))
	for range 3000 {
		text := make([]byte, r.IntN(40))
		for i := range text {
			text[i] = "\r\r\r\n\na"[r.IntN(6)]
		}
		want := ending.Split(string(text), -1)
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		read := func() io.Reader { return bytes.NewReader(text) }
		for _, src := range []io.Reader{read(), iotest.OneByteReader(read()), iotest.HalfReader(read())} {
			if got := allLines(t, src, 0); !slices.Equal(got, want) {
				t.Fatalf("%q: %q, want %q", text, got, want)
			}
		}
	}
}

// R8: a file of carriage returns is read in time that grows with its length. Looking
// through what is left of the run at every line, this would take hours.
func TestR8ARunOfCarriageReturnsEnds(t *testing.T) {
	t.Parallel()
	const n = 1 << 20 // what a reader holds at most
	for _, text := range []string{strings.Repeat("\r", n-1), "a" + strings.Repeat("\r", n/2) + "b\r\r\n"} {
		if got := len(allLines(t, strings.NewReader(text), n)); got < n/2 {
			t.Errorf("%d lines of %d carriage returns", got, n)
		}
	}
}
