package app_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/audit"
	"homeward/internal/people"
)

// The rows that were put aside can be had as they stand in the file: by analysts
// without identifiers, by the hospital's own coordinators with them and noted in
// the audit log, and by nobody else (P1, P2).
func TestRowsPutAsideCanBeWorked(t *testing.T) {
	t.Parallel()
	const nhs, other = "9998820928", "9999296068"
	n := newNorthshire(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	row := northgateRow
	r, err := a.Ingest.File(t.Context(), "RZ1_2026-11-18.csv", strings.NewReader(northgateHead+
		row("2026-11-18", "NG000446", nhs, "2026-11-01", "2026-11-10", "A", "E10000099")+
		row("2026-11-18", "NG000447", other, "2026-11-01", "soon", "A", "E10000099")+
		row("2026-11-18", "NG000448", "", "2026-11-01", "2026-11-30", other, "E10000099")))
	if err != nil || r.Quarantined != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	site, signIn := a.Site(t, nil, people.Analyst, people.Coordinator, people.Director, people.Viewer)
	first := r.SHA256
	at := "/extracts/" + first + "/rows.csv"
	read := func(role people.Role) []map[string]string {
		t.Helper()
		w := ask(site, http.MethodGet, at, signIn(role))
		if w.Code != http.StatusOK {
			t.Fatalf("the %s is answered %d: %s", role, w.Code, w.Body)
		}
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var out []map[string]string
		for _, r := range records[1:] {
			one := map[string]string{}
			for i, name := range records[0] {
				one[name] = r[i]
			}
			out = append(out, one)
		}
		return out
	}
	exported := func() (n int) {
		events, err := a.Store.AuditEvents(t.Context(), audit.Filter{What: audit.RowsExported})
		if err != nil {
			t.Fatal(err)
		}
		return len(events)
	}

	rows := read(people.Analyst)
	if len(rows) != 2 || rows[0]["row"] != "3" || rows[0]["column"] != "Discharge ready date" || rows[0]["Discharge ready date"] != "soon" ||
		rows[0]["NHS number"] != "(not shown)" || rows[0]["Local patient ID"] != "(not shown)" || rows[0]["Date of birth"] != "(not shown)" ||
		rows[0]["Local authority"] != "E10000099" || rows[1]["NHS number"] != "" || rows[1]["what_to_do"] == "" {
		t.Errorf("the analyst reads %v", rows)
	}
	for _, row := range rows {
		for name, cell := range row {
			if strings.Contains(cell, nhs) || strings.Contains(cell, other) || strings.Contains(cell, "NG0004") {
				t.Errorf("P1 the analyst reads %s of %s", cell, name)
			}
		}
	}
	if exported() != 0 {
		t.Error("rows without identifiers are noted as an export of them")
	}
	if rows := read(people.Coordinator); len(rows) != 2 || rows[0]["NHS number"] != other || rows[1]["Local patient ID"] != "NG000448" {
		t.Errorf("the coordinator reads %v", rows)
	}
	if exported() != 1 {
		t.Error("P2 the coordinator's download is not in the audit log")
	}
	for _, role := range []people.Role{people.Director, people.Viewer} {
		if w := ask(site, http.MethodGet, at, signIn(role)); w.Code != http.StatusForbidden {
			t.Errorf("the %s is answered %d", role, w.Code)
		}
	}
	// Another hospital's file is not the coordinator's to see, and is the analyst's.
	foreign, err := a.Ingest.File(t.Context(), "rz3_2026-11-18.txt", strings.NewReader(
		"Report Date\tHospital Number\tNHS Number\tWard\tSpell Start\tMedically Fit\tDischarge Ready Date\tCare Type\tDelay Reason\t"+
			"Waiting On\tFunding\tLocal Authority\tDate Left\n18/11/2026\tW1\t"+other+
			"\tElm\t01/11/2026\t\tsoon\tAcute\tA\tWard MDT\t\tE10000099\t\n"))
	if err != nil || foreign.Quarantined != 1 {
		t.Fatalf("%+v, %v", foreign, err)
	}
	for role, want := range map[people.Role]int{people.Coordinator: http.StatusNotFound, people.Analyst: http.StatusOK} {
		if w := ask(site, http.MethodGet, "/extracts/"+foreign.SHA256+"/rows.csv", signIn(role)); w.Code != want {
			t.Errorf("P1 another hospital's rows: the %s is answered %d", role, w.Code)
		}
	}
	// A row with a cell too many may have any cell under any heading, and one that names
	// another hospital is not of this one.
	odd := strings.Replace(row("2026-11-19", "NG000449", other, "2026-11-01", "soon", "A", "E10000099"), "\r\n", ",Smith\r\n", 1) +
		strings.Replace(row("2026-11-19", "NG000450", other, "2026-11-01", "soon", "A", "E10000099"), ",RZ1,", ",RZ2,", 1)
	r, err = a.Ingest.File(t.Context(), "RZ1_2026-11-19.csv", strings.NewReader(northgateHead+
		row("2026-11-19", "NG000446", nhs, "2026-11-01", "2026-11-10", "A", "E10000099")+odd))
	if err != nil || r.Quarantined == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	at = "/extracts/" + r.SHA256 + "/rows.csv"
	for _, role := range []people.Role{people.Analyst, people.Coordinator} {
		for _, one := range read(role) {
			shifted := one["row"] == "3"
			if role == people.Analyst && shifted && (one["Local authority"] != "(not shown)" || one["Discharge ready date"] != "(not shown)") {
				t.Errorf("P1 the analyst reads of a shifted row %v", one)
			}
			if !shifted && strings.Contains(one["NHS number"], other) {
				t.Errorf("P1 the %s reads the number of another hospital's row: %v", role, one)
			}
		}
	}
	at = "/extracts/" + first + "/rows.csv"
	page := ask(site, http.MethodGet, "/extracts/"+first, signIn(people.Coordinator)).Body.String()
	if !strings.Contains(page, at) || !strings.Contains(page, "audit log") || strings.Contains(page, other) {
		t.Error("the receipt does not lead to the rows, or shows a number")
	}
	if page := ask(site, http.MethodGet, "/extracts/"+first, signIn(people.Viewer)).Body.String(); strings.Contains(page, at) {
		t.Error("the receipt leads the viewer to the rows")
	}
}
