package sqlite

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestListedRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) listed {
			return listed{rapid.Int64Min(0).Draw(t, "statement") >> 2, rapid.Int64Min(0).Draw(t, "line") >> 2}
		})).Draw(t, "rows")
		got, err := decodeListed(encodeListed(rows))
		if err != nil || !slices.Equal(got, rows) {
			t.Fatalf("%v came back as %v, %v", rows, got, err)
		}
	})
}

// A damaged row list is an error and never a panic or an endless loop.
func FuzzDecodeListed(f *testing.F) {
	f.Add([]byte{})
	f.Add(encodeListed([]listed{{1, 2}, {300, 3}}))
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := decodeListed(b)
		if err == nil && len(rows) > len(b) {
			t.Fatalf("%d rows out of %d bytes", len(rows), len(b))
		}
	})
}
