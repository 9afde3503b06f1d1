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
	at := "/extracts/" + r.SHA256 + "/rows.csv"
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
	// Another hospital's file is not the coordinator's to see.
	foreign, err := a.Ingest.File(t.Context(), "westhaven.txt", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if w := ask(site, http.MethodGet, "/extracts/"+foreign.SHA256+"/rows.csv", signIn(people.Coordinator)); w.Code != http.StatusNotFound {
		t.Errorf("P1 another file is answered %d", w.Code)
	}
	page := ask(site, http.MethodGet, "/extracts/"+r.SHA256, signIn(people.Coordinator)).Body.String()
	if !strings.Contains(page, at) || !strings.Contains(page, "audit log") || strings.Contains(page, other) {
		t.Error("the receipt does not lead to the rows, or shows a number")
	}
	if page := ask(site, http.MethodGet, "/extracts/"+r.SHA256, signIn(people.Viewer)).Body.String(); strings.Contains(page, at) {
		t.Error("the receipt leads the viewer to the rows")
	}
}
