package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/data"
	"homeward/internal/app"
	"homeward/internal/ingest"
)

const boardHead = "Organisation_Code_Provider,Census_Date,NHS_Number,Person_Age,CDS_Unique_Identifier,Organisation_Site_Code," +
	"Current_Ward," +
	"Date_Of_Admission,Local_Authority,Criteria_To_Reside,Date_NCTR,Current_Delay_Code\n"

// boardRow is a row of the board's list: of a provider, a pseudonym, a spell.
func boardRow(provider, day, pseudonym, spell string) string {
	return fmt.Sprintf("%s,%s 00:00:00.000,%s,70,%s,S1,W1,2026-10-01,BRISTOL,N,2026-10-20 00:00:00.000,A\n", provider, day, pseudonym, spell)
}

func boardFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, must2(fs.Sub(data.Examples, "board-list"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// boardTake takes one day's list in and gives the exit status and the receipt.
func boardTake(t testing.TB, dir, day, rows string) (int, ingest.Report) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "NCTR_Status_Report_Daily_"+strings.ReplaceAll(day, "-", "")+".csv")
	if err := os.WriteFile(file, []byte(boardHead+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := run(t, "ingest", "--data", dir, "--json", file)
	var r ingest.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	if r.Outcome != ingest.Rejected && r.Kept+r.Quarantined+r.Excluded != r.RowsRead {
		t.Errorf("R1: %d kept, %d quarantined and %d excluded are not the %d read", r.Kept, r.Quarantined, r.Excluded, r.RowsRead)
	}
	return status, r
}

func causes(r ingest.Report) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Outcome, r.Reason)
	for _, e := range r.Extracts {
		fmt.Fprintln(&b, e.Provider, e.Date, e.Held)
	}
	for _, g := range r.Groups {
		fmt.Fprintln(&b, g.Severity, g.Rule, g.Says)
	}
	return b.String()
}

