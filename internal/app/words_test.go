package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/ingest"
)

// northshire is a data folder of the fictional partnership.
type northshire struct {
	t   testing.TB
	dir string // its parent; files to send stand here
}

var northshireExample = filepath.Join("..", "..", "data", "examples", "northshire")

func newNorthshire(t testing.TB) northshire {
	t.Helper()
	n := northshire{t, t.TempDir()}
	if err := os.CopyFS(n.data(), os.DirFS(northshireExample)); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n northshire) data() string { return filepath.Join(n.dir, "data") }

// file writes a file to send.
func (n northshire) file(name, text string) string {
	n.t.Helper()
	path := filepath.Join(n.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	return path
}

const northgateHead = "Extract date,Provider,Site,Ward,Bed,Local patient ID,NHS number,Date of birth,Sex,Admission date," +
	"Discharge ready date,Type of care,Reason for delay,Attributable to,Local authority,Pathway,Estimated discharge date,Comments\r\n"

// northgate gives an extract of Northgate with so many patients, numbered from
// first, who have been ready since two days before.
func northgate(date string, first, patients int) string {
	var b strings.Builder
	b.WriteString(northgateHead)
	day := delay.MustDay(date)
	for i := range patients {
		fmt.Fprintf(&b, "%s,RZ1,RZ101,5A,5A-%02d,L%05d,,1941-02-03,F,%s,%s,Acute,E,Social Care,E10000099,1,,\r\n", day, i, first+i, day-9, day-2)
	}
	return b.String()
}

// ingest takes files in and gives exit status and printed lines.
func (n northshire) ingest(paths ...string) (int, string) {
	n.t.Helper()
	status, out, errs := run(n.t, append([]string{"ingest", "--data", n.data()}, paths...)...)
	if errs != "" {
		n.t.Errorf("it says beside the receipt: %s", errs)
	}
	return status, out
}

// days gives the delayed days by day, as "date:days" words.
func (n northshire) days(from, to string) string {
	n.t.Helper()
	var words []string
	for _, r := range table(n.t, must(n.t, "figures", "--data", n.data(), "--from", from, "--to", to, "--by", "day", "--format", "csv")) {
		words = append(words, r["day"]+":"+r["delayed_days"])
	}
	return strings.Join(words, " ")
}

// What a coordinator reads when a file cannot be taken (R4): what was found,
// what was expected, what to do.
func TestTurnedAwayInWords(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	whole := northgate("2026-03-02", 1, 20)
	cases := []struct {
		name, file, text string
		status           int
		want             []string // each must stand in what is printed
	}{
		{"R4 an empty file", "RZ1_2026-03-02.csv", "", 1, []string{"RZ1_2026-03-02.csv: rejected", "empty"}},
		{"R4 headings and nobody under them", "RZ1_2026-03-03.csv", northgateHead, 0, []string{"taken", "0 rows read"}},
		{"R4 another trust's rows under this trust's name", "RZ1_2026-03-04.csv",
			strings.ReplaceAll(northgate("2026-03-04", 1, 20), ",RZ1,RZ101,", ",RZ2,RZ201,"), 1, []string{"rejected", "RZ2", "RZ1"}},
		{"R4 a column that is needed is not there", "RZ1_2026-03-05.csv", strings.Replace(whole, "Discharge ready date", "Ready?", 1), 1,
			[]string{"rejected", "Discharge ready date"}},
		{"R4 neither name nor headings that any layout knows", "holiday rota.csv", "who,when\r\nward 5,June\r\n", 1,
			[]string{"holiday rota.csv: rejected"}},
		{"R4 another name, and headings that tell whose it is", "weekly list.csv", northgate("2026-03-07", 1, 20), 0,
			[]string{"taken: RZ1 2026-03-07"}},
		{"R4 a file cut off in its headings", "RZ1_2026-03-06.csv", northgateHead[:60], 1, []string{"rejected"}},
		{"R2 a file cut off in its last row", "RZ1_2026-03-02.csv", whole[:len(whole)-60], 0,
			[]string{"taken", "20 rows read, 19 kept, 1 quarantined", "quarantined (R", "line 21"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, out := n.ingest(n.file(c.file, c.text))
			if status != c.status {
				t.Errorf("ended with %d, want %d", status, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q does not say %q", out, want)
				}
			}
			for _, word := range []string{"panic", "nil", "unexpected EOF", "invalid", "failed", "fault", "error:", "%!", n.dir} {
				if strings.Contains(strings.ToLower(out), word) {
					t.Errorf("%q holds %q, which is no word for a coordinator", out, word)
				}
			}
			t.Log(out)
		})
	}
}

// Everything that R5 says of short files, as people meet it.
func TestShortFileFromHeldToCounted(t *testing.T) {
	t.Parallel()
	first, second := "2026-03-10", "2026-03-11"

	t.Run("R5 a short file is held, counts for nothing and says so", func(t *testing.T) {
		n := newNorthshire(t)
		n.ingest(n.file("RZ1_2026-03-10.csv", northgate(first, 1, 30)))
		status, out := n.ingest(n.file("RZ1_2026-03-11.csv", northgate(second, 1, 12)))
		if status != app.ExitLess {
			t.Errorf("ended with %d, want %d", status, app.ExitLess)
		}
		for _, want := range []string{"RZ1_2026-03-11.csv: held: RZ1 2026-03-11",
			"12 rows that could be read, and the extract of 10 March 2026 has 30", "until someone accepts it or a whole file is sent"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q does not say %q", out, want)
			}
		}
		if got, want := n.days(first, second), "2026-03-10:30"; got != want {
			t.Errorf("counts %s, want %s", got, want)
		}

		t.Run("accept makes it count", func(t *testing.T) {
			out := must(t, "accept", "--data", n.data(), "--provider", "RZ1", "--date", second, "--reason", "two wards closed")
			if !strings.Contains(out, "counts now") {
				t.Errorf("says %q", out)
			}
			if got, want := n.days(first, second), "2026-03-10:30 2026-03-11:12"; got != want {
				t.Errorf("counts %s, want %s", got, want)
			}
			if status, out, _ := run(t, "accept", "--data", n.data(), "--provider", "RZ1", "--date", second, "--reason",
				"again"); status != app.ExitLess || !strings.Contains(out, "Nothing is held") {
				t.Errorf("a second accept ended with %d: %s", status, out)
			}
			if log := must(t, "audit", "export", "--data", n.data()); !strings.Contains(log, "extract RZ1 2026-03-11") ||
				!strings.Contains(log, "accepted: two wards closed") {
				t.Errorf("the audit log does not say who accepted what and why: %s", log)
			}
			must(t, "verify", "--data", n.data())
		})
	})

	t.Run("R5 a whole file sent again replaces what is held", func(t *testing.T) {
		n := newNorthshire(t)
		n.ingest(n.file("RZ1_2026-03-10.csv", northgate(first, 1, 30)), n.file("RZ1_2026-03-11.csv", northgate(second, 1, 12)))
		status, out := n.ingest(n.file("RZ1_2026-03-11_v2.csv", northgate(second, 1, 29)))
		if status != app.ExitDone || !strings.Contains(out, "1 gone") {
			t.Errorf("ended with %d: %s", status, out)
		}
		if got, want := n.days(first, second), "2026-03-10:30 2026-03-11:29"; got != want {
			t.Errorf("counts %s, want %s", got, want)
		}
		must(t, "verify", "--data", n.data())
	})

	t.Run("R5 a late file releases what is held beside it", func(t *testing.T) {
		n := newNorthshire(t)
		n.ingest(n.file("RZ1_2026-03-10.csv", northgate(first, 1, 30)), n.file("RZ1_2026-03-12.csv", northgate("2026-03-12", 1, 12)))
		status, out := n.ingest(n.file("RZ1_2026-03-11.csv", northgate(second, 1, 16)))
		if status != app.ExitDone || !strings.Contains(out, "no longer held: 2026-03-12") {
			t.Errorf("ended with %d: %s", status, out)
		}
		must(t, "verify", "--data", n.data())
	})

	t.Run("R5 a late file holds what counted until then", func(t *testing.T) {
		n := newNorthshire(t)
		n.ingest(n.file("RZ1_2026-03-12.csv", northgate("2026-03-12", 1, 12)))
		_, out := n.ingest(n.file("RZ1_2026-03-11.csv", northgate(second, 1, 40)))
		if !strings.Contains(out, "now held: 2026-03-12") {
			t.Errorf("says %s", out)
		}
		must(t, "verify", "--data", n.data())
	})
}

