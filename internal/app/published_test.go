package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/app"
)

func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The real file of all councils is read by the command as it really starts, and
// gives the Better Care Fund's figure by our formula.
func TestD7PublishedReadyDateThroughTheCommand(t *testing.T) {
	file := shared(t, "published", "england", "drd_utla_month_2024_25.csv")
	dir := copyExample(t, "england-acute", func(s string) string { return s })
	if out := must(t, "published", "add", "--data", dir, file, "--vintage", "2025-07-10"); !strings.Contains(out, "7344 figures") ||
		!strings.Contains(out, "vintage 2025-07-10 (given)") {
		t.Error(out)
	}
	rows := csvRows(t, must(t, "published", "average-delay", "--data", dir))
	if len(rows) != 1836+1 {
		t.Fatalf("%d rows, expected 1,836 council-months and one for all", len(rows))
	}
	if all := rows[len(rows)-1]; all["bed_days"] != "3192412" || all["discharges"] != "3866913" || all["average_delay"] != "0.825571" {
		t.Errorf("all together: %v", all)
	}
	for _, r := range rows[:len(rows)-1] {
		days, _ := strconv.ParseFloat(r["bed_days"], 64)
		discharges, _ := strconv.ParseFloat(r["discharges"], 64)
		if want := strconv.FormatFloat(days/discharges, 'f', 6, 64); r["average_delay"] != want {
			t.Fatalf("%v, expected %s", r, want)
		}
	}
	// The same bytes under another name change nothing.
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out := must(t, "published", "add", "--data", dir, fileOf(t, "copy.csv", string(text))); !strings.Contains(out, "nothing changes") {
		t.Error(out)
	}
	if list := csvRows(t, must(t, "published", "list", "--data", dir)); len(list) != 1 || list[0]["vintage"] != "2025-07-10" ||
		list[0]["vintage_from"] != "who added it" {
		t.Errorf("%v", list)
	}
}

const readyHead = "utla_code,utla_name,month,discharges,same_day,delayed,bed_days_after_drd\n"

// A newer vintage stands before an older one, whichever came first, and both
// are kept; a file of another month replaces nothing.
func TestPublishedVintages(t *testing.T) {
	dir := copyExample(t, "england-acute", func(s string) string { return s })
	revised := fileOf(t, "revised.csv", "Revised: 9 July 2025\n"+readyHead+"E10000008,Devon,Apr 2024,110,100,10,55\n")
	first := fileOf(t, "first.csv", "Published: 13 June 2024\n"+readyHead+"E10000008,Devon,Apr 2024,100,90,10,50\n"+
		"E06000026,Plymouth,Apr 2024,9,9,0,0\n")
	other := fileOf(t, "other.csv", "Published: 11 July 2024\n"+readyHead+"E10000008,Devon,May 2024,70,60,10,30\n")
	must(t, "published", "add", "--data", dir, revised, first, other)
	days := func(more ...string) string {
		var out []string
		for _, r := range csvRows(t, must(t, append([]string{"published", "figures", "--data", dir, "--series", "england-discharge-ready-date",
			"--measure", "bed_days"}, more...)...)) {
			out = append(out, r["period"][:7]+" "+r["code"]+" "+r["value"])
		}
		return strings.Join(out, ", ")
	}
	if got := days(); got != "2024-04 E10000008 55, 2024-05 E10000008 30" {
		t.Errorf("what stands: %s", got)
	}
	if got := days("--every"); got != "2024-04 E06000026 0, 2024-04 E10000008 55, 2024-04 E10000008 50, 2024-05 E10000008 30" {
		t.Errorf("what is kept: %s", got)
	}
	if out := must(t, "audit", "verify", "--data", dir); !strings.Contains(out, "agree") && out == "" {
		t.Error(out)
	}
}

// A file that is not understood is refused whole, with what was found, what was
// expected and what to do, and the others are added.
func TestPublishedRefusesWhole(t *testing.T) {
	dir := copyExample(t, "england-acute", func(s string) string { return s })
	bad := fileOf(t, "bad.csv", readyHead+"E10000008,Devon,Apr 2024,100,90,10,50\nE06000026,Plymouth,Apr 2024,9,9,none,0\n")
	good := fileOf(t, "good.csv", readyHead+"E10000008,Devon,May 2024,70,60,10,30\n")
	status, out, errs := run(t, "published", "add", "--data", dir, bad, good)
	if status != 1 || !strings.Contains(out, "good.csv: added") || !strings.Contains(errs, "row 3") ||
		!strings.Contains(errs, "expected a number") ||
		!strings.Contains(errs, "send the file as it was published") {
		t.Errorf("%d\n%s\n%s", status, out, errs)
	}
	if list := csvRows(t, must(t, "published", "list", "--data", dir)); len(list) != 1 {
		t.Errorf("%v", list)
	}
	status, _, errs = run(t, "published", "add", "--data", dir, good, "--vintage", "2999-01-01")
	if status == 0 {
		t.Errorf("a vintage after today: %s", errs)
	}
}

