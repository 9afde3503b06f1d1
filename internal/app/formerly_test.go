package app_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/people"
)

// mergedFiles are the extracts of a trust that sent as RZY until 31 March 2026
// and as RWV from 1 April on. One person waits over the merger and gets another
// local number by it; one without an NHS number leaves on the day; one is listed
// first after it and was ready before. RK9 has nothing to do with it.
func mergedFiles(t testing.TB, overlap bool) []string {
	t.Helper()
	dir := t.TempDir()
	const headings = "ReportDate,OrgIDProv,SiteIDOfWard,WardName,LocalPatientId,NHSNumber,PersonBirthDate,StartDateHospProvSpell," +
		"StartDateDelayDisch,EndDateDelayDisch,DelayDischReason,AttribToIndic,OrgIDRespLADelayDisch\n"
	var files []string
	write := func(code string, month, day int, rows ...string) {
		name := filepath.Join(dir, fmt.Sprintf("MHS_%s_2026%02d%02d.csv", code, month, day))
		var b strings.Builder
		b.WriteString(headings)
		for _, row := range rows {
			fmt.Fprintf(&b, "2026-%02d-%02d,%s,%s01,Oak,%s\n", month, day, code, code, row)
		}
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	const rest = ",9990000603,1940-05-17,2026-01-05,2026-03-10,,E1,05,912"
	const over, over2 = "L1" + rest, "N1" + rest
	for day := 20; day <= 31; day++ {
		write("RZY", 3, day, over, "L2,,1950-05-17,2026-01-05,2026-03-12,,E1,05,912")
	}
	if overlap {
		write("RZY", 4, 1, over)
	}
	for day := 1; day <= 7; day++ {
		rows := []string{"N9,,1950-05-17,2026-01-05,2026-03-31,,A2,04,913"}
		if day <= 5 {
			rows = append(rows, over2)
		}
		if day >= 3 && day <= 5 {
			rows = append(rows, "N3,9990000611,1940-05-17,2026-01-05,2026-03-28,,B1,04,912")
		}
		write("RWV", 4, day, rows...)
	}
	return files
}

// merging makes a data folder in which RWV was RZY before, or in which RZY is a
// provider of its own still.
func merging(t testing.TB, dir string, merged bool) string {
	t.Helper()
	if dir == "" {
		dir = fieldPartnership(t, "")
	}
	path := filepath.Join(dir, "partnership.yaml")
	text := string(must2(os.ReadFile(path)))
	const alone = "  - {code: RZY, name: Old Trust, layout: mhsds-csv}\n"
	text = strings.Replace(text, alone, "", 1)
	const line = `layout: mhsds-csv, due: "09:00"`
	if !strings.Contains(text, line) {
		t.Fatal("the partnership file has no such provider")
	}
	if merged {
		text = strings.Replace(text, line, line+", formerly: [{code: RZY, until: 2026-03-31}]", 1)
	} else {
		text = strings.Replace(text, "settings:\n", alone+"settings:\n", 1)
		text = strings.Replace(text, "\n\n"+alone, "\n"+alone, 1)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// mergedFigures are all figures and delays, without references, which say who
// was met first (I6).
func mergedFigures(t testing.TB, dir string) string {
	t.Helper()
	out := must(t, "figures", "--data", dir, "--from", "2026-03", "--to", "2026-04", "--by", "month,provider,council,care,reason,responsible",
		"--format", "csv")
	for _, r := range table(t, must(t, "delays", "--data", dir, "--format", "csv")) {
		delete(r, "reference")
		out += fmt.Sprintln(r)
	}
	if said := must(t, "verify", "--data", dir); !strings.Contains(said, "Everything agrees") {
		t.Errorf("verify says %s", said)
	}
	return out
}

// C19 and I6: a merger of trusts shows one history under the successor, in any
// order of arrival (C10), and whenever it was written into the partnership file.
func TestFormerlyShowsOneHistory(t *testing.T) {
	t.Parallel()
	for _, overlap := range []bool{false, true} {
		t.Run(fmt.Sprintf("C19 both send for a day: %t", overlap), func(t *testing.T) {
			t.Parallel()
			files := mergedFiles(t, overlap)
			dir := merging(t, "", true)
			must(t, append([]string{"ingest", "--data", dir}, files...)...)
			want := mergedFigures(t, dir)
			days := map[string]string{}
			for _, r := range table(t, must(t, "figures", "--data", dir, "--from", "2026-03", "--to", "2026-04", "--by", "provider", "--format",
				"csv")) {
				if r["delayed_days"] != "0" {
					days[r["provider"]] = r["delayed_days"]
				}
			}
			// 17 days over the merger, 12 to its eve, 8 of which 3 before it, 7 after.
			if len(days) != 1 || days["RWV"] != "44" {
				t.Errorf("C19: the days are %v, want 44 at RWV", days)
			}
			over := 0
			for _, r := range table(t, must(t, "delays", "--data", dir, "--format", "csv")) {
				if r["provider"] != "RWV" {
					t.Errorf("C19: a delay is at %s", r["provider"])
				}
				if r["ready_date"] == "2026-03-10" {
					over++
					if r["ended_on"] != "2026-04-06" || r["delayed_days"] != "17" {
						t.Errorf("I5: the wait over the merger is %v", r)
					}
				}
			}
			if over != 1 {
				t.Errorf("I5: the wait over the merger is %d delays", over)
			}

			t.Run("C10 in another order", func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(3) {
					shuffled := append([]string(nil), files...)
					rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
					other := merging(t, "", true)
					must(t, append([]string{"ingest", "--data", other}, shuffled...)...)
					if got := mergedFigures(t, other); got != want {
						t.Errorf("seed %d gives\n%s\nwant\n%s", seed, got, want)
					}
				}
			})
			t.Run("C10 written into the file later", func(t *testing.T) {
				t.Parallel()
				other := merging(t, "", false)
				must(t, append([]string{"ingest", "--data", other}, files...)...)
				before := mergedFigures(t, other)
				if !strings.Contains(before, "RZY") {
					t.Error("RZY is no provider of its own before")
				}
				merging(t, other, true)
				// Whatever opens the data folder with the partnership file picks it up.
				must(t, "ingest", "--data", other, files[0])
				if got := mergedFigures(t, other); got != want {
					t.Errorf("it gives\n%s\nwant\n%s", got, want)
				}
				// What is taken back is as it was.
				text := must2(os.ReadFile(filepath.Join(other, "partnership.yaml")))
				text = []byte(strings.Replace(string(text), ", formerly: [{code: RZY, until: 2026-03-31}]", "", 1))
				if err := os.WriteFile(filepath.Join(other, "partnership.yaml"), text, 0o600); err != nil {
					t.Fatal(err)
				}
				merging(t, other, false)
				must(t, "ingest", "--data", other, files[0])
				if got := mergedFigures(t, other); got != before {
					t.Errorf("taken back it gives\n%s\nwant\n%s", got, before)
				}
			})
		})
	}
}

// R5 and C11: a file of the former code is held and accepted as any other, by
// the code that sent it and by that of the provider, and is sent again under it.
func TestFormerlyHeldAndAccepted(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"RZY", "RWV"} {
		t.Run("R5 accepted for "+code, func(t *testing.T) {
			t.Parallel()
			dir := merging(t, "", true)
			files := mergedFiles(t, false)
			must(t, append([]string{"ingest", "--data", dir}, files...)...)
			before := mergedFigures(t, dir)
			eve := files[11] // RZY, 31 March
			text := string(must2(os.ReadFile(eve)))
			if err := os.WriteFile(eve, []byte(strings.ReplaceAll(text, ",2026-03-1", ",soon-1")), 0o600); err != nil {
				t.Fatal(err)
			}
			if status, out, _ := run(t, "ingest", "--data", dir, eve); status != app.ExitLess || !strings.Contains(out, "held") {
				t.Fatalf("it is not held: %d, %s", status, out)
			}
			if got := mergedFigures(t, dir); got != before {
				t.Errorf("a held file changes figures:\n%s\nwas\n%s", got, before)
			}
			if out := must(t, "accept", "--data", dir, "--provider", code, "--date", "2026-03-31", "--reason", "as it is"); !strings.Contains(out,
				"counts now") {
				t.Errorf("accepting says %s", out)
			}
			// Rows that cannot be read keep their patients in bed (C20).
			if got := mergedFigures(t, dir); !strings.Contains(got, "2026-03,RWV,E10000008,Non-Acute,E,social care,24") {
				t.Errorf("C20: accepted it gives\n%s", got)
			}
		})
	}
}

// While two codes of one trust send beside each other, a day on which one of them
// sent nothing is missing, though the other's extract is there: on the extracts
// page and its files, and in what is closed.
func TestC6ADayThatOneOfTwoCodesDidNotSendIsMissing(t *testing.T) {
	t.Parallel()
	dir := merging(t, "", true)
	files := t.TempDir()
	write := func(code string, month, day int) string {
		name := filepath.Join(files, fmt.Sprintf("MHS_%s_2026%02d%02d.csv", code, month, day))
		text := "ReportDate,OrgIDProv,SiteIDOfWard,WardName,LocalPatientId,NHSNumber,PersonBirthDate,StartDateHospProvSpell," +
			"StartDateDelayDisch,EndDateDelayDisch,DelayDischReason,AttribToIndic,OrgIDRespLADelayDisch\n" +
			fmt.Sprintf("2026-%02d-%02d,%s,%s01,Oak,%s-1,,1940-05-17,2026-01-05,2026-03-10,,E1,05,912\n", month, day, code, code, code)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for day := 20; day <= 31; day++ {
		if day != 28 {
			write("RZY", 3, day)
		}
		if day >= 25 && day != 30 {
			write("RWV", 3, day)
		}
	}
	write("RWV", 4, 1)
	must(t, "ingest", "--data", dir, files)
	d := newCloseDesk(t, dir, "", time.Date(2026, 4, 9, 10, 0, 0, 0, time.UTC))
	check := func(missing map[string]string, closed string) {
		t.Helper()
		for _, r := range table(t, d.get(people.Viewer, "/extracts.csv?to=2026-04-01")) {
			if r["provider"] != "RWV" || r["day"] < "2026-03-20" {
				continue
			}
			status, from := "Late", missing[r["day"]]
			if from != "" {
				status = "Missing"
			}
			if got := strings.Replace(r["status"], "In", "Late", 1); got != status || r["missing_from"] != from || r["file"] == "" {
				t.Errorf("C6 %s is %q without %q, want %q without %q", r["day"], got, r["missing_from"], status, from)
			}
		}
		rows := d.page(people.Viewer, "/agreement/close/2026-03").Find("#extracts-table tbody tr")
		if got := rows.Find("td").Eq(1).Text(); rows.Length() != 1 || got != closed {
			t.Errorf("C6 the month is missing %q of %d hospitals, want %q", got, rows.Length(), closed)
		}
	}
	check(map[string]string{"2026-03-28": "RZY", "2026-03-30": "RWV"}, "28 and 30")
	if text := d.page(people.Viewer, "/extracts?to=2026-04-01").Text(); !strings.Contains(text,
		"28 March 2026: no extract of RZY has arrived.") {
		t.Error("C6 the extracts page does not say whose extract is missing")
	}
	must(t, "ingest", "--data", dir, write("RZY", 3, 28), write("RWV", 3, 30))
	check(nil, "None")
}
