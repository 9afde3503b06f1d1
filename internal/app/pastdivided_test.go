package app

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/delay"
)

// A page of a past moment counts by the rules that stood then: before the first
// change that maps a reason to a body, days were not divided between bodies, so
// pages, files and packs of before speak of no share, whatever was agreed since
// (A8, C15).
func TestC15DaysThatWereNotDividedThenStayUndivided(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "data", "examples", "england-acute"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, PartnershipFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(string(text), "\ncouncils:\n", "\ncouncils:\n  - {code: E10000099, name: Northshire}\n"+
		"  - {code: E06000099, name: Westhaven}\n", 1)
	if err := os.WriteFile(path, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	d := deskIn(t, Options{Data: dir}, "RK9", time.Date(2026, 4, 9, 9, 12, 0, 0, time.UTC))
	d.analyst()
	const head = "Snapshot date,Trust code,Site,Ward,Bed,Hospital number,NHS number,DOB,Admission date,Meets criteria to reside," +
		"Date criteria to reside no longer met,Delay reason,Pathway,Local authority,Discharge date,Discharge destination\r\n"
	for day := delay.MustDay("2026-03-01"); day <= delay.MustDay("2026-04-08"); day++ {
		list := head
		for i := range 6 {
			list += fmt.Sprintf("%s,RK9,RK950,6,%d,RK9-%d,,20/01/1938,01/02/2026,N,25/02/2026,"+
				"Capacity – Residential/nursing home care not yet available (Pathway 3),P3,Northshire,,\r\n", day.Time().Format("02/01/2006"), i, i)
		}
		if _, err := d.Ingest.File(t.Context(), "RK9_"+day.String()+".csv", strings.NewReader(list)); err != nil {
			t.Fatal(err)
		}
	}
	get := func(address string) reply { return d.ask("analyst", http.MethodGet, address, nil) }
	const then = "2026-04-09T10:30"
	d.now = time.Date(2026, 4, 9, 9, 40, 0, 0, time.UTC)
	pages := []string{"/overview", "/figures", "/reasons", "/flow", "/trends", "/charts/dtoc-beds", "/charts/delayed-days"}
	shown := map[string]string{}
	for _, page := range pages {
		for _, form := range []string{".csv", ".json"} {
			shown[page+form] = get(page + form + "?from=2026-03-01&to=2026-03-31").body
		}
	}
	// Both sides confirm that a reason is with social care.
	d.now = d.now.Add(2 * time.Hour)
	address := d.ask("analyst", http.MethodPost, "/definitions/changes/new", url.Values{"reason": {"england-acute-2024/33"},
		"body": {"social-care"}, "from-day": {"1"}, "from-month": {"3"}, "from-year": {"2026"}, "why": {"Discharge board of 8 April"}}).where
	for _, who := range []string{"nhs director", "council director"} {
		seen, _ := d.ask(who, http.MethodGet, address, nil).Find(`[name="seen"]`).Attr("value")
		if r := d.ask(who, http.MethodPost, address, url.Values{"answer": {"confirm"}, "seen": {seen}}); r.status != http.StatusSeeOther {
			t.Fatalf("%s confirms %q: %d %s", who, address, r.status, r.body)
		}
		d.now = d.now.Add(time.Minute)
	}
	if r := get("/overview"); !strings.Contains(r.body, "Council share") || !strings.Contains(r.body, "with social care") {
		t.Fatal("after the change the overview shows no council share")
	}
	if r := get("/charts/council-share?from=2026-03-01&to=2026-03-31"); r.status != http.StatusOK {
		t.Errorf("after the change the chart of the share answers %d", r.status)
	}
	for _, page := range pages {
		r := get(page + "?from=2026-03-01&to=2026-03-31&known=" + then)
		main := strings.Split(r.body, `<main`)
		body := strings.Join(strings.Fields(main[len(main)-1]), " ")
		for _, word := range []string{"Council share", "with social care", "Not attributed", "council-share", `value="social-care"`} {
			if at := strings.Index(body, word); r.status != http.StatusOK || at >= 0 {
				t.Errorf("A8, C15 %s as known before (%d) says %q: …%s…", page, r.status, word, body[max(0, at-200):min(len(body), max(0, at)+200)])
			}
		}
		for _, form := range []string{".csv", ".json"} {
			got := get(page + form + "?from=2026-03-01&to=2026-03-31&known=" + then).body
			if got != shown[page+form] {
				t.Errorf("C15 %s%s as known before was\n%.600s\nand is\n%.600s", page, form, shown[page+form], got)
			}
		}
	}
	for address, want := range map[string]int{"/charts/council-share?known=" + then: http.StatusNotFound,
		"/council/E10000099?known=" + then: http.StatusNotFound, "/council/E10000099": http.StatusOK,
		"/trends?measure=M03&known=" + then: http.StatusBadRequest, "/trends?measure=M03": http.StatusOK} {
		if r := get(address); r.status != want {
			t.Errorf("A8, C15 %s: %d, want %d", address, r.status, want)
		}
	}
}
