package app

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// How far work has come is told to people at a terminal, a line every two seconds
// at most, and never to a log or another program.
func TestProgressIsForPeople(t *testing.T) {
	t.Parallel()
	pipe, into, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer into.Close()
	terminal, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a device, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for name, c := range map[string]struct {
		w    io.Writer
		want bool
	}{"a pipe": {into, false}, "a buffer": {&bytes.Buffer{}, false}, "a terminal": {terminal, true}} {
		if got := atTerminal(c.w) == c.w; got != c.want {
			t.Errorf("%s is told: %t", name, got)
		}
	}
	var b strings.Builder
	p := newProgress(&b, "files")
	p.step(1, 9)
	p.last = p.last.Add(-3 * time.Second)
	p.step(2, 9)
	p.step(3, 9)
	p.done()
	if got := b.String(); !strings.HasPrefix(got, "2 of 9 files\nDone in ") {
		t.Errorf("it says %q", got)
	}
}
