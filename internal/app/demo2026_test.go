package app

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// "homeward synth --beds-from" makes a partnership that sent delays alone and
// then everybody in a bed: the commands take it in without a row turned away,
// each day keeps the reasons of its time (D4), and nobody who meets the criteria
// to reside is on a worklist (R13).
func TestSynthOfEverybodyInABed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := func(words ...string) (int, string) {
		var out, said bytes.Buffer
		code := Main(t.Context(), words, &Console{Out: &out, Err: &said, Env: func(string) string { return "" }})
		return code, out.String() + said.String()
	}
	at := []string{"--out", dir, "--seed", "3", "--from", "2026-09-19", "--to", "2026-10-16", "--size", "30"}
	if code, said := command(append([]string{"synth", "--beds-from", "2026-10-01", "--backfill", "10"}, at...)...); code != ExitUsage {
		t.Fatalf("a backfill of beds ended with %d: %s", code, said)
	}
	if code, said := command(append([]string{"synth", "--beds-from", "2026-11-01"}, at...)...); code != ExitUsage {
		t.Fatalf("beds from after the last day ended with %d: %s", code, said)
	}
	if code, said := command(append([]string{"synth", "--beds-from", "2026-10-01"}, at...)...); code != ExitDone {
		t.Fatalf("synth ended with %d: %s", code, said)
	}
	data := filepath.Join(dir, "data")
	code, said := command("ingest", "--data", data, "--partnership", filepath.Join(dir, "partnership.yaml"), filepath.Join(dir, "extracts"))
	if code != ExitDone || strings.Contains(said, "not a layout") || !strings.Contains(said, " 0 quarantined") ||
		strings.Count(said, " quarantined") != strings.Count(said, " 0 quarantined") {
		t.Fatalf("ingest ended with %d: %s", code, said[max(0, len(said)-2000):])
	}
	code, sitrep := command("national", "sitrep", "--data", data, "--partnership", filepath.Join(dir, "partnership.yaml"),
		"--from", "2026-10", "--to", "2026-10")
	if code != ExitDone {
		t.Fatalf("national ended with %d: %s", code, sitrep)
	}
	a, err := Open(t.Context(), Options{Data: data, Partnership: filepath.Join(dir, "partnership.yaml"),
		Now: func() time.Time { return time.Date(2026, 10, 17, 9, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	since := delay.MustDay("2026-10-01")
	before, after := map[string]int{}, map[string]int{}
	across := 0
	if err := a.Store.Delays(t.Context(), func(d sqlite.DelayRecord) error {
		sets := map[string]bool{}
		for _, s := range d.Segments {
			set := s.Reason.Set()
			sets[set] = true
			if s.Segment.Last < since {
				before[set]++
			} else if s.Segment.First >= since {
				after[set]++
			}
		}
		if len(sets) > 1 {
			across++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if before["england-acute-2024"]+before["england-mhsds-6"] > 0 || after["england-acute-2024"] == 0 || after["england-mhsds-6"] == 0 {
		t.Errorf("D4: before the switch %v, after it %v", before, after)
	}
	if across == 0 {
		t.Error("D4: no delay goes on across the switch with the reasons of both times")
	}
	for _, p := range a.Partnership.Providers {
		by := people.Actor{Kind: people.APerson,
			Grant: people.Grant{Role: people.Coordinator, Side: people.ProviderSide, Codes: []string{p.Code}}}
		rows, _, err := a.Store.Worklist(t.Context(), by.Scope(), p.Code)
		if err != nil || len(rows) == 0 {
			t.Fatalf("%s: %d rows, %v", p.Code, len(rows), err)
		}
		remaining := -1
		for line := range strings.Lines(sitrep) {
			cells := strings.Split(line, ",")
			if cells[0] == "2026-10-16" && cells[1] == p.Code && cells[2] == "18" {
				remaining, _ = strconv.Atoi(cells[3])
			}
		}
		if len(rows) != remaining {
			t.Errorf("R13 %s: %d on the worklist, %d remain who do not meet the criteria", p.Code, len(rows), remaining)
		}
	}
}
