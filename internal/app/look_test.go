package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/ingest"
	"homeward/internal/people"
)

// sendFiles posts files, by names and contents in turn, as a browser of the site
// does.
func sendFiles(t testing.TB, site http.Handler, target, cookie string, parts ...string) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		part, err := form.CreateFormFile("file", parts[i])
		if err == nil {
			_, err = part.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return sendBody(site, target, cookie, form.FormDataContentType(), b.String())
}

func sendBody(site http.Handler, target, cookie, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1:8080"+target, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Cookie", cookie)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", "http://127.0.0.1:8080")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

// What files would give is shown before anything counts, and what is then taken is
// what was looked at.
func TestLookBeforeItCounts(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	if _, err := a.Ingest.File(t.Context(), "RZ1_2026-11-17.csv", strings.NewReader(northgate("2026-11-17", 1, 20))); err != nil {
		t.Fatal(err)
	}
	site, signIn := a.Site(t, nil, people.Analyst, people.Viewer)
	analyst, viewer := signIn(people.Analyst), signIn(people.Viewer)
	const days = "/figures.csv?by=day&from=2026-11-17&to=2026-11-19"
	before := ask(site, http.MethodGet, days, analyst).Body.String()
	begin := func(parts ...string) string {
		t.Helper()
		w := sendFiles(t, site, "/extracts/look", analyst, parts...)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("it answers %d: %s", w.Code, w.Body)
		}
		return w.Header().Get("Location")
	}
	read := func(at string) (out struct {
		Taken bool                `json:"taken"`
		Files []ingest.Report     `json:"files"`
		Days  []ingest.DaysChange `json:"delayed_days"`
	}) {
		t.Helper()
		w := ask(site, http.MethodGet, at+".json", analyst)
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
		}
		return out
	}
	answer := func(at, what string) *httptest.ResponseRecorder {
		return sendBody(site, at, analyst, "application/x-www-form-urlencoded", "what="+what)
	}

	at := begin("RZ1_2026-11-18.csv", northgate("2026-11-18", 2, 20), "more.zip",
		zipped(t, "RZ1_2026-11-19.csv", northgate("2026-11-19", 2, 20), "odd.csv", "no,extract\n"))
	got := read(at)
	if len(got.Files) != 2 || got.Files[0].Outcome != ingest.Taking ||
		got.Files[0].Changed.Delays != (ingest.DelaysChanged{Started: 1, Ended: 1, Moved: 19}) ||
		len(got.Files[1].Files) != 2 || got.Files[1].Files[1].Outcome != ingest.Rejected || len(got.Days) == 0 || got.Taken {
		t.Errorf("it would give %+v", got)
	}
	page := ask(site, http.MethodGet, at, analyst)
	for _, words := range []string{"2 files would be taken, 1 file would be rejected.", "Delays: 1 started, 1 ended, 19 moved",
		"Delayed days by council", "Nothing has been taken yet."} {
		if !strings.Contains(page.Body.String(), words) {
			t.Errorf("the page (%d) does not say %q", page.Code, words)
		}
	}
	if after := ask(site, http.MethodGet, days, analyst).Body.String(); after != before {
		t.Errorf("looking changed the figures:\n%s\n%s", before, after)
	}
	if held, _ := a.Received.After(""); len(held) != 1 {
		t.Errorf("of a look %d files are kept among the received", len(held))
	}
	for _, role := range []string{viewer, ""} {
		if w := ask(site, http.MethodGet, at, role); w.Code == http.StatusOK {
			t.Error("another sees the look")
		}
	}

	// Left: nothing of it is kept.
	if w := answer(at, "leave"); w.Code != http.StatusSeeOther {
		t.Errorf("leaving answers %d", w.Code)
	}
	if w := answer(at, "take"); w.Code != http.StatusNotFound {
		t.Errorf("taking what was left answers %d", w.Code)
	}

	// Taken: exactly what was looked at.
	at = begin("RZ1_2026-11-18.csv", northgate("2026-11-18", 2, 20))
	would := read(at)
	if w := answer(at, "take"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != at {
		t.Fatalf("taking answers %d: %s", w.Code, w.Body)
	}
	is := read(at)
	if !is.Taken || is.Files[0].SHA256 != would.Files[0].SHA256 || is.Files[0].Outcome != ingest.Taking || is.Files[0].Changed == nil ||
		is.Files[0].Changed.Delays != would.Files[0].Changed.Delays {
		t.Errorf("it would give %+v and gave %+v", would.Files, is.Files)
	}
	receipt := ask(site, http.MethodGet, "/extracts/"+is.Files[0].SHA256, viewer).Body.String()
	for _, words := range []string{"What this file changed", "Delays: 1 started, 1 ended, 19 moved", "Delayed days by responsible body"} {
		if !strings.Contains(receipt, words) {
			t.Errorf("the receipt does not say %q", words)
		}
	}
	if w := answer(at, "take"); w.Code != http.StatusSeeOther {
		t.Errorf("taking once more answers %d", w.Code)
	}

	// What comes meanwhile is said; one look of a person takes another's place.
	at = begin("RZ1_2026-11-19.csv", northgate("2026-11-19", 2, 20))
	if _, err := a.Ingest.File(t.Context(), "RZ1_2026-11-16.csv", strings.NewReader(northgate("2026-11-16", 1, 20))); err != nil {
		t.Fatal(err)
	}
	if page := ask(site, http.MethodGet, at, analyst).Body.String(); !strings.Contains(page, "Something else has arrived") {
		t.Error("what has come since is not said")
	}
	begin("RZ1_2026-11-19.csv", northgate("2026-11-19", 2, 20))
	if w := ask(site, http.MethodGet, at, analyst); w.Code != http.StatusNotFound {
		t.Errorf("the look before answers %d", w.Code)
	}
	if w := sendFiles(t, site, "/extracts/look", analyst); !strings.Contains(w.Body.String(), "Select a file.") {
		t.Errorf("no file answers %d", w.Code)
	}
}

