package app_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// bedHead is the heading of Plymouth's lists of everybody in a bed.
const bedHead = "Snapshot date,Trust code,Site,Ward,Bed,Hospital number,NHS number,DOB,Admission date,Meets criteria to reside," +
	"Date criteria to reside no longer met,Delay reason,Pathway,Local authority,Discharge date,Discharge destination\r\n"

// inPlymouth is one person in a bed. A ready day of 0 is nobody's: they met the
// criteria to the end; out is the day of leaving, 0 while they stay.
type inPlymouth struct {
	name, born           string
	admitted, ready, out int
	reason, pathway      string
	council, destination string
}

// plymouth is the list of a day of March 2026.
func plymouth(day int, all ...inPlymouth) string {
	of := func(day int) string {
		if day == 0 {
			return ""
		}
		return fmt.Sprintf("%02d/03/2026", day)
	}
	var b strings.Builder
	b.WriteString(bedHead)
	for _, p := range all {
		if day < p.admitted || p.out != 0 && day > p.out {
			continue
		}
		meets, ready, reason, out, to := "Y", "", "", "", ""
		if p.ready != 0 && day >= p.ready {
			meets, ready, reason = "N", of(p.ready), p.reason
		}
		if p.out != 0 && day == p.out {
			out, to = of(p.out), p.destination
		}
		fmt.Fprintf(&b, "%s,RK9,RK950,6,5,%s,,%s,%s,%s,%s,%s,%s,%s,%s,%s\r\n", of(day), p.name, p.born, of(p.admitted), meets, ready, reason,
			p.pathway, p.council, out, to)
	}
	return b.String()
}

