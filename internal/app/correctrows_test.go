package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/audit"
	"homeward/internal/ingest"
	"homeward/internal/people"
)

// An analyst puts a row right where it is read: what it would give is seen first, the
// file that was sent stays, and receipt and audit log say what was changed (R1, P2).
func TestRowsPutAsideAreCorrected(t *testing.T) {
	t.Parallel()
	const nhs, other, third = "9998820928", "9999296068", "9992108940"
	n := newNorthshire(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	row := northgateRow
	sent := northgateHead + row("2026-11-18", "NG000446", nhs, "2026-11-01", "2026-11-10", "A", "E10000099") +
		row("2026-11-18", "NG000447", other, "2026-11-01", "soon", "A", "E10000099") +
		row("2026-11-18", "NG000448", "", "2026-11-01", "2026-11-30", third, "E10000099")
	r, err := a.Ingest.File(t.Context(), "RZ1_2026-11-18.csv", strings.NewReader(sent))
	if err != nil || r.Quarantined != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	site, signIn := a.Site(t, nil, people.Analyst, people.Coordinator, people.Administrator, people.Viewer)
	analyst := signIn(people.Analyst)
	at := "/extracts/" + r.SHA256 + "/correct"
	for _, role := range []people.Role{people.Coordinator, people.Administrator, people.Viewer} {
		if w := ask(site, http.MethodGet, at, signIn(role)); w.Code != http.StatusForbidden {
			t.Errorf("P1 the %s is answered %d", role, w.Code)
		}
	}
	if page := ask(site, http.MethodGet, "/extracts/"+r.SHA256, analyst).Body.String(); !strings.Contains(page, at) {
		t.Error("the receipt does not lead to it")
	}
	page := ask(site, http.MethodGet, at, analyst)
	if body := page.Body.String(); page.Code != http.StatusOK || !strings.Contains(body, `value="soon"`) || !strings.Contains(body, "Row 3") ||
		strings.Contains(body, other) || strings.Contains(body, third) || strings.Contains(body, "NG00044") {
		t.Fatalf("P1 %d: %s", page.Code, body)
	}
	const ready = "row-3-cell-10-words"
	if !strings.Contains(page.Body.String(), `id="`+ready+`"`) {
		t.Fatal("the ready date has another field")
	}
	send := func(fields url.Values) (int, string) {
		w := sendBody(site, at, analyst, "application/x-www-form-urlencoded", fields.Encode())
		return w.Code, w.Header().Get("Location") + w.Body.String()
	}
	for want, fields := range map[string]url.Values{
		"Change a cell":                              {"why": {"asked"}, ready: {"soon"}},
		"Enter how you know":                         {ready: {"2026-11-12"}},
		"Remove the NHS number":                      {ready: {"999 882 0928"}, "why": {"asked"}},
		"Remove the NHS number. Do not type numbers": {ready: {"2026-11-12"}, "why": {"asked for " + nhs}},
	} {
		if code, said := send(fields); code != http.StatusUnprocessableEntity || !strings.Contains(said, want) || strings.Contains(said, nhs) {
			t.Errorf("%v: %d %s", fields, code, said)
		}
	}
	// A cell that may hold a number is no field of the form, whatever is sent.
	code, said := send(url.Values{"row-3-cell-5-words": {"x"}, "row-4-cell-4-words": {"x"}, "why": {"asked"}})
	if code != http.StatusUnprocessableEntity || !strings.Contains(said, "Change a cell") {
		t.Errorf("P1 another cell: %d %s", code, said)
	}

	code, look := send(url.Values{ready: {"2026-11-12"}, "why": {"The ward was asked."}})
	if code != http.StatusSeeOther || !strings.HasPrefix(look, "/extracts/look/") {
		t.Fatalf("%d %s", code, look)
	}
	if body := ask(site, http.MethodGet, look, analyst).Body.String(); !strings.Contains(body, "1 file would be taken.") {
		t.Errorf("the look: %s", body)
	}
	corrected := func() []audit.Event {
		t.Helper()
		events, err := a.Store.AuditEvents(t.Context(), audit.Filter{What: audit.RowsCorrected})
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	if n := len(corrected()); n != 0 {
		t.Errorf("%d corrections before one is taken in", n)
	}
	if w := sendBody(site, look, analyst, "application/x-www-form-urlencoded", "what=take"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	events := corrected()
	if len(events) != 1 || events[0].Before != r.SHA256 || !strings.Contains(events[0].After, "row 3 (Discharge ready date)") ||
		!strings.Contains(events[0].After, "The ward was asked.") {
		t.Fatalf("P2 %+v", events)
	}
	receipt := ask(site, http.MethodGet, "/extracts/"+events[0].Record, analyst).Body.String()
	if !strings.Contains(receipt, "Changed by hand in Homeward before it was taken in: "+
		"row 3 (Discharge ready date). Reason: The ward was asked.") {
		t.Errorf("the receipt: %s", receipt)
	}
	// It is the file that was sent with one cell changed, which as a whole gives the same.
	want, err := a.Ingest.File(t.Context(), "RZ1_2026-11-18.csv", strings.NewReader(strings.Replace(sent, "soon", "2026-11-12", 1)))
	if err != nil || want.Outcome != ingest.Already || want.SHA256 != events[0].Record || want.Quarantined != 1 {
		t.Errorf("%+v, %v", want, err)
	}
	if w := ask(site, http.MethodGet, "/extracts/"+r.SHA256, analyst); !strings.Contains(w.Body.String(), "A later file counts in its place") {
		t.Errorf("the first file: %s", w.Body)
	}
}
