package app_test

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/nhsnumber"
)

// csvWriters are the packages that may make a writer of the standard library's:
// the program's one writer, and the invented extracts, which are input.
var csvWriters = map[string]bool{"internal/csvout": true, "internal/synth": true}

// TestR8OneWriterOfCSV keeps every file and answer behind the one guard against
// text that spreadsheets run.
func TestR8OneWriterOfCSV(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || csvWriters[s.folder] {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, s.folder, s.name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "csv.NewWriter(") {
			t.Errorf("%s/%s writes CSV with encoding/csv. Use csvout.New, which guards every cell.", s.folder, s.name)
		}
	}
}

// TestP2IdentifiersLeaveByTheAuditedPath: a list of delays with identifiers is
// in the audit log under the name of the operating system's user, and a number
// that a spreadsheet would run is written as text.
func TestP2IdentifiersLeaveByTheAuditedPath(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	file := northgate("2026-03-10", 1, 2)
	first, rest, _ := strings.Cut(strings.TrimPrefix(file, northgateHead), "\r\n")
	cells := strings.Split(first, ",")
	const number = "9990000018"
	cells[5], cells[6] = "＝cmd|1", number
	n.ingest(n.file("RZ1_2026-03-10.csv", northgateHead+strings.Join(cells, ",")+"\r\n"+rest))

	exports := func() (out []map[string]string) {
		for _, r := range table(t, must(t, "audit", "export", "--data", n.data())) {
			if r["what"] == "identifiers exported" {
				out = append(out, r)
			}
		}
		return out
	}
	if out := must(t, "delays", "--data", n.data()); strings.Contains(out, number) || len(exports()) != 0 {
		t.Errorf("without --identifiers: %d entries, %s", len(exports()), out)
	}
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for i, format := range []string{"csv", "json"} {
		out := must(t, "delays", "--data", n.data(), "--identifiers", "--format", format)
		if !strings.Contains(out, number) {
			t.Errorf("%s: %s is not in %s", format, number, out)
		}
		if got := exports(); len(got) != i+1 || got[i]["who"] != "command line, "+who.Username {
			t.Errorf("P2 %s: the audit log has %v", format, got)
		}
		if format == "csv" && !strings.Contains(out, ",'＝CMD|1,") {
			t.Errorf("R8: a spreadsheet would run a cell of %s", out)
		}
	}
}

// TestP1FileNamedForAPerson takes in a file with an NHS number in its name and
// in cells that are kept: neither the receipt nor the database has it in clear.
func TestP1FileNamedForAPerson(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	text := strings.Replace(northgate("2026-03-10", 1, 3), ",5A,5A-00,", ",943.476.5919,９４３ ４７６ ５９１９,", 1)
	text = strings.Replace(text, ",Acute,E,Social Care,", ",943 - 476 - 5919,E 9434765919,943/476/5919,", 1)
	status, out, _ := run(t, "ingest", "--data", n.data(), "--json", n.file("RZ1_2026-03-10_943 476 5919.csv", text))
	if status != app.ExitDone || nhsnumber.In(out) || strings.Count(out, `"P1"`) < 6 || !strings.Contains(out, nhsnumber.Mark) {
		t.Errorf("P1 ended with %d: %s", status, out)
	}
	seen := must(t, "delays", "--data", n.data(), "--format", "json")
	if nhsnumber.In(seen) {
		t.Errorf("P1: a list of delays shows a number: %s", seen)
	}
	for _, name := range []string{"homeward.db", "homeward.db-wal"} {
		held, err := os.ReadFile(filepath.Join(n.data(), name))
		if err != nil {
			continue
		}
		for _, written := range []string{"943 476 5919", "943.476.5919", "943 - 476 - 5919", "943/476/5919", "9434765919", "９４３ ４７６ ５９１９"} {
			if strings.Contains(string(held), written) {
				t.Errorf("P1: %s stands in clear in %s", written, name)
			}
		}
	}
}