// Commands that are called wrongly end with 2 and say in words what to give.
func TestUsageInWords(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	n.ingest(n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 12)))
	figures := func(more ...string) []string {
		return append([]string{"figures", "--data", n.data(), "--from", "2026-03", "--to", "2026-03"}, more...)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"an unknown breakdown", figures("--by", "month,hospital"), "hospital"},
		{"a breakdown twice", figures("--by", "month,month"), "month"},
		{"an unknown responsible body", figures("--responsible", "council"), "council"},
		{"an unknown type of care", figures("--care", "surgical"), "surgical"},
		{"an unknown reason", figures("--reason", "Z"), "Z"},
		{"an unknown measure", figures("--measures", "wards"), "wards"},
		{"an unknown format", figures("--format", "pdf"), "pdf"},
		{"a month that is none", []string{"figures", "--data", n.data(), "--from", "2026-13", "--to", "2026-14"}, "2026-13"},
		{"a period that ends before it begins", []string{"figures", "--data", n.data(), "--from", "2026-04", "--to", "2026-03"}, "2026-03"},
		{"no period", []string{"figures", "--data", n.data()}, "--from"},
		{"no data folder", []string{"figures", "--from", "2026-03", "--to", "2026-03"}, "--data"},
		{"no files", []string{"ingest", "--data", n.data()}, "files or folders"},
		{"a file that is not there", []string{"ingest", "--data", n.data(), "nowhere.csv"}, "nowhere.csv"},
		{"a date that is none", []string{"accept", "--data", n.data(), "--provider", "RZ1", "--date", "10/03/2026", "--reason", "x"},
			"10/03/2026"},
		{"no reason", []string{"accept", "--data", n.data(), "--provider", "RZ1", "--date", "2026-03-10"}, "--reason"},
		{"an unknown command", []string{"figure"}, "figure"},
		{"an unknown flag", figures("--colour", "red"), "colour"},
		{"an address on the network", []string{"serve", "--data", n.data(), "--listen", "0.0.0.0:8080"}, "which others can reach, and no TLS"},
		{"an address of every interface", []string{"serve", "--data", n.data(), "--listen", ":8080"}, "which others can reach, and no TLS"},
		{"an address of another machine", []string{"demo", "--data", filepath.Join(n.dir, "none"), "--listen", "10.0.0.7:80"}, "10.0.0.7:80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errs := run(t, c.args...)
			if status != app.ExitUsage {
				t.Errorf("ended with %d, want %d", status, app.ExitUsage)
			}
			if out != "" || !strings.Contains(errs, c.want) {
				t.Errorf("printed %q and said %q, which does not name %q", out, errs, c.want)
			}
		})
	}
}

