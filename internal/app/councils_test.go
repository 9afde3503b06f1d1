package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeward/internal/app"
)

// copyExample makes a data folder of a worked example, with the partnership
// file changed by edit.
func copyExample(t testing.TB, name string, edit func(string) string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "data", "examples", name))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, app.PartnershipFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(edit(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const sheffield = "councils:\n  - {code: E08000039, cssr: \"207\", name: Sheffield}\n"

// One council that came under its name, both of its codes and its number is
// one council in the figures.
func TestD5RecodedCouncilInFigures(t *testing.T) {
	dir := copyExample(t, "devon", func(s string) string { return strings.Replace(s, "councils:\n", sheffield, 1) })
	must(t, "ingest", "--data", dir, shared(t, "extracts", "field", "council-recoded"))
	out := must(t, "figures", "--data", dir, "--from", "2026-01", "--to", "2026-12", "--by", "council", "--format", "csv")
	if want := "council,delayed_days\nE08000039,5\n"; !strings.HasSuffix(strings.ReplaceAll(out, "\r", ""), want) {
		t.Errorf("D5 got\n%s\nwant %q", out, want)
	}
}

// A list that stands beside the partnership file is read in place of the
// program's own, and `councils check` compares with it.
func TestD5NewerListBesideThePartnership(t *testing.T) {
	dir := copyExample(t, "devon", func(s string) string { return s })
	own, err := os.ReadFile(filepath.Join(root, "data", "reference", "councils", "england.csv"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(own), "E06000026,,913,Plymouth", "E06000099,E06000026:2026-03-31,913,Plymouth", 1)
	newer := filepath.Join(t.TempDir(), "newer.csv")
	if err := os.WriteFile(newer, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := run(t, "councils", "check", newer, "--data", dir)
	if status != app.ExitLess || !strings.Contains(out, "Plymouth is E06000099 now, in place of E06000026.") {
		t.Errorf("D5 check before: status %d\n%s", status, out)
	}
	folder := filepath.Join(dir, app.ReferenceFolder, "councils")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "england.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "councils", "check", newer, "--data", dir)
	if status, _, errs := run(t, "councils", "check", filepath.Join(dir, "nothing.csv")); status == app.ExitDone ||
		!strings.Contains(errs, "could not be read") {
		t.Errorf("D5 a missing list: status %d, %s", status, errs)
	}
}
