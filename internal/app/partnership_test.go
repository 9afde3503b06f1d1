package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/audit"
	"homeward/internal/ingest"
	"homeward/internal/people"
)

// office is a site on which an administrator sets the partnership.
type office struct {
	*senderDesk
	file string
}

func newOffice(t *testing.T) office {
	d := newSenderDesk(t)
	return office{d, filepath.Join(d.dir, "partnership.yaml")}
}

func (o office) text() string {
	o.t.Helper()
	text, err := os.ReadFile(o.file)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

func (o office) open(target string) *goquery.Document { return o.page(people.Administrator, target) }

func (o office) post(target string, v url.Values) *httptest.ResponseRecorder {
	o.t.Helper()
	return o.ask(people.Administrator, http.MethodPost, target, "application/x-www-form-urlencoded", []byte(v.Encode()))
}

// filled gives what a form would send, with other values put in.
func (o office) filled(target string, with map[string]string) url.Values {
	o.t.Helper()
	doc := o.open(target)
	v := form(doc, "#form form")
	doc.Find("#form textarea").Each(func(_ int, s *goquery.Selection) { v.Set(s.AttrOr("name", ""), s.Text()) })
	doc.Find("#form input[type=checkbox][checked]").Each(func(_ int, s *goquery.Selection) {
		v.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	for key, value := range with {
		v.Set(key, value)
	}
	return v
}

// change makes a change as a person would: the form, the page that shows what it
// does, and the button there. It gives what that page said.
func (o office) change(target string, with map[string]string) string {
	o.t.Helper()
	w := o.post(target, o.filled(target, with))
	if w.Code != http.StatusOK {
		o.t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	v := url.Values{}
	doc.Find("main form input[type=hidden]").Each(func(_ int, s *goquery.Selection) { v.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	v.Set("why", "agreed at the board")
	v.Set("do", "save")
	if w := o.post(target, v); w.Code != http.StatusSeeOther {
		o.t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	return doc.Find("main").Text()
}

// refused sends a form that is not taken and gives the words of its summary.
func (o office) refused(target string, with map[string]string) string {
	o.t.Helper()
	was := o.text()
	w := o.post(target, o.filled(target, with))
	if w.Code != http.StatusUnprocessableEntity {
		o.t.Fatalf("%s with %v: %d %s", target, with, w.Code, w.Body)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	doc.Find(".nhsuk-error-summary a").Each(func(_ int, s *goquery.Selection) {
		if doc.Find(s.AttrOr("href", "#none")).Length() != 1 {
			o.t.Errorf("%s: the error %q leads nowhere", target, s.Text())
		}
	})
	if o.text() != was {
		o.t.Errorf("%s: the file was changed", target)
	}
	return doc.Find(".nhsuk-error-summary").Text()
}

// TestAPartnershipIsSetInTheBrowser changes a due time and adds a provider: the
// file keeps every other byte, the running program goes by it, the audit log has it,
// and undoing gives the file back as it was.
func TestAPartnershipIsSetInTheBrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	was := o.text()
	if said := o.change("/admin/partnership/providers/RK9", map[string]string{"due": "08:15"}); !strings.Contains(said,
		`+   - {code: RK9`) || !strings.Contains(said, "No figure changes.") || !strings.Contains(said, "without a restart") {
		t.Errorf("the change says %s", said)
	}
	want := strings.Replace(was, `layout: plymouth-csv, due: "07:00"`, `layout: plymouth-csv, due: "08:15"`, 1)
	if o.text() != want {
		t.Fatalf("the file is\n%s", o.text())
	}
	if page := o.open("/extracts").Text(); !strings.Contains(page, "08:15") && !strings.Contains(page, "8:15am") {
		t.Error("the running program does not go by the new time")
	}
	if got := o.app.Partnership().Providers[0].Due; got != "08:15" {
		t.Errorf("due is %s", got)
	}
	versions := o.open("/admin/partnership/versions")
	if rows := versions.Find("#versions tbody tr"); rows.Length() != 2 || !strings.Contains(versions.Text(), "agreed at the board") {
		t.Fatalf("%d versions: %s", rows.Length(), versions.Text())
	}
	if said := o.ask(people.Administrator, http.MethodGet, "/admin/partnership/versions.csv", "", nil).Body.String(); !strings.Contains(said,
		"version,saved,saved_by,why,stands_now") || !strings.Contains(said, "agreed at the board,true") || strings.Count(said, ",true") != 1 {
		t.Errorf("the versions as CSV: %s", said)
	}
	var kept struct{ Rows []map[string]any }
	said := o.ask(people.Administrator, http.MethodGet, "/admin/partnership/versions.json", "", nil).Body.Bytes()
	if err := json.Unmarshal(said, &kept); err != nil || len(kept.Rows) != 2 || kept.Rows[0]["version"] != 2.0 {
		t.Errorf("%v, the versions as JSON: %s", err, said)
	}
	// Version 1 is what was found.
	doc := o.open("/admin/partnership/versions/1")
	if text := doc.Find("pre").Text(); !strings.Contains(text, `+   - {code: RK9`) {
		t.Errorf("the comparison is %s", text)
	}
	v := form(doc, "main form")
	if w := o.post("/admin/partnership/versions/1", v); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("put back without a why: %d", w.Code)
	}
	v.Set("why", "it was a mistake")
	if w := o.post("/admin/partnership/versions/1", v); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if o.text() != was {
		t.Error("undoing did not give the file back byte for byte")
	}
	if got := o.app.Partnership().Providers[0].Due; got != "07:00" {
		t.Errorf("the program goes by %s", got)
	}
	events, err := o.app.Store.AuditEvents(t.Context(), audit.Filter{What: audit.PartnershipSaved})
	if err != nil || len(events) != 2 || events[0].After != "version 3: it was a mistake" || events[0].Before != "version 2" ||
		events[1].Before != "version 1, by hand" {
		t.Errorf("%v %+v", err, events)
	}
	if info, err := os.Stat(o.file); err != nil || info.Mode().Perm() != 0o644 && info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
}

// TestANewProviderSendsWithoutARestart adds a provider whose layout was never used:
// its file is taken in, and from then on it stays.
func TestANewProviderSendsWithoutARestart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	layouts := filepath.Join(o.dir, "layouts")
	layout, err := os.ReadFile(filepath.Join(layouts, "plymouth-csv.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(layouts, "new-csv.yaml"), bytes.ReplaceAll(layout, []byte("rk9"), []byte("rx1")), 0o600); err != nil {
		t.Fatal(err)
	}
	o.change("/admin/partnership/providers/new", map[string]string{"code": "RX1", "name": "New Hospital NHS Trust", "layout": "new-csv",
		"due": "07:30"})
	// A role for it can be given, and its file is taken in, without a restart.
	if page := o.open("/admin/users/new").Text(); !strings.Contains(page, "New Hospital NHS Trust") {
		t.Error("the new provider is in no form")
	}
	report, err := o.app.Ingest.File(t.Context(), "rx1_2026-03-20.csv", strings.NewReader(
		"Extract date,Provider,Site,Ward,Local patient ID,NHS number,Date of birth,Admission date,Discharge ready date,Type of care,"+
			"Reason for delay,Attributable to,Local authority,Discharge date\n"+
			"2026-03-20,RX1,A,W1,H1001,,1940-05-17,2026-03-01,2026-03-10,Acute,E,Social Care,Devon,\n"))
	if err != nil || report.Outcome != ingest.Taking || report.Kept != 1 {
		t.Fatalf("%v %+v", err, report)
	}
	// With records it cannot go again, and no version without it can be put back.
	w := o.post("/admin/partnership/providers/RX1", url.Values{"do": {"remove"}, "base": {form(o.open("/admin/partnership/providers/RX1"),
		"#form form").Get("base")}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "(RX1) are held (1)") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if page := o.open("/admin/partnership/versions/1"); page.Find("main form").Length() != 0 || !strings.Contains(page.Text(),
		"Why it cannot be done") {
		t.Error("a version without a hospital that has records can be put back")
	}
}

// TestEachPartOfThePartnershipIsSet makes one change of each kind and looks at the
// line that it writes.
func TestEachPartOfThePartnershipIsSet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []struct {
		name, target string
		with         map[string]string
		line, said   string
	}{
		{"the name", "/admin/partnership/name", map[string]string{"name": "Devon and all"}, "name: Devon and all\n", "new name"},
		{"a council by its name", "/admin/partnership/councils/new", map[string]string{"find": "Cornwall"},
			"  - code: E06000052\n    cssr: \"902\"\n    name: Cornwall", "Public tables of past periods"},
		{"a council's names", "/admin/partnership/councils/E06000027", map[string]string{"names": "Torbay Council\nTorbay UA\nTC"},
			"[Torbay Council, Torbay UA, TC]", "read again"},
		{"no population", "/admin/partnership/councils/E06000027", map[string]string{"population-adults": "", "population-year": "",
			"population-source": ""}, "[Torbay Council, Torbay UA, TC]\n", ""},
		{"expected days", "/admin/partnership/providers/RWV", map[string]string{"expected_days": "mon"}, `due: "09:00", expected_days: [mon]}`,
			"late or missing"},
		{"a setting that waits", "/admin/partnership/settings", map[string]string{"omitted_limit_days": "10"}, "omitted_limit_days: 10",
			"Takes effect when Homeward is started again: settings"},
		{"a level", "/admin/partnership/levels/new", map[string]string{"measure": "M02", "level": "95", "from": "2026-04-01",
			"agreed": "Discharge board, 17 March 2026"}, "levels:\n  - measure: M02\n    level: 95\n    from: 2026-04-01\n    agreed: ", "dotted"},
		{"mail", "/admin/partnership/mail", map[string]string{"host": "mail.example.org", "from": "homeward@example.org",
			"address": "https://homeward.example.org", "missing_to": "a@example.org"}, "  host: mail.example.org\n", "next message"},
		{"a pack beside the usual ones", "/admin/partnership/packs/new", map[string]string{"name": "board", "cron": "0 8 * * 3", "period": "week",
			"recipients": "b@example.org"},
			"  - name: board\n    cron: \"0 8 * * 3\"\n    period: week\n    recipients: [\"b@example.org\"]\n", "Packs"},
	} {
		said := o.change(c.target, c.with)
		if !strings.Contains(o.text(), c.line) {
			t.Errorf("%s: the file has no %q:\n%s", c.name, c.line, o.text())
		}
		if c.said == "dotted" {
			c.said = "No figure depends on it"
		}
		if !strings.Contains(said, c.said) {
			t.Errorf("%s: the page says %s", c.name, said)
		}
	}
	p := o.app.Partnership()
	if len(p.Packs) != 4 || p.Mail == nil || len(p.AgreedLevels) != 1 || p.Name != "Devon and all" || len(p.Councils) != 4 {
		t.Errorf("the program goes by %+v", p)
	}
	if p.Settings.OmittedLimitDays != 14 {
		t.Error("a setting that stored rows were derived with is used before the start")
	}
	if page := o.open("/admin/partnership").Text(); !strings.Contains(page, "started again: settings") {
		t.Error("the page does not say what waits")
	}
	if page := o.open("/packs").Text(); !strings.Contains(page, "Board pack") {
		t.Error("the page of packs does not know the new one")
	}
	// What can go goes.
	w := o.post("/admin/partnership/councils/E06000052", url.Values{"base": {form(o.open("/admin/partnership/councils/E06000052"),
		"#form form").Get("base")}, "do": {"remove"}})
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	v := form(doc, "main form")
	v.Set("why", "not ours")
	v.Set("do", "save")
	if w := o.post("/admin/partnership/councils/E06000052", v); w.Code != http.StatusSeeOther || strings.Contains(o.text(), "E06000052") {
		t.Errorf("%d %s", w.Code, o.text())
	}
	var twin struct{ Rows []map[string]any }
	r := o.ask(people.Administrator, http.MethodGet, "/admin/partnership.json", "", nil)
	if err := json.Unmarshal(r.Body.Bytes(), &twin); err != nil || len(twin.Rows) < 40 {
		t.Errorf("%v, %d rows of %s", err, len(twin.Rows), r.Body)
	}
}

func TestWhatIsRefusedOfAPartnership(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []struct {
		name, target string
		with         map[string]string
		want         string
	}{
		{"nothing changed", "/admin/partnership/providers/RK9", nil, "Nothing was changed"},
		{"no time of day", "/admin/partnership/providers/RK9", map[string]string{"due": "25:00"},
			`Due by: found "25:00", expected a time of day`},
		{"a code that is there", "/admin/partnership/providers/new", map[string]string{"code": "RK9", "name": "X"}, "ODS code: RK9 stands twice"},
		{"no code", "/admin/partnership/providers/new", map[string]string{"name": "X"}, "ODS code: found nothing, expected"},
		{"no such layout", "/admin/partnership/providers/RK9", map[string]string{"layout": "none"}, "Layout of its files: there is no layout"},
		{"an address of a person", "/admin/partnership/providers/RK9", map[string]string{"data_owner": "a@example.org"},
			"Who mends its data: found"},
		{"no council", "/admin/partnership/councils/new", map[string]string{"find": "Atlantis"}, "which no national list has"},
		{"nothing typed", "/admin/partnership/councils/new", nil, "Enter the council's name"},
		{"a council twice", "/admin/partnership/councils/new", map[string]string{"find": "Devon"}, "already stands for another council"},
		{"a district", "/admin/partnership/councils/new", map[string]string{"code": "E07000041", "name": "Exeter"}, "is a district"},
		{"adults without a year", "/admin/partnership/councils/E06000027", map[string]string{"population-year": ""},
			"expected the year and the source"},
		{"no number", "/admin/partnership/councils/E06000027", map[string]string{"population-adults": "many"},
			`found "many", expected a whole number`},
		{"an age", "/admin/partnership/settings", map[string]string{"discharge_age_floor": "17"}, "found 17, expected 16 or 18"},
		{"a part over 1", "/admin/partnership/settings", map[string]string{"unread_share": "7"}, "expected a part between 0 and 1"},
		{"a count that cannot lead", "/admin/partnership/settings", map[string]string{"lead": "sitrep"}, "nobody here lists everybody in a bed"},
		{"a level of nobody", "/admin/partnership/levels/new", map[string]string{"measure": "M02", "level": "3", "from": "2026-04-01"},
			"Who agreed it, and where: expected who agreed"},
		{"a level without a grain", "/admin/partnership/levels/new", map[string]string{"measure": "M01", "level": "3", "from": "2026-04-01",
			"agreed": "us"}, "One reading is of: expected day, week or month"},
		{"no date", "/admin/partnership/levels/new", map[string]string{"measure": "M02", "level": "3", "from": "1 April", "agreed": "us"},
			`From: found "1 April", expected a date`},
		{"mail in clear", "/admin/partnership/mail", map[string]string{"host": "mail.example.org", "security": "none", "from": "a@example.org",
			"address": "https://h.example.org"}, "only a server on this machine"},
		{"no address", "/admin/partnership/mail", map[string]string{"host": "mail.example.org", "from": "nobody", "address": "h"},
			"Address that mail comes from: found"},
		{"recipients without mail", "/admin/partnership/packs/weekly", map[string]string{"recipients": "a@example.org"},
			"expected the section mail"},
		{"between 1am and 2am", "/admin/partnership/packs/weekly", map[string]string{"cron": "30 1 * * *"}, "Times: "},
		{"no times", "/admin/partnership/packs/weekly", map[string]string{"cron": "often"}, "Times: "},
	} {
		if got := o.refused(c.target, c.with); !strings.Contains(got, c.want) {
			t.Errorf("%s: the summary says %s, expected %q", c.name, strings.Join(strings.Fields(got), " "), c.want)
		}
	}
	for _, target := range []string{"/admin/partnership/providers/XXX", "/admin/partnership/levels/1", "/admin/partnership/councils/E1",
		"/admin/partnership/packs/none", "/admin/partnership/sign_in", "/admin/partnership/backup", "/admin/partnership/versions/9"} {
		if w := o.ask(people.Administrator, http.MethodGet, target, "", nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	for _, target := range []string{"/admin/partnership", "/admin/partnership.csv", "/admin/partnership.json", "/admin/partnership/versions",
		"/admin/partnership/versions.csv", "/admin/partnership/versions.json", "/admin/partnership/name"} {
		if w := o.ask(people.Analyst, http.MethodGet, target, "", nil); w.Code != http.StatusForbidden {
			t.Errorf("an analyst opens %s: %d", target, w.Code)
		}
	}
}

// TestTwoPeopleChangeThePartnership holds to it that what was changed by hand, or by
// somebody else, is never written over.
func TestTwoPeopleChangeThePartnership(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const target = "/admin/partnership/providers/RK9"
	first := o.filled(target, map[string]string{"due": "08:15"})
	changed := strings.Replace(o.text(), "# A worked", "# Our worked", 1)
	if err := os.WriteFile(o.file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, do := range []string{"", "save"} {
		first.Set("do", do)
		first.Set("why", "x")
		if w := o.post(target, first); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "changed since you opened") {
			t.Errorf("%q: %d %s", do, w.Code, w.Body)
		}
	}
	if o.text() != changed {
		t.Error("what was changed by hand was written over")
	}
	o.change(target, map[string]string{"due": "08:15"})
	if !strings.Contains(o.text(), "# Our worked") || !strings.Contains(o.text(), "08:15") {
		t.Errorf("the file is\n%s", o.text())
	}
	// A file that is not right is not changed here, and says what to put right.
	if err := os.WriteFile(o.file, []byte(strings.Replace(o.text(), "08:15", "99:99", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if page := o.open("/admin/partnership").Text(); !strings.Contains(page, "providers[1].due") {
		t.Errorf("the page does not say what is wrong: %s", page)
	}
	if w := o.ask(people.Administrator, http.MethodGet, target, "", nil); w.Code != http.StatusConflict {
		t.Errorf("%d", w.Code)
	}
}

// TestAFileThatCannotBeWrittenIsSaid leaves no version and no line in the log.
func TestAFileThatCannotBeWrittenIsSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	v := o.filled("/admin/partnership/name", map[string]string{"name": "Other", "why": "x", "do": "save"})
	was := o.text()
	// The file is a link to one whose folder has room for no longer name, not even for
	// whoever may write anywhere.
	const longest, short = 4095, "p.yaml"
	away := t.TempDir()
	for len(away)+251 < longest-len(short)-1 {
		away += "/" + strings.Repeat("d", 250)
	}
	away += "/" + strings.Repeat("e", longest-len(short)-len(away)-2)
	if err := os.MkdirAll(away, 0o700); err != nil {
		t.Skip("this machine has no such folders: ", err)
	}
	if err := os.WriteFile(away+"/"+short, []byte(was), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(o.file), os.Symlink(away+"/"+short, o.file)); err != nil {
		t.Fatal(err)
	}
	w := o.post("/admin/partnership/name", v)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "cannot be written") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if o.text() != was || o.app.Partnership().Name == "Other" {
		t.Error("it was changed")
	}
	if all, err := o.app.Store.PartnershipVersions(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
	if events, err := o.app.Store.AuditEvents(t.Context(), audit.Filter{What: audit.PartnershipSaved}); err != nil || len(events) != 0 {
		t.Errorf("%v %v", events, err)
	}
	// A link to where it can be written stays a link.
	near := filepath.Join(t.TempDir(), "kept.yaml")
	if err := errors.Join(os.WriteFile(near, []byte(was), 0o640), os.Remove(o.file), os.Symlink(near, o.file)); err != nil {
		t.Fatal(err)
	}
	if w := o.post("/admin/partnership/name", v); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	link, err := os.Lstat(o.file)
	info, err2 := os.Stat(near)
	if err != nil || err2 != nil || link.Mode()&os.ModeSymlink == 0 || info.Mode().Perm() != 0o640 || !strings.Contains(o.text(), "Other") {
		t.Errorf("%v %v: %v, %v", err, err2, link, info)
	}
}