// Without the key file patients cannot be matched, so nothing is taken in;
// figures need no key (P2).
func TestKeyFileMissing(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	n.ingest(n.file("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 12)))
	key := filepath.Join(n.data(), app.KeyFile)
	aside := filepath.Join(n.dir, "aside")
	if err := os.Rename(key, aside); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"ingest", "--data", n.data(), n.file("RZ1_2026-03-11.csv", northgate("2026-03-11", 1, 12))},
		{"delays", "--data", n.data(), "--identifiers"},
	} {
		status, out, errs := run(t, args...)
		if status != app.ExitLess || !strings.Contains(errs, "Restore the key file from your backup") || out != "" {
			t.Errorf("%s ended with %d and said %q", args[0], status, errs)
		}
		if _, err := os.Stat(key); err == nil {
			t.Fatalf("%s made a new key, under which every patient is a stranger", args[0])
		}
	}
	if got, want := n.days("2026-03-10", "2026-03-11"), "2026-03-10:12"; got != want {
		t.Errorf("figures without the key: %s, want %s", got, want)
	}
	if out := must(t, "delays", "--data", n.data()); strings.Count(out, "\n") != 13 {
		t.Errorf("delays without the key: %q", out)
	}
	if err := os.Rename(aside, key); err != nil {
		t.Fatal(err)
	}
	if status, out := n.ingest(n.file("RZ1_2026-03-11.csv", northgate("2026-03-11", 1, 12))); status != app.ExitDone ||
		!strings.Contains(out, "0 new, 0 gone") {
		t.Errorf("with the key restored ended with %d: %s", status, out)
	}
}

