package sqlite_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/sqlite"
)

// The receipt of a file is given back byte by byte, and its long lists are stored in a
// small part of the room that they take.
func TestReceiptsAreGivenBackAsTheyWere(t *testing.T) {
	t.Parallel()
	type day struct {
		Date string `json:"date"`
		Kept int    `json:"kept"`
	}
	type receipt struct {
		File     string `json:"file"`
		Extracts any    `json:"extracts"`
		Note     string `json:"note,omitempty"`
	}
	var year []day
	for i := range 365 {
		year = append(year, day{(delay.MustDay("2025-04-01") + delay.Day(i)).String(), 30 + i%7})
	}
	days := func(more string) any { return append(year[:365:365], day{Date: more}) }
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir, &small)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, c := range []struct {
		name   string
		r      any
		packed bool
	}{
		{"a year", receipt{"year.csv", days(""), ""}, true},
		{"words like those of the place of the days", receipt{`"extracts":null.csv`, days(`"extracts":null`), `"extracts":null`}, true},
		{"one day", receipt{"day.csv", year[:1], ""}, false},
		{"no days", receipt{"none.csv", nil, ""}, false},
		{"a long word that is asked for", map[string]any{"reason": strings.Repeat("a", 9000)}, false},
		{"two lists", map[string]any{"extracts": days(""), "kept": 3, "problems": days("2")}, true},
		{"a list that is asked for", map[string]any{"groups": days("")}, false},
		{"another thing of that name before", map[string]any{"a": map[string]any{"extracts": nil}, "extracts": days("")}, false},
	} {
		want, err := json.Marshal(c.r)
		if err != nil {
			t.Fatal(err)
		}
		file := sent{provider: "RZ1", number: byte(i + 1), days: []delay.Day{delay.MustDay("2026-03-08") + delay.Day(i)}}
		b := file.batch()
		if err := s.Take(t.Context(), b, func(ingest.Taken) ([]byte, error) { return want, nil }); err != nil {
			t.Fatal(err)
		}
		known, ok, err := s.Known(t.Context(), b.File.SHA256)
		if err != nil || !ok || !bytes.Equal(known, want) {
			t.Errorf("%s: sent again it has the receipt %.80q, %v", c.name, known, err)
		}
		got, err := s.File(t.Context(), fmt.Sprintf("%x", b.File.SHA256))
		if err != nil || !bytes.Equal(got.Report, want) {
			t.Errorf("%s: the receipt is %.80q, %v", c.name, got.Report, err)
		}
		var report, packed int
		if err := raw(t, dir).QueryRow(`SELECT length(report), coalesce(length(lists), 0) FROM file ORDER BY file_id DESC`).
			Scan(&report, &packed); err != nil {
			t.Fatal(err)
		}
		if (packed > 0) != c.packed || c.packed && report+packed > len(want)/5 {
			t.Errorf("%s: %d bytes are stored as %d and %d", c.name, len(want), report, packed)
		}
	}
}