// Each provider and date of a file of several is an extract of its own (R12).
func TestSeveralProviders(t *testing.T) {
	t.Parallel()
	list := func(day string, rvj, ra7 int) string {
		var b strings.Builder
		for i := range rvj {
			b.WriteString(boardRow("RVJ", day, fmt.Sprint(1000000000+i), fmt.Sprint("V", i)))
		}
		for i := range ra7 {
			b.WriteString(boardRow("RA7", day, fmt.Sprint(2000000000+i), fmt.Sprint("A", i)))
		}
		return b.String()
	}
	t.Run("R12 a code that the partnership file lacks is named with its rows", func(t *testing.T) {
		t.Parallel()
		rows := list("2026-11-02", 2, 2) + boardRow("RXX", "2026-11-02", "1", "X1") + boardRow("RXX", "2026-11-02", "2", "X2") +
			boardRow("RYY", "2026-11-02", "3", "Y1")
		status, r := boardTake(t, boardFolder(t), "2026-11-02", rows)
		if status != app.ExitDone || len(r.Extracts) != 2 || r.Kept != 4 || r.Excluded != 3 || r.RowsRead != 7 {
			t.Errorf("%d: %+v", status, r)
		}
		if said := causes(r); !strings.Contains(said, "'RXX' (2 rows)") || !strings.Contains(said, "'RYY' (1 row)") {
			t.Error(said)
		}
	})
	t.Run("R12 nothing but strangers is turned away", func(t *testing.T) {
		t.Parallel()
		status, r := boardTake(t, boardFolder(t), "2026-11-02", boardRow("RXX", "2026-11-02", "1", "X1"))
		if status != app.ExitLess || r.Outcome != ingest.Rejected || !strings.Contains(r.Reason, "'RXX' (1 row)") {
			t.Error(causes(r))
		}
	})
	t.Run("R5 one provider's short list holds that provider's extract alone", func(t *testing.T) {
		t.Parallel()
		dir := boardFolder(t)
		boardTake(t, dir, "2026-11-02", list("2026-11-02", 30, 30))
		status, r := boardTake(t, dir, "2026-11-03", list("2026-11-03", 5, 30))
		if status != app.ExitLess || len(r.Extracts) != 2 {
			t.Fatal(causes(r))
		}
		for _, e := range r.Extracts {
			if (e.Held != "") != (e.Provider == "RVJ") {
				t.Error(causes(r))
			}
		}
		must(t, "accept", "--data", dir, "--provider", "RVJ", "--date", "2026-11-03", "--reason", "a ward was closed")
	})
	t.Run("R12 rows that name no provider, when they are many, hold every list", func(t *testing.T) {
		t.Parallel()
		rows := list("2026-11-02", 4, 4) + strings.Repeat(boardRow("", "2026-11-02", "1", "X1"), 3)
		status, r := boardTake(t, boardFolder(t), "2026-11-02", rows)
		if status != app.ExitLess || r.Outcome != ingest.Held || r.Quarantined != 3 || r.Extracts[0].Held == "" || r.Extracts[1].Held == "" {
			t.Error(causes(r))
		}
	})
	t.Run("R15 a pseudonym knows a person at both trusts and is no NHS number", func(t *testing.T) {
		t.Parallel()
		// A pseudonym that passes the check by chance, at both trusts, in two stays.
		rows := boardRow("RVJ", "2026-11-02", "9434765919", "V1") + boardRow("RA7", "2026-11-02", "9434765919", "A1") +
			boardRow("RA7", "2026-11-02", "1234567890", "A2")
		dir := boardFolder(t)
		_, r := boardTake(t, dir, "2026-11-02", rows)
		if r.Kept != 3 || !strings.Contains(causes(r), "R7") || strings.Contains(causes(r), "check digit") {
			t.Error(causes(r))
		}
	})
	t.Run("R15 a spell stands for the local ID of one stay", func(t *testing.T) {
		t.Parallel()
		rows := boardRow("RVJ", "2026-11-02", "NULL", "V1") + boardRow("RVJ", "2026-11-02", "NULL", "V2") +
			boardRow("RVJ", "2026-11-02", "NULL", "V1") + boardRow("RVJ", "2026-11-02", "", "N/K")
		_, r := boardTake(t, boardFolder(t), "2026-11-02", rows)
		if r.Kept != 2 || r.Excluded != 1 || r.Quarantined != 1 {
			t.Error(causes(r))
		}
	})
	for name, numbers := range map[string][3]string{
		"lost for a day": {"1234567890", "NULL", "1234567890"}, "traced late": {"NULL", "NULL", "1234567890"},
		"lost at the end": {"1234567890", "", ""},
	} {
		t.Run("R15 a pseudonym "+name+" is joined by its spell", func(t *testing.T) {
			t.Parallel()
			dir := boardFolder(t)
			for i, number := range numbers {
				if i == 2 {
					// The number of the spell goes on being matched under another key.
					must(t, "key", "rotate", "--data", dir)
				}
				day := fmt.Sprint("2026-11-0", 2+i)
				// Another stay that never has a pseudonym, and the same number at another trust.
				boardTake(t, dir, day, boardRow("RVJ", day, number, "V1")+boardRow("RVJ", day, "NULL", "V2")+boardRow("RA7", day, "NULL", "V1"))
			}
			var stays []string
			for _, d := range table(t, must(t, "delays", "--data", dir, "--format", "csv")) {
				stays = append(stays, d["provider"]+" "+d["listed_first"]+" "+d["listed_last"])
			}
			if len(stays) != 3 {
				t.Errorf("%d delays, want 3: %s", len(stays), stays)
			}
			if out := must(t, "verify", "--data", dir); !strings.Contains(out, "Everything agrees") {
				t.Error(out)
			}
		})
	}
	t.Run("R15 an age stands for the birth date", func(t *testing.T) {
		t.Parallel()
		young := strings.Replace(boardRow("RVJ", "2026-11-02", "1", "V1"), ",70,", ",17,", 1)
		_, r := boardTake(t, boardFolder(t), "2026-11-02", young+boardRow("RVJ", "2026-11-02", "2", "V2")+
			strings.Replace(boardRow("RVJ", "2026-11-02", "3", "V3"), ",70,", ",18,", 1))
		if r.Kept != 2 || r.Excluded != 1 || !strings.Contains(causes(r), "C14") {
			t.Error(causes(r))
		}
	})
	t.Run("R13 who meets the criteria to reside is counted apart", func(t *testing.T) {
		t.Parallel()
		stays := strings.Replace(boardRow("RVJ", "2026-11-02", "1", "V1"), ",N,2026-10-20 00:00:00.000,", ",Y,NULL,", 1)
		_, r := boardTake(t, boardFolder(t), "2026-11-02", stays+boardRow("RVJ", "2026-11-02", "2", "V2"))
		if r.Kept != 1 || r.Excluded != 1 || r.Quarantined != 0 || r.Warnings != 0 || !strings.Contains(causes(r), "R13") {
			t.Error(causes(r))
		}
	})
	t.Run("R6 a backfill of several providers and dates", func(t *testing.T) {
		t.Parallel()
		dir := boardFolder(t)
		file := filepath.Join(t.TempDir(), "backfill.csv")
		if err := os.WriteFile(file, []byte(boardHead+list("2026-11-02", 2, 3)+list("2026-11-03", 1, 3)), 0o600); err != nil {
			t.Fatal(err)
		}
		var r ingest.Report
		if err := json.Unmarshal([]byte(must(t, "ingest", "--data", dir, "--json", file)), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Extracts) != 4 || r.Kept != 9 || strings.Join(r.Providers, " ") != "RA7 RVJ" {
			t.Error(causes(r))
		}
		if out := must(t, "ingest", "--data", dir, file); !strings.Contains(out, "already taken") {
			t.Error("C11:", out)
		}
	})
}