// A changed setting derives everything again, to what a store would hold that
// had the setting from the beginning (C7, C10).
func TestChangedSettingDerivesAgain(t *testing.T) {
	skipShort(t)
	t.Parallel()
	files := filepath.Join(t.TempDir(), "files")
	must(t, "synth", "--out", files, "--seed", "7", "--from", "2026-01-01", "--to", "2026-03-05", "--size", "40", "--hostile")
	setting := func(n northshire, days int) {
		path := filepath.Join(n.data(), app.PartnershipFile)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const line = "  counting: england-dtoc\n"
		if !strings.Contains(string(text), line) {
			t.Fatal("the example's settings are written otherwise")
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), line, line+fmt.Sprintf("  omitted_limit_days: %d\n", days), 1)),
			0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := func(n northshire) string {
		return must(t, "figures", "--data", n.data(), "--from", "2025-12", "--to", "2026-03", "--by", everyBreakdown, "--format", "csv")
	}
	changed, always := newNorthshire(t), newNorthshire(t)
	changed.ingest(filepath.Join(files, "extracts"))
	before := all(changed)
	setting(changed, 1)
	setting(always, 1)
	always.ingest(filepath.Join(files, "extracts"))
	// The next command that opens the folder with its partnership file derives
	// everything again.
	if status, out := changed.ingest(changed.file("RZ1_2026-03-06.csv", "")); status != app.ExitLess {
		t.Fatalf("ended with %d: %s", status, out)
	}
	after := all(changed)
	if after == before {
		t.Error("the setting changed nothing")
	}
	if after != all(always) {
		t.Error("C10: derived again it differs from what it would always have been")
	}
	must(t, "verify", "--data", changed.data())
}

// An inbox empties: what is taken is kept sealed, what is turned away lies in
// rejected with its receipt beside it, and never over another.
func TestInbox(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	now := time.Date(2026, 3, 12, 9, 30, 0, 0, time.UTC)
	a, err := app.Open(t.Context(), app.Options{Data: n.data(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	take := func() string {
		t.Helper()
		said, err := a.TakeInbox(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	inbox := filepath.Join(n.data(), app.InboxFolder)
	put := func(name, text string, age time.Duration) {
		t.Helper()
		path := filepath.Join(inbox, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	stand := func(folder string) []string {
		t.Helper()
		entries, err := os.ReadDir(filepath.Join(n.data(), folder, "2026-03-12"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}

	if said := take(); said != "Nothing waits in the inbox." {
		t.Errorf("an empty inbox: %q", said)
	}
	put("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 30), time.Minute)
	put("RZ1_2026-03-11.csv", northgate("2026-03-11", 1, 30)[:900], time.Second)
	put("holiday rota.csv", "who,when\n", time.Minute)
	put(".RZ1_2026-03-11.csv.part", northgate("2026-03-11", 1, 3), time.Minute)
	if err := os.Mkdir(filepath.Join(inbox, "RZ1_2026-03-08.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(inbox, "RZ1_2026-03-08.csv")
	if err := os.Chtimes(folder, now.Add(-time.Minute), now.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if said, want := take(), "Files from the inbox: 1 taken, 1 rejected, 1 set aside unread, 1 still arriving."; said != want {
		t.Errorf("says %q, want %q", said, want)
	}
	if got := sealedFiles(t, n.data()); got != 2 {
		t.Errorf("%d files are kept sealed, want the one taken and the one turned away", got)
	}
	if got, want := strings.Join(stand(app.RejectedFolder), "|"),
		"RZ1_2026-03-08.csv|RZ1_2026-03-08.csv.report.json|holiday rota.csv|holiday rota.csv.report.json"; got != want {
		t.Errorf("in rejected stand %s, want %s", got, want)
	}
	text, err := os.ReadFile(filepath.Join(n.data(), app.RejectedFolder, "2026-03-12", "holiday rota.csv.report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if r := receipts(t, string(text))[0]; r.Outcome != ingest.Rejected || r.Reason == "" || r.File != "holiday rota.csv" {
		t.Errorf("the receipt beside it is %+v", r)
	}

	// The half-copied file is whole now; another file of a name that came before,
	// and a short one.
	put("RZ1_2026-03-11.csv", northgate("2026-03-11", 1, 29), time.Minute)
	put("RZ1_2026-03-10.csv", northgate("2026-03-10", 1, 31), time.Minute)
	put("RZ1_2026-03-12.csv", northgate("2026-03-12", 1, 3), time.Minute)
	if said, want := take(), "Files from the inbox: 2 taken, 1 held."; said != want {
		t.Errorf("says %q, want %q", said, want)
	}
	if got := sealedFiles(t, n.data()); got != 5 {
		t.Errorf("%d files are kept sealed, want 5", got)
	}
	if got, want := n.days("2026-03-10", "2026-03-12"), "2026-03-10:31 2026-03-11:29"; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
	onlyIn(t, inbox, ".RZ1_2026-03-11.csv.part")
}