// Several files and ZIP files can be taken at once without a look; what is kept of
// a look is sealed, and gone when it is left.
func TestSeveralFilesAtOnce(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	a := openApp(t, app.Options{Data: n.data(), Now: func() time.Time { return now }})
	site, signIn := a.Site(t, nil, people.Analyst)
	analyst := signIn(people.Analyst)
	w := sendFiles(t, site, "/extracts/upload", analyst, "RZ1_2026-11-18.csv", northgate("2026-11-18", 2, 20), "RZ1_2026-11-19.csv",
		northgate("2026-11-19", 2, 20))
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/extracts/look/") {
		t.Fatalf("it answers %d: %s", w.Code, w.Body)
	}
	page := ask(site, http.MethodGet, w.Header().Get("Location"), analyst).Body.String()
	if !strings.Contains(page, "2 files taken.") || strings.Count(page, `href="/extracts/`) < 2 || strings.Contains(page, "Take in") {
		t.Error("the page does not say what was taken")
	}

	dir := t.TempDir()
	looks := app.NewLooks(a, dir)
	by := people.Actor{Kind: people.APerson, PersonID: 7}
	id, err := looks.Begin(t.Context(), by, app.SentFiles("RZ1_2026-11-19_v2.csv", northgate("2026-11-19", 3, 20)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := looks.Look(t.Context(), by, id); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(dir, ".look-*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	if text, err := os.ReadFile(kept[0]); err != nil || bytes.Contains(text, []byte("L00003")) || bytes.Contains(text, []byte("RZ1")) {
		t.Errorf("what is kept is not sealed (%v)", err)
	}
	if _, err := looks.Look(t.Context(), people.Actor{Kind: people.APerson, PersonID: 8}, id); err == nil {
		t.Error("another person sees it")
	}
	if err := looks.Leave(by, id); err != nil {
		t.Error(err)
	}
	if kept, _ = filepath.Glob(filepath.Join(dir, ".look-*")); len(kept) != 0 {
		t.Errorf("kept after leaving: %v", kept)
	}
}
