package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// land is a partnership on one of the examples, with made-up extracts.
type land struct {
	*app.App
	t       testing.TB
	dir     string
	site    http.Handler
	session func(people.Role) string
}

// landOf copies an example, changed by edit, and takes files in.
func landOf(t *testing.T, example string, edit func(path, text string) string, files map[string]string, now string) *land {
	t.Helper()
	dir := t.TempDir()
	from := filepath.Join(root, "data", "examples", example)
	for _, name := range []string{"partnership.yaml", "layouts"} {
		copyTo(t, filepath.Join(from, name), filepath.Join(dir, name), edit)
	}
	at, err := time.Parse(time.DateTime, now)
	if err != nil {
		t.Fatal(err)
	}
	l := &land{t: t, dir: dir}
	if l.App, err = app.Open(t.Context(), app.Options{Data: dir, Now: func() time.Time { return at }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if r, err := l.Ingest.File(t.Context(), name, strings.NewReader(files[name])); err != nil || r.Kept == 0 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
	}
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	l.site, l.session = l.Site(t, draw, people.Analyst, people.Presenter, people.Coordinator, people.Director)
	return l
}

func copyTo(t *testing.T, from, to string, edit func(path, text string) string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			copyTo(t, filepath.Join(from, e.Name()), filepath.Join(to, e.Name()), edit)
		}
		return
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	out := string(text)
	if edit != nil {
		out = edit(filepath.Base(from), out)
	}
	if err := os.WriteFile(to, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
}

// get asks for an address as a role.
func (l *land) get(role people.Role, address string) (int, string) {
	l.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1"+address, nil)
	r.Header.Set("Cookie", l.session(role))
	w := httptest.NewRecorder()
	l.site.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// ofDays are the addresses that show figures of the partnership's own count.
var ofDays = []string{"/overview", "/overview.csv", "/overview.json", "/figures", "/figures.csv", "/figures.json",
	"/figures?by=month,reason", "/figures.csv?by=reason", "/figures/public.csv?by=reason", "/trends", "/trends?measure=M02&grain=day",
	"/trends?measure=M08", "/trends.csv", "/trends.json", "/reasons", "/reasons.csv", "/reasons.json", "/flow", "/flow.csv", "/flow.json",
	"/charts/delayed-days", "/charts/delayed-days.csv", "/charts/delayed-days.json", "/charts/dtoc-beds", "/charts/reasons",
	"/charts/reasons.csv"}

// A nation without bodies has groups on every page and no council share (A8),
// and its convention's name beside every figure (D3). The submitted file of a
// month is read by layout alone: each row is one stated delay (R14).
func TestA8ANationWithoutBodies(t *testing.T) {
	t.Parallel()
	head := "Monthflag,Healthboard,CHINo,PatientPostcode,LocalAuthorityArea,PatientDOB,Gender,HealthLocationCode,SpecialtyCode," +
		"OriginalAdmissionDate,DateReferralReceived,Readyfordischargedate,DateDischarge,DischargeReason,REASONFORDELAY," +
		"REASONFORDELAYSECONDARY,Outofareacaseindicator\r\n"
	files := map[string]string{}
	for _, month := range []string{"2026-02", "2026-03"} {
		var b strings.Builder
		b.WriteString(head)
		for i, code := range []string{"11A,", "11A,", "25D,", "9,51X", "51,", "23C,", "9,71X", "24F,"} {
			fmt.Fprintf(&b, "x,NHS Ayrshire & Arran,99%08d,KA1 9ZZ,S12000021,14/09/1945,F,A111H,AB,02/01/2026,,10/%s/2026,2%d/%s/2026,,%s,No\r\n",
				int(month[6])*100+i, month[5:], i, month[5:], code)
		}
		files["S08000015_"+month+".csv"] = b.String()
	}
	l := landOf(t, "scotland", nil, files, "2026-04-02 09:00:00")
	if got := must(t, "figures", "--data", l.dir, "--from", "2026-03", "--to", "2026-03", "--by", "month", "--format", "csv"); !strings.Contains(
		got, "2026-03,108") {
		// Ready on the 10th, left on the 20th to the 27th: the day of leaving counts.
		t.Errorf("R14, C1 the days of March are\n%s", got)
	}
	// Words that speak of a division between bodies.
	divided := regexp.MustCompile(`(?i)>social care<|with social care|council share|council-share|not.attributed|social_care|` +
		`next step with the nhs|day of leaving are not counted`)
	for _, address := range ofDays {
		status, body := l.get(people.Analyst, address)
		if status != http.StatusOK {
			t.Errorf("A8 %s: %d", address, status)
			continue
		}
		if found := divided.FindString(body); found != "" {
			at := strings.Index(body, found)
			t.Errorf("A8 %s says %q: …%s…", address, found, body[max(0, at-150):min(len(body), at+150)])
		}
		if !strings.Contains(body, "scotland-2016") {
			t.Errorf("D3 %s does not name the convention", address)
		}
	}
	for _, page := range []string{"/overview", "/reasons", "/charts/reasons"} {
		if _, body := l.get(people.Analyst, page); !strings.Contains(body, "Health and Social Care Reasons") {
			t.Errorf("A8 %s does not show the groups", page)
		}
	}
	if status, _ := l.get(people.Analyst, "/council"); status != http.StatusNotFound {
		t.Errorf("A8 /council answers with %d", status)
	}
	for _, address := range []string{"/charts/council-share", "/trends?measure=M03"} {
		if status, _ := l.get(people.Analyst, address); status == http.StatusOK {
			t.Errorf("A8 %s shows a council share", address)
		}
	}
	pack := filepath.Join(t.TempDir(), "pack")
	must(t, "render", "--data", l.dir, "--out", pack)
	for _, name := range []string{"index.html", "delayed-days.csv", "reasons.csv", "manifest.json"} {
		text, err := os.ReadFile(filepath.Join(pack, name))
		if err != nil {
			t.Fatal(err)
		}
		if found := divided.FindString(string(text)); found != "" {
			at := strings.Index(string(text), found)
			t.Errorf("A8 the pack's %s says %q: …%s…", name, found, text[max(0, at-150):min(len(text), at+150)])
		}
		if !strings.Contains(string(text), "scotland-2016") {
			t.Errorf("D3 the pack's %s does not name the convention", name)
		}
	}
	if _, err := os.Stat(filepath.Join(pack, "council-share.csv")); err == nil {
		t.Error("A8 the pack has a council share")
	}
	// The log offers the reasons of the board's code set, by group.
	if status, body := l.get(people.Coordinator, "/delays/new?provider=S08000015"); status == http.StatusOK && (!strings.Contains(body,
		`<optgroup label="Health and Social Care Reasons">`) || strings.Contains(body, "Di Residential home")) {
		t.Error("D4 the log does not offer the reasons of its code set")
	}
}

// Under a convention that counts the ready day, nothing beside a figure says
// that it is not counted, and everything names the convention (D3).
func TestD3TheWordsAreOfTheConventionThatCounted(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for d := delay.MustDay("2026-02-26"); d <= delay.MustDay("2026-03-10"); d++ {
		files["RZ1_"+d.String()+".csv"] = northgate(d.String(), 1, 20)
	}
	l := landOf(t, "northshire", func(_, text string) string {
		return strings.Replace(text, "counting: england-dtoc", "counting: england-drd", 1)
	}, files, "2026-03-11 09:00:00")
	wrong := regexp.MustCompile(`(?i)ready (day|date)[^.]{0,40} (is|are) not (yet )?counted|neither of (the two|them)|not yet among them|` +
		`day after the person became ready|after the ready date|not in these counts yet|will count from the next|became ready is not counted|` +
		`The ready day and the day of leaving are not`)
	check := func(what, body string) {
		t.Helper()
		if found := wrong.FindString(body); found != "" {
			at := strings.Index(body, found)
			t.Errorf("D3 %s says %q: …%s…", what, found, body[max(0, at-150):min(len(body), at+150)])
		}
		if !strings.Contains(body, "england-drd") {
			t.Errorf("D3 %s does not name the convention", what)
		}
	}
	for _, address := range append(ofDays, "/council/E10000099", "/definitions/M01", "/definitions/M08", "/trends?measure=M03",
		"/charts/council-share", "/days") {
		status, body := l.get(people.Analyst, address)
		if status == http.StatusForbidden {
			status, body = l.get(people.Director, address)
		}
		if status != http.StatusOK {
			t.Errorf("D3 %s: %d", address, status)
			continue
		}
		if strings.HasPrefix(address, "/definitions") || address == "/days" {
			body += "england-drd" // They name it through the frame's own words or not at all.
		}
		check(address, body)
	}
	pack := filepath.Join(t.TempDir(), "pack")
	must(t, "render", "--data", l.dir, "--out", pack)
	for _, name := range []string{"index.html", "delayed-days.csv", "people.csv", "manifest.json"} {
		text, err := os.ReadFile(filepath.Join(pack, name))
		if err != nil {
			t.Fatal(err)
		}
		check("the pack's "+name, string(text))
	}
	// Days of one row: the discharge date less the discharge ready date.
	got := must(t, "figures", "--data", l.dir, "--from", "2026-03", "--to", "2026-03", "--format", "json")
	check("figures --format json", got)
	check("figures --format csv", must(t, "figures", "--data", l.dir, "--from", "2026-03", "--to", "2026-03", "--format", "csv"))
	check("figures", must(t, "figures", "--data", l.dir, "--from", "2026-03", "--to", "2026-03"))
}