// England's counts of a closed month are frozen with it as bytes (D6, D7): what
// the commands count at that moment, the age floor and who is left out beside,
// to be had as CSV and as a workbook; a later list leaves them alone and shows as
// a revision whose causes add up.
func TestD7EnglandsCountsAreClosedWithTheMonth(t *testing.T) {
	t.Parallel()
	dir := copyExample(t, "england-acute", func(s string) string {
		return s + "levels:\n  - {measure: discharge-delay, level: 1.5, from: 2026-01-01, agreed: \"Board, 5 January 2026\"}\n"
	})
	const care, transport = "Capacity – Residential/nursing home care not yet available (Pathway 3)",
		"Hospital process – Awaiting patient transport services"
	all := []inPlymouth{
		{"A1", "20/01/1938", 1, 5, 10, care, "P3", "Devon", "Usual place of residence"},
		{"A2", "20/01/1938", 2, 10, 0, transport, "P1", "Plymouth", ""},
		{"A3", "20/01/1938", 5, 0, 12, "", "", "Devon", "Usual place of residence"},
		{"A4", "20/01/1938", 3, 8, 20, care, "P3", "Devon", "Patient died"},
		{"A5", "20/01/2011", 3, 6, 9, transport, "P1", "Devon", "Usual place of residence"},
		{"A6", "20/01/1950", 3, 14, 16, transport, "P1", "", "Usual place of residence"},
	}
	write := func(day int, version string, all ...inPlymouth) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), fmt.Sprintf("RK9_2026-03-%02d%s.csv", day, version))
		if err := os.WriteFile(path, []byte(plymouth(day, all...)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := []string{"ingest", "--data", dir}
	for day := 1; day <= 31; day++ {
		if day != 24 { // This list never comes.
			args = append(args, write(day, "", all...))
		}
	}
	must(t, args...)
	d := newCloseDesk(t, dir, "", time.Date(2026, 4, 9, 10, 0, 0, 0, time.UTC))
	const month = "/agreement/close/2026-03"
	counted := func(what string, more ...string) []map[string]string {
		t.Helper()
		return table(t, must(t, append([]string{"national", what, "--data", dir, "--from", "2026-03", "--to", "2026-03", "--format", "csv"},
			more...)...))
	}
	readyDates, sitrep := counted("ready-dates", "--age-floor", "16"), counted("sitrep", "--age-floor", "18")
	if before := d.get(people.Viewer, month); !strings.Contains(before, "England&#39;s counts that would be closed") {
		t.Error("D7 the page of the open month does not show what would be closed")
	}
	if w := d.close("2026-03"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}

	frozen := d.get(people.Viewer, month+".json?part=england")
	var e closing.England
	if err := json.Unmarshal([]byte(frozen), &e); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(frozen))
	if !strings.Contains(string(d.frozen("2026-03")), `"england_sha256":"`+hex.EncodeToString(sum[:])+`"`) {
		t.Error("C15 the month's JSON does not name the fingerprint of England's counts")
	}
	if len(e.Hospitals) != 1 || e.Hospitals[0].Lists != 30 || strings.Join(e.Hospitals[0].Missing, ",") != "2026-03-24" {
		t.Errorf("D6 the lists are %+v", e.Hospitals)
	}
	// A1 waited 5 days, A3 none, A6 2; A4 died and A5 is 15.
	if all := e.ReadyDate.Rows[len(e.ReadyDate.Rows)-1]; all.By != "all" || all.Discharges != 3 || all.SameDay != 1 || all.BedDays != 7 ||
		*all.AverageDelay != 2.333333 || *all.AgreedLevel != 1.5 || all.LeftOut["died"] != 1 || all.LeftOut["under_age_floor"] != 1 ||
		e.ReadyDate.AgeFloor != 16 {
		t.Errorf("D7 closed with %+v", all)
	}
	unknown := false
	for _, row := range table(t, d.get(people.Viewer, month+".csv?part=discharge")) {
		if row["by"] == "council" {
			unknown = unknown || row["code"] == "not-known" && row["discharges"] == "1"
			if row["agreed_level"] != "" {
				t.Errorf("D7 council %s has an agreed level of %s: the partners agreed one for all alone", row["code"], row["agreed_level"])
			}
		}
		found := false
		for _, r := range readyDates {
			if r["by"] != row["by"] || strings.ReplaceAll(r["code"], " ", "-") != row["code"] {
				continue
			}
			found = true
			for _, column := range []string{"discharges", "same_day", "bed_days"} {
				if r[column] != row[column] {
					t.Errorf("D7 %s %s: %s is %s, the command says %s", row["by"], row["code"], column, row[column], r[column])
				}
			}
		}
		if !found {
			t.Errorf("D7 the command has no %s %s: %v", row["by"], row["code"], readyDates)
		}
	}
	if !unknown {
		t.Error("D7 nobody of a council that is not known is closed")
	}
	remaining := map[string]int{}
	for _, row := range table(t, d.get(people.Viewer, month+".csv?part=sitrep")) {
		n, _ := strconv.Atoi(row["remaining"])
		remaining[row["day"]] += n
	}
	for _, r := range sitrep {
		if got := strconv.Itoa(remaining[r["date"]]); got != r["remaining"] {
			t.Errorf("D6 %s: %s remain, the command says %s", r["date"], got, r["remaining"])
		}
	}
	englandsBook(t, d.get(people.Viewer, month+".xlsx"))
	if text := d.page(people.Viewer, month).Text(); !strings.Contains(text, "England's counts of the month are the same today.") {
		t.Error("D7 the page does not say that nothing has changed")
	}

	// The 15th is sent again with one who had been ready since the 9th and left.
	late := inPlymouth{"B1", "20/01/1938", 2, 9, 15, care, "P3", "Torbay", "Usual place of residence"}
	must(t, "ingest", "--data", dir, write(15, "_v2", append(slices.Clip(all), late)...))
	if d.get(people.Viewer, month+".json?part=england") != frozen {
		t.Error("C15 what was closed has changed")
	}
	revised := table(t, d.get(people.Viewer, month+".csv?part=england-revisions"))
	sums, figures := map[string]int{}, map[string]map[string]string{}
	causes := map[string]string{}
	for _, r := range revised {
		n, _ := strconv.Atoi(r["difference"])
		sums[r["figure"]] += n
		figures[r["figure"]] = r
		causes[r["figure"]] += r["difference"] + " " + r["cause"] + ";"
	}
	for name, r := range figures {
		was, _ := strconv.Atoi(r["as_closed"])
		is, err := strconv.Atoi(r["now"])
		if err == nil && sums[name] != is-was {
			t.Errorf("C15 %s: the causes add up to %d, the difference is %d", name, sums[name], is-was)
		}
	}
	for name, want := range map[string]string{
		"Discharges counted":            "1 extracts that were sent again;",
		"Bed days of the discharges":    "6 extracts that were sent again;",
		"People remaining, person-days": "6 what later extracts say of these days;",
		"Discharges left out":           "0 no change;",
	} {
		if causes[name] != want {
			t.Errorf("C15 %s: %q, want %q", name, causes[name], want)
		}
	}
	if r := figures["Average discharge delay"]; r["as_closed"] != "2.333333" || r["now"] != "3.250000" {
		t.Errorf("D7 the average delay is set beside as %v", r)
	}
	page := d.page(people.Viewer, month)
	if got := strings.Join(strings.Fields(page.Find("#england-revisions-table tbody tr").First().Text()), " "); !strings.Contains(got,
		"2.33") || !strings.Contains(got, "3.25") || !strings.Contains(got, "+0.92") {
		t.Errorf("D7 the page sets beside %q", got)
	}
	if got := page.Find(".app-lede").Text(); !strings.Contains(got, "England's counts of it have changed since.") {
		t.Errorf("the page says %q", got)
	}
	if got := d.page(people.Viewer, "/agreement/close").Find(`tr:has(a[href="` + month + `"])`).Text(); !strings.Contains(got,
		"England's counts") {
		t.Errorf("D7 the list of months says %q", got)
	}

	// What was altered or taken away behind the program's back is found.
	db, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if out := must(t, "verify", "--data", dir); !strings.Contains(out, "Everything agrees") {
		t.Error(out)
	}
	for _, query := range []string{`UPDATE month_close_england SET frozen = frozen`, `DELETE FROM month_close_england`} {
		if _, err := db.Exec(query); err == nil {
			t.Errorf("C15 %s went through", query)
		}
	}
	for _, query := range []string{`DROP TRIGGER month_close_england_stays`, `DELETE FROM month_close_england`} {
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	status, out, _ := run(t, "verify", "--data", dir)
	if status != app.ExitLess || !strings.Contains(out, "What March 2026 was closed with of England's counts does not have the fingerprint") {
		t.Errorf("verify ends with %d and says %q", status, out)
	}
}

// englandsBook looks at the workbook of a month: dates are dates, numbers are
// numbers, shares per cent.
func englandsBook(t *testing.T, book string) {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader([]byte(book)), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		f, err := in.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	serial := int(delay.MustDay("2026-03-01")-delay.MustDay("1970-01-01")) + 25_569
	if rows := read("xl/worksheets/sheet2.xml"); !strings.Contains(rows, fmt.Sprintf("<v>%d</v>", serial)) ||
		!strings.Contains(rows, "<v>0.666667</v>") || !strings.Contains(rows, "<v>2.333333</v>") {
		t.Errorf("D7 the sheet of discharges has no date, share or mean: %s", rows[:min(len(rows), 3000)])
	}
	if about := read("xl/worksheets/sheet1.xml"); !strings.Contains(about, "do not publish them") ||
		!strings.Contains(about, "without a list: 24") {
		t.Error("P3 the workbook does not say whom it is for, or which list is missing")
	}
}

// A trust that sends under a new code after a merger has its history of before,
// lists of everybody in a bed too: a month that was closed under the former code
// stands beside the same counts of now, and the merger alone is no revision.
func TestD6EnglandsCountsOfAFormerCode(t *testing.T) {
	t.Parallel()
	dir := copyExample(t, "england-acute", func(s string) string { return s })
	layout := filepath.Join(dir, "layouts", "plymouth-bed-state.yaml")
	text := strings.Replace(string(must2(os.ReadFile(layout))), "(?P<provider>rk9)", "(?P<provider>rk9|rzz)", 1)
	if err := os.WriteFile(layout, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []inPlymouth{{"A1", "20/01/1938", 1, 5, 10, "", "P3", "Devon", "Usual place of residence"},
		{"A2", "20/01/1938", 2, 10, 0, "", "P1", "Plymouth", ""}}
	files := t.TempDir()
	for day := 1; day <= 31; day++ {
		if err := os.WriteFile(filepath.Join(files, fmt.Sprintf("RK9_2026-03-%02d.csv", day)), []byte(plymouth(day, all...)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "ingest", "--data", dir, files)
	closeNow(t, dir, time.Date(2026, 4, 9, 10, 0, 0, 0, time.UTC), "RK9")

	partnership := filepath.Join(dir, app.PartnershipFile)
	text = strings.NewReplacer(
		`code: RK9, name: University Hospitals Plymouth NHS Trust`, `code: RZZ, name: New Trust, formerly: [{code: RK9, until: 2026-03-31}]`,
	).Replace(string(must2(os.ReadFile(partnership))))
	if err := os.WriteFile(partnership, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	april := strings.NewReplacer("/03/2026,RK9,", "/04/2026,RZZ,").Replace(plymouth(2, all[1]))
	file := filepath.Join(t.TempDir(), "RZZ_2026-04-02.csv")
	if err := os.WriteFile(file, []byte(april), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "ingest", "--data", dir, file)
	d := newCloseDesk(t, dir, "", time.Date(2026, 4, 10, 10, 0, 0, 0, time.UTC))
	rows := table(t, d.get(people.Viewer, "/sitrep.csv?from=2026-03-01&to=2026-03-31"))
	if len(rows) == 0 {
		t.Error("D6 the situation report has nothing of the days before the merger")
	}
	if got := d.page(people.Viewer, "/agreement/close/2026-03").Find("#england-revisions ~ *").Text(); !strings.Contains(got,
		"England's counts of the month are the same today.") {
		t.Errorf("C15 the merger alone shows as %s", got)
	}
}
