package app_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"homeward/internal/people"
)

// northgateRow is a row of Northgate's CSV.
func northgateRow(day, local, nhs, admitted, ready, reason, council string) string {
	return fmt.Sprintf("%s,RZ1,RZ101,4A,4A-01,%s,%s,1940-02-03,F,%s,%s,Acute,%s,NHS,%s,1,,\r\n",
		day, local, nhs, admitted, ready, reason, council)
}

// qualityRows reads the rows of the CSV of the page.
func qualityRows(t *testing.T, l *land, address string) []map[string]string {
	t.Helper()
	status, text := l.get(people.Presenter, address)
	if status != http.StatusOK {
		t.Fatalf("%s answers %d: %s", address, status, text)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = r[i]
		}
		out = append(out, row)
	}
	return out
}

// What one file of several days leaves to be mended stands with its days: rows
// that could not be read, a word that waits, a council that is not known, and what
// is blank with what measures go without. No page has a number of anybody.
func TestQualityListsWhatIsToBeMended(t *testing.T) {
	t.Parallel()
	const nhs, wrong = "9998820928", "9998820929"
	row := northgateRow
	l := landOf(t, "northshire", func(path, text string) string {
		return strings.Replace(text, `    due: "07:00"`, `    due: "07:00"`+"\n    data_owner: Northgate information team", 1)
	}, map[string]string{
		"RZ1_backfill.csv": northgateHead +
			row("2026-10-26", "NG1", nhs, "2026-10-01", "2026-10-20", "A", "E10000099") +
			row("2026-10-26", "NG2", wrong, "2026-10-01", "2026-10-20", "Awaiting POC", "Atlantis") +
			row("2026-10-26", "NG3", "", "2026-10-01", "soon", "A", "E10000099") +
			row("2026-10-27", "NG1", nhs, "2026-10-01", "2026-10-20", "A", "E10000099") +
			row("2026-10-27", "NG2", wrong, "", "2026-10-20", "Awaiting POC", "Atlantis") +
			row("2026-10-27", "NG3", "", "2026-10-01", "soon", "A", "E10000099"),
		"RZ1_2026-10-28.csv": northgateHead +
			row("2026-10-28", "NG1", nhs, "2026-10-01", "2026-10-20", "A", "E10000099") +
			row("2026-10-28", "NG2", wrong, "", "2026-10-20", "Awaiting POC", "Atlantis") +
			row("2026-10-28", "NG3", "", "2026-10-01", "2026-10-20", "A", "E10000099"),
	}, "2026-10-29 12:00:00")
	rows := qualityRows(t, l, "/quality.csv?from=2026-10-20")
	one := func(kind, field, word string) map[string]string {
		t.Helper()
		i := slices.IndexFunc(rows, func(r map[string]string) bool {
			return r["kind"] == kind && r["field"] == field && (word == "" || r["word"] == word)
		})
		if i < 0 {
			t.Fatalf("no %s of %q in %v", kind, field, rows)
		}
		return rows[i]
	}
	if r := one("check", "Discharge ready date", ""); r["rows"] != "2" || r["rows_latest"] != "0" || r["oldest"] != "2026-10-26" ||
		r["latest"] != "2026-10-27" || r["effect"] != "Put aside" || r["who"] != "Northgate information team" {
		t.Errorf("the rows that could not be read: %v", r)
	}
	if r := one("word to map", "Reason for delay", "Awaiting POC"); r["rows"] != "3" || r["rows_latest"] != "1" ||
		r["who"] != "The partnership's analyst" {
		t.Errorf("the word: %v", r)
	}
	if r := one("check", "NHS number", ""); r["rows"] != "3" || r["weeks"] != "2026-10-19=0 2026-10-26=3" {
		t.Errorf("the NHS number: %v", r)
	}
	if r := one("blank field", "council", ""); r["rows"] == "" || r["of"] == "" || !strings.Contains(r["what_to_do"], "council's page") {
		t.Errorf("the blank councils: %v", r)
	}
	if r := one("blank field", "admission date", ""); r["rows"] != "1" || r["of"] != "3" {
		t.Errorf("the blank admissions: %v", r)
	}
	// A narrower period and hospital.
	if rows := qualityRows(t, l, "/quality.csv?from=2026-10-28&to=2026-10-28"); slices.ContainsFunc(rows, func(r map[string]string) bool {
		return r["effect"] == "Put aside"
	}) {
		t.Errorf("a day without: %v", rows)
	}
	if status, text := l.get(people.Presenter, "/quality?provider=RZ2"); status != http.StatusOK || strings.Contains(text, "Atlantis") {
		t.Errorf("another hospital's words are shown: %d", status)
	}
	if status, _ := l.get(people.Presenter, "/quality?from=2024-01-01&to=2026-01-01"); status != http.StatusBadRequest {
		t.Errorf("two years answer %d", status)
	}
	status, text := l.get(people.Presenter, "/quality?from=2026-10-20")
	for _, words := range []string{"Awaiting POC", "Atlantis", "Northgate information team", "Possible transfer", "fall to neither body",
		"26 October 2026"} {
		if !strings.Contains(text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	for _, number := range []string{nhs, wrong, "NG2"} {
		if status != http.StatusOK || strings.Contains(text, number) {
			t.Errorf("P1 the page (%d) has %s", status, number)
		}
	}
}
