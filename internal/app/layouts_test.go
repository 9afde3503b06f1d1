package app_test

import (
	"bytes"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/audit"
	"homeward/internal/ingest"
	"homeward/internal/people"
)

// senderDesk is a site on which an analyst takes senders on.
type senderDesk struct {
	t      *testing.T
	app    *app.App
	dir    string
	site   http.Handler
	cookie func(people.Role) string
}

func newSenderDesk(t *testing.T) *senderDesk {
	t.Helper()
	dir := copyExample(t, "devon", func(s string) string { return s })
	now := time.Date(2026, 3, 21, 9, 0, 0, 0, time.UTC)
	a, err := app.Open(t.Context(), app.Options{Data: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	d := &senderDesk{t: t, app: a, dir: dir}
	d.site, d.cookie = a.Site(t, draw, people.Analyst, people.Administrator)
	return d
}

func (d *senderDesk) ask(role people.Role, method, target, kind string, body []byte) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, bytes.NewReader(body))
	r.Header.Set("Cookie", d.cookie(role))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	d.site.ServeHTTP(w, r)
	return w
}

func (d *senderDesk) page(role people.Role, target string) *goquery.Document {
	d.t.Helper()
	w := d.ask(role, http.MethodGet, target, "", nil)
	if w.Code != http.StatusOK {
		d.t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

// form gives what a form of a page would send.
func form(doc *goquery.Document, selector string) url.Values {
	v := url.Values{}
	doc.Find(selector).Find("input[type=hidden], input[type=text]").Each(func(_ int, s *goquery.Selection) {
		v.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	doc.Find(selector).Find("select").Each(func(_ int, s *goquery.Selection) {
		v.Set(s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", ""))
	})
	return v
}

func (d *senderDesk) send(target string, v url.Values) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.ask(people.Analyst, http.MethodPost, target, "application/x-www-form-urlencoded", []byte(v.Encode()))
}

func (d *senderDesk) samples(files map[string]string) *httptest.ResponseRecorder {
	d.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, text := range files {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			d.t.Fatal(err)
		}
		_, _ = part.Write([]byte(text))
	}
	_ = w.Close()
	return d.ask(people.Analyst, http.MethodPost, "/layouts/new", w.FormDataContentType(), b.Bytes())
}

const newList = "Hosp No,NHS No,DOB,Ward,Adm date,Fit for home,Care type,Why still here,Waiting for whom,LA\n" +
	"H1001,999 000 0018,17/05/1940,W1,05/01/2026,10/03/2026,Acute,E,Social Care,Devon\n" +
	"H1002,999 000 0026,18/05/1941,W2,15/01/2026,13/03/2026,Acute,C,NHS,Plymouth\n" +
	"H1003,999 000 0034,19/05/1942,W2,25/01/2026,14/03/2026,Acute,A,Wellspring,Torbay\n"

// An analyst drops samples, settles what is unsure, saves, and the file is read.
func TestTakingANewSenderOn(t *testing.T) {
	t.Parallel()
	d := newSenderDesk(t)
	w := d.samples(map[string]string{"RK9_2026-03-20.csv": newList})
	at := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/layouts/new/") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	doc := d.page(people.Analyst, at)
	text := doc.Text()
	if strings.Contains(text, "999 000 0018") || strings.Contains(text, "9990000018") || strings.Contains(text, "H1001") {
		t.Error("P1: the page shows an identifier")
	}
	if other := d.ask(people.Administrator, http.MethodGet, at, "", nil); other.Code != http.StatusForbidden {
		t.Errorf("an administrator opens the samples: %d", other.Code)
	}
	if doc.Find(`form[action="`+at+`/save"]`).Length() != 0 {
		t.Error("a layout without a ready date can be saved")
	}
	// The samples wait sealed.
	v := form(doc, "#corrections")
	choose := func(heading, field string) {
		doc.Find("#corrections label").Each(func(_ int, s *goquery.Selection) {
			if s.Text() == heading {
				v.Set(s.AttrOr("for", ""), field)
			}
		})
	}
	choose("Fit for home", "ready")
	choose("Why still here", "reason")
	choose("Waiting for whom", "responsible")
	v.Set("name", "plymouth-csv")
	if w = d.send(at, v); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	doc = d.page(people.Analyst, at)
	if lede := doc.Find(".app-lede").Text(); !strings.Contains(lede, "3 rows read: 3 kept") {
		t.Errorf("after the correction: %s\n%s", lede, doc.Text())
	}
	v = form(doc, "#corrections")
	choose("Wellspring", "nhs")
	if w = d.send(at, v); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if stale := d.send(at, v); stale.Code != http.StatusConflict {
		t.Errorf("an old page is taken: %d", stale.Code)
	}
	doc = d.page(people.Analyst, at)
	save := form(doc, `form[action="`+at+`/save"]`)
	if w = d.send(at+"/save", save); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("it is saved without a reason: %d", w.Code)
	}
	save.Set("why", "first list of the new system")
	if w = d.send(at+"/save", save); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/layouts/plymouth-csv" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if gone := d.ask(people.Analyst, http.MethodGet, at, "", nil); gone.Code != http.StatusNotFound {
		t.Errorf("the samples are still there: %d", gone.Code)
	}
	// It is used at once: this layout stood in the partnership file.
	r, err := d.app.Ingest.File(t.Context(), "RK9_2026-03-20.csv", strings.NewReader(newList))
	if err != nil || r.Kept != 3 || r.Outcome == ingest.Rejected {
		t.Errorf("%+v %v", r, err)
	}
	page := d.page(people.Administrator, "/layouts/plymouth-csv")
	if page.Find("#versions tbody tr").Length() != 2 || !strings.Contains(page.Find("#versions").Text(), "first list of the new system") {
		t.Errorf("the versions: %s", page.Find("#versions").Text())
	}
	events, err := d.app.Store.AuditEvents(t.Context(), audit.Filter{What: audit.LayoutSaved})
	if err != nil || len(events) != 1 {
		t.Errorf("%d audit events, %v", len(events), err)
	}
	// The former one, written by hand, is taken back whole.
	byHand, err := os.ReadFile(filepath.Join(root, "data", "examples", "devon", "layouts", "plymouth-csv.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d.page(people.Analyst, "/layouts/plymouth-csv?version=1")
	if w = d.send("/layouts/plymouth-csv", url.Values{"version": {"1"}, "why": {"they went back to the old " +
		"list"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	now, err := os.ReadFile(filepath.Join(d.dir, "layouts", "plymouth-csv.yaml"))
	if err != nil || strings.Replace(string(now), `version: "3"`, `version: "1"`, 1) != string(byHand) {
		t.Errorf("it is not taken back: %v\n%s", err, now)
	}
	list := d.ask(people.Analyst, http.MethodGet, "/layouts.csv", "", nil).Body.String()
	if !strings.Contains(list, "plymouth-csv,RK9,") {
		t.Error(list)
	}
}

// Samples are kept sealed, and gone after a cancel.
func TestSamplesAreSealedAndGo(t *testing.T) {
	t.Parallel()
	d := newSenderDesk(t)
	if w := d.samples(nil); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", w.Code)
	}
	if w := d.samples(map[string]string{"a.csv": "nothing to see\n"}); w.Code != http.StatusUnprocessableEntity ||
		!strings.Contains(w.Body.String(), "no row of headings") {
		t.Errorf("no list: %d", w.Code)
	}
	at := d.samples(map[string]string{"RK9_2026-03-20.csv": newList, "RK9_2026-03-21.csv": newList}).Header().Get("Location")
	left := func() (n int) {
		err := filepath.WalkDir(filepath.Join(d.dir, app.SpoolFolder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			n++
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte("H1001")) {
				t.Errorf("P2: %s is not sealed", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if left() != 2 {
		t.Errorf("%d samples are kept", left())
	}
	if w := d.send(at+"/cancel", url.Values{}); w.Code != http.StatusSeeOther || left() != 0 {
		t.Errorf("%d, and %d samples are left", w.Code, left())
	}
}
