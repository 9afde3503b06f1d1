package app_test

import "testing"

// One period by several conventions at the console, from lists of delays alone:
// the local convention gives the ledger's own figure.
func TestD8FiguresByConvention(t *testing.T) {
	n := newNorthshire(t)
	for _, day := range []string{"2026-03-02", "2026-03-03", "2026-03-04"} {
		n.ingest(n.file("RZ1_"+day+".csv", northgate(day, 1, 6)))
	}
	rows := csvRows(t, must(t, "figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03", "--format", "csv",
		"--convention", "england-dtoc,england-drd,scotland-2016,wales-pocd"))
	own := csvRows(t, must(t, "figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03", "--format", "csv"))
	if len(rows) != 4 || rows[0]["days"] != own[0]["delayed_days"] || rows[0]["days"] == "0" {
		t.Fatalf("%v; the ledger's own figure is %v", rows, own)
	}
	for _, r := range rows[:3] {
		if r["base"] != "england-dtoc" || r["base_days"] != rows[0]["days"] || r["definition"] == "" {
			t.Errorf("D3 %v", r)
		}
	}
	if rows[3]["days"] != "" || rows[3]["census_days"] != "0" {
		t.Errorf("the census of Wales is on no day held: %v", rows[3])
	}
	for _, words := range [][]string{{"--convention", "england-drt"}, {"--convention", "england-drd", "--by", "council"}} {
		if status, _, errs := run(t, append([]string{"figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03"},
			words...)...); status != 2 {
			t.Errorf("%v: %d %s", words, status, errs)
		}
	}
}
