package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/ingest"
	"homeward/internal/people"
)

// A closed month that changes because files were read again shows that as the
// cause of its revision, and stays as it was closed (C15).
func TestReadAgainRevisesAClosedMonth(t *testing.T) {
	t.Parallel()
	r := newRereader(t)
	for _, day := range []string{"2026-03-10", "2026-03-11"} {
		text := northgate(day, 1, 12)
		if day == "2026-03-11" {
			text = strings.ReplaceAll(text, ",Acute,E,", ",Acute,Awaiting POC,")
		}
		r.send("RZ1_"+day+".csv", text)
	}
	r.now = r.now.Add(8 * 24 * time.Hour)
	closeNow(t, r.dir, r.now, "RZ1")
	learn := wordChanges[0]
	r.change(learn.file, learn.from, learn.to)
	if status, o := r.command("--take", "--reason", "a word was missing"); status != app.ExitDone || o.Count(ingest.ReadsOtherwise) != 1 {
		t.Fatalf("%d, %+v", status, o)
	}
	d := newCloseDesk(t, r.dir, filepath.Join(r.dir, app.PartnershipFile), time.Now())
	closed := string(d.frozen("2026-03"))
	if !strings.Contains(closed, "not-known") {
		t.Error("C15: what was closed had days without a known reason")
	}
	sums := map[string]string{}
	for _, row := range table(t, d.get(people.Viewer, "/agreement/close/2026-03.csv?part=revisions")) {
		sums[row["figure"]] += fmt.Sprintf("%s (%s);", row["difference"], row["cause"])
	}
	for figure, want := range map[string]string{
		"Delayed days":          "0 (no change);",
		"Days not attributed":   "-12 (files that were read again with other words);",
		"Days with social care": "12 (files that were read again with other words);",
		"Days with the NHS":     "0 (no change);",
	} {
		if sums[figure] != want {
			t.Errorf("%s: %q, want %q", figure, sums[figure], want)
		}
	}
}

// Rows of stays are read again too (R13): with a word of the criteria that was
// missing, national counts and delays are those of a store that knew it from the
// start (C10).
func TestReadAgainOfStays(t *testing.T) {
	skipShort(t)
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(shared(t, "extracts", "board-list"), "*_202611[01]*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files of the board's list", err)
	}
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	knowing := &bedList{t, copyExample(t, "board-list", func(s string) string { return s }), at}
	learning := &bedList{t, copyExample(t, "board-list", func(s string) string { return s }), at}
	layout := filepath.Join(learning.dir, "layouts", "board-list.yaml")
	whole := string(must2(os.ReadFile(layout)))
	without := strings.Replace(whole, "meets: [Y]", "meets: [Yes]", 1)
	if without == whole {
		t.Fatal("the layout has no such word")
	}
	if err := os.WriteFile(layout, []byte(without), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*bedList{knowing, learning} {
		run(t, append([]string{"ingest", "--data", b.dir}, files...)...)
	}
	want := knowing.tables()
	if status, _, _ := run(t, "national", "days", "--data", learning.dir, "--from", "2026-11", "--to", "2026-11"); status == app.ExitDone {
		t.Fatal("the missing word changes nothing")
	}
	if err := os.WriteFile(layout, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "read-again", "--data", learning.dir, "--take", "--reason", "a word was missing")
	if got := learning.tables(); got != want {
		t.Errorf("C10: read again it is not as if known from the start: %s", firstDifference(lines(got), lines(want)))
	}
	must(t, "verify", "--data", learning.dir)
}