// An extract date after the day of receipt, London's, turns the file away; the
// same bytes are judged anew (R9).
func TestR9NotYet(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 19, 22, 30, 0, 0, time.UTC) // half past eleven in London
	a, err := app.Open(t.Context(), app.Options{Data: t.TempDir(), Make: true, Partnership: devonExample,
		Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	content := must2(os.ReadFile(shared(t, "extracts", "field", "sas-dates", "RK9_2026-06-20.csv")))
	content = bytes.ReplaceAll(content, []byte("JUN"), []byte(" Jun "))
	take := func() *ingest.Report {
		r, err := a.Ingest.File(t.Context(), "RK9_2026-06-20.csv", bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for range 2 {
		if r := take(); r.Outcome != ingest.Rejected || !strings.Contains(r.Reason, "in the future") || r.Kept != 0 {
			t.Errorf("R9: %+v", r)
		}
	}
	now = now.Add(30 * time.Minute) // midnight in London, eleven in the evening in UTC
	if r := take(); r.Outcome != ingest.Taking || r.Kept == 0 {
		t.Errorf("R9 sent again on the day: %+v", r)
	}
	if r := take(); r.Outcome != ingest.Already {
		t.Errorf("C11: %+v", r)
	}
}

// What systems leave in folders is no extract and is passed over.
func TestFolderNoise(t *testing.T) {
	t.Parallel()
	dir, folder := t.TempDir(), t.TempDir()
	for _, name := range []string{"~$RA9-delays-20260320.xlsx", "Thumbs.db", "desktop.ini", ".DS_Store", "._RK9_2026-03-20.csv",
		"DESKTOP.INI"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := must2(os.ReadFile(shared(t, "extracts", "field", "council-recoded", "RK9_2026-03-20.csv")))
	if err := os.WriteFile(filepath.Join(folder, "RK9_2026-03-20.csv"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	out := must(t, "ingest", "--data", dir, "--partnership", devonExample, folder)
	if n := strings.Count(out, ": taken"); n != 1 || strings.Contains(out, "rejected") {
		t.Error(out)
	}
	// By name too, as a shell's star gives them.
	must(t, "ingest", "--data", dir, "--partnership", devonExample, filepath.Join(folder, "~$RA9-delays-20260320.xlsx"),
		filepath.Join(folder, "Thumbs.db"))
}

// A file whose dates a spreadsheet has swapped is held whole and counts for
// nothing; somebody's word or a right file lets the day count (R9).
func TestR9Held(t *testing.T) {
	t.Parallel()
	swapped := shared(t, "extracts", "field", "day-and-month-swapped-by-excel")
	days := func(dir string) string {
		out := ""
		for _, r := range table(t, must(t, "figures", "--data", dir, "--from", "2026-01", "--to", "2026-12", "--by", "provider", "--format",
			"csv")) {
			out += r["delayed_days"]
		}
		return out
	}
	for _, accepted := range []bool{true, false} {
		dir := fieldPartnership(t, "")
		got := takeField(t, dir, swapped)
		if r := got.receipts[0]; got.status != app.ExitLess || r.Outcome != ingest.Held || r.Kept != 8 ||
			!strings.Contains(r.Extracts[0].Held, "day and month") || days(dir) != "" {
			t.Fatalf("R9: %d, %s days, %s", got.status, days(dir), causes(r))
		}
		if accepted {
			must(t, "accept", "--data", dir, "--provider", "RA9", "--date", "2026-03-20", "--reason", "the trust says that it is right")
		} else if r := takeField(t, dir, shared(t, "extracts", "field", "serial-just-under-midnight")).receipts[0]; r.Outcome != ingest.Taking {
			t.Fatal(causes(r))
		}
		if got := days(dir); got != "8" {
			t.Errorf("R9 accepted %v: %q days count", accepted, got)
		}
	}
}