// The ledger of two trusts beside figures as their publisher would have them:
// each difference is listed by cause and adds up exactly (D8).
func TestD8PublishedBesideOurs(t *testing.T) {
	skipShort(t)
	files := shared(t, "extracts", "ledger-2026", "england-acute")
	dir := copyExample(t, "england-acute", func(s string) string { return s })
	must(t, "ingest", "--data", dir, files)
	sitrep := "Period,Level,Region,ICB,Org Code,Org Name,Metric,Metric Type,Metric Group,Value\n"
	ours := map[string]int{}
	for _, r := range csvRows(t, must(t, "national", "sitrep", "--data", dir, "--from", "2026-03", "--to", "2026-03", "--age-floor", "18")) {
		n, _ := strconv.Atoi(r["remaining"])
		ours[r["provider"]] += n
		value := strconv.Itoa(n + 1)
		if r["date"] == "2026-03-10" && r["provider"] == "RK9" {
			value, ours["hidden"] = "-", n
		}
		d := r["date"]
		sitrep += d[8:] + "/" + d[5:7] + "/" + d[:4] + ",PROVIDER,SW,X," + r["provider"] + ",Y,Number of patients remaining in hospital who no " +
			"longer meet the criteria to reside,Daily metric,NCTR," + value + "\n"
	}
	must(t, "published", "add", "--data", dir, "--vintage", "2026-05-14", fileOf(t, "sitrep.csv", sitrep))
	rows := csvRows(t, must(t, "published", "compare", "--data", dir, "--series", "england-acute-sitrep", "--from", "2026-03", "--to",
		"2026-03", "--code", "RK9"))
	steps := map[string]string{}
	for _, r := range rows {
		steps[r["kind"]+" "+r["words"]] = r["value"]
	}
	for step, want := range map[string]int{
		"published published, 30 days with a figure":             ours["RK9"] - ours["hidden"] + 30,
		"cause 1 day for which the publisher has no figure":      ours["hidden"],
		"not explained not explained":                            -30,
		"ours ours: people remaining, day by day, 18 and over":   ours["RK9"],
		"further ours: england-dtoc days, 18+ at the ready date": 1511,
	} {
		if steps[step] != strconv.Itoa(want) {
			t.Errorf("%s: %s, expected %d of %v", step, steps[step], want, steps)
		}
	}
	var answer struct {
		Comparisons []struct {
			Code                        string
			Published, Ours, Difference float64
			NotExplained                float64 `json:"not_explained"`
			Steps                       []struct {
				Kind           string
				Value, Running float64
			}
		}
	}
	if err := json.Unmarshal([]byte(must(t, "published", "compare", "--data", dir, "--series", "england-acute-sitrep",
		"--from", "2026-03", "--to", "2026-03", "--format", "json")), &answer); err != nil || len(answer.Comparisons) != 2 {
		t.Fatal(err, answer)
	}
	for _, c := range answer.Comparisons {
		causes := 0.0
		for _, s := range c.Steps {
			if s.Kind == "cause" || s.Kind == "not explained" {
				causes += s.Value
			}
		}
		if causes != c.Difference || c.Ours-c.Published != c.Difference {
			t.Errorf("%+v", c)
		}
	}
	// A day's figure, as a chair reads it out.
	day := csvRows(t, must(t, "published", "compare", "--data", dir, "--series", "england-acute-sitrep", "--from", "2026-03", "--to",
		"2026-03", "--code", "RK9", "--grain", "day"))
	if day[0]["kind"] != "published" || day[1]["kind"] != "not explained" || day[1]["value"] != "-1" || day[2]["kind"] != "ours" {
		t.Errorf("%v", day[:3])
	}
}

// The old return beside a ledger that counts by it: council by council, and by
// body.
func TestD8OldReturnBesideOurs(t *testing.T) {
	skipShort(t)
	dir := devonYear(t)
	for _, file := range []string{app.PartnershipFile, "layouts"} {
		if err := os.Rename(filepath.Join(copyExample(t, "devon", func(s string) string { return s }), file),
			filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "published", "add", "--data", dir, shared(t, "published", "england", "dtoc_la_by_responsible_org.csv"))
	figures := csvRows(t, must(t, "figures", "--data", dir, "--from", "2018-10", "--to", "2018-10", "--by", "council", "--format", "csv"))
	ours := map[string]string{}
	for _, r := range figures {
		ours[r["council"]] = r["delayed_days"]
	}
	rows := csvRows(t, must(t, "published", "compare", "--data", dir, "--series", "england-dtoc", "--from", "2018-10", "--to", "2018-10"))
	seen := 0
	for _, r := range rows {
		if r["kind"] == "ours" && r["breakdown"] == "" {
			seen++
			if ours[r["code"]] != r["value"] {
				t.Errorf("%s: %s, and figures say %s", r["code"], r["value"], ours[r["code"]])
			}
		}
	}
	if seen == 0 {
		t.Errorf("no council was compared: %v", rows)
	}
}
