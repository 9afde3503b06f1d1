package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/app"
	"homeward/internal/synth"
)

// A nation that synth makes is taken in as it is: every file in whole, each by its own
// provider, and the figures are of all of its councils.
func TestANationIsTakenIn(t *testing.T) {
	skipShort(t)
	t.Parallel()
	dir := t.TempDir()
	must(t, "synth", "--nation", "--out", dir, "--from", "2026-03-01", "--to", "2026-03-04", "--size", "2000")
	if names, err := filepath.Glob(filepath.Join(dir, "extracts", "*.csv")); err != nil || len(names) != synth.NationProviders {
		t.Fatalf("%d files: %v", len(names), err)
	}
	status, _, errs := run(t, "synth", "--nation", "--out", dir)
	if status != app.ExitLess || !strings.Contains(errs, "Choose another folder") {
		t.Errorf("a second nation in the folder: %d %s", status, errs)
	}
	status, _, errs = run(t, "synth", "--nation", "--hostile", "--out", dir)
	if status != app.ExitUsage || !strings.Contains(errs, "--nation") {
		t.Errorf("with --hostile: %d %s", status, errs)
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"partnership.yaml", "layouts"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, errs := run(t, "ingest", "--data", data, filepath.Join(dir, "extracts")); status == app.ExitUsage ||
		strings.Contains(out, "rejected") {
		t.Fatalf("%d %s\n%s", status, last(out, 500), errs)
	}
	providers, councils := map[string]bool{}, map[string]bool{}
	for _, line := range lines(must(t, "figures", "--data", data, "--from", "2026-03", "--to", "2026-03", "--by", "provider,council"))[1:] {
		if cells := strings.Fields(line); len(cells) > 2 {
			providers[cells[0]], councils[cells[1]] = true, true
		}
	}
	// One hospital or council may have nobody on four days.
	if len(providers) < synth.NationProviders-3 || len(councils) < synth.NationCouncils-3 {
		t.Errorf("figures of %d providers and %d councils", len(providers), len(councils))
	}
	if said := must(t, "verify", "--data", data); !strings.Contains(said, "Everything agrees") {
		t.Error(said)
	}
}
