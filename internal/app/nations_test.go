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
	if example == "england-mhsds" { // One that also has an acute trust.
		for _, name := range []string{"plymouth-bed-state.yaml"} {
			copyTo(t, filepath.Join(root, "data", "examples", "england-acute", "layouts", name), filepath.Join(dir, "layouts", name), nil)
		}
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

// sent asks for an address as a role, and gives where the answer leads.
func (l *land) sent(role people.Role, address string) (status int, to string) {
	l.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1"+address, nil)
	r.Header.Set("Cookie", l.session(role))
	w := httptest.NewRecorder()
	l.site.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Location")
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
	skipShort(t)
	t.Parallel()
	head := "Monthflag,Healthboard,CHINo,PatientPostcode,LocalAuthorityArea,PatientDOB,Gender,HealthLocationCode,SpecialtyCode," +
		"OriginalAdmissionDate,DateReferralReceived,Readyfordischargedate,DateDischarge,DischargeReason,REASONFORDELAY," +
		"REASONFORDELAYSECONDARY,Outofareacaseindicator\r\n"
	files := map[string]string{}
	for _, month := range []string{"2026-02", "2026-03"} {
		var b strings.Builder
		b.WriteString(head)
		for i, code := range []string{"11A,", "11A,", "25D,", "9,51X", "51,", "23C,", "9,71X", "24F,"} {
			left := fmt.Sprintf("2%d/%s/2026", i, month[5:])
			if month == "2026-03" && i > 5 {
				left = "" // They are still in.
			}
			fmt.Fprintf(&b, "x,NHS Ayrshire & Arran,99%08d,KA1 9ZZ,S12000021,14/09/1945,F,A111H,AB,02/01/2026,,10/%s/2026,%s,,%s,No\r\n",
				int(month[6])*100+i, month[5:], left, code)
		}
		files["S08000015_"+month+".csv"] = b.String()
	}
	l := landOf(t, "scotland", nil, files, "2026-04-02 09:00:00")
	if got := must(t, "figures", "--data", l.dir, "--from", "2026-03", "--to", "2026-03", "--by", "month", "--format",
		"csv"); !strings.Contains(
		got, "2026-03,117") {
		// Ready on the 10th, left on the 20th to the 25th, or still in on the 31st: the day of leaving counts.
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
	if status, to := l.sent(people.Director, "/"); status != http.StatusSeeOther || to != "/overview" {
		t.Errorf("A8 a director comes first to %s (%d)", to, status)
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
	_, list := l.get(people.Coordinator, "/today?provider=S08000015")
	ref := regexp.MustCompile(`HW-[0-9A-Z]{8}`).FindString(list)
	for _, address := range []string{"/today?provider=S08000015", "/delays/" + ref, "/days"} {
		status, body := l.get(people.Coordinator, address)
		if found := divided.FindString(body); status != http.StatusOK || found != "" || !strings.Contains(body,
			">Group</th>") && !strings.HasPrefix(address, "/today") {
			t.Errorf("A8 %s: %d, says %q", address, status, found)
		}
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
	skipShort(t)
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

// A nation that the program has never heard of is counted from tables alone:
// its convention, code set and area codes stand beside the partnership file.
func TestD2AFifthNationCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"partnership.yaml": "name: Strelsau\ncouncils:\n  - {code: Q12000001, name: Strelsau}\nproviders:\n" +
			"  - {code: Q08000001, name: Royal Infirmary, layout: crown}\nsettings: {counting: ruritania, rule_set: ruritania}\n",
		"layouts/crown.yaml": "version: \"1\"\nabout: a list\nfile: {name: '^(?P<provider>Q\\d{8})_(?P<date>\\d{4}-\\d{2}-\\d{2})'}\n" +
			"code_set: ruritania\ncolumns: {local_id: Number, birth_date: Born, ready: Fit, reason: Waits for, council: Town, discharged: Gone}\n" +
			"fixed: {care: acute}\ndates: [yyyy-mm-dd]\n",
		"reference/areas.csv": "kind,pattern,source\nprovider,\"Q08[0-9]{6}\",the Ministry\ncouncil,\"Q12[0-9]{6}\",the Ministry\n",
		"reference/codesets/ruritania.csv": "# title: Waiting in Ruritania\n# nation: ruritania\n# version: 1\n# divides_by: groups\n" +
			"# groups: Crown|Town\n# source: the Ministry\n# certainty: invented\n" +
			"code,label,short,spellings,group,subgroup,pathways,bodies,suggested,acute,non_acute,from,until\n" +
			"X1,Waiting for a coach,Coach,,Crown,,,,,yes,yes,,\nX2,Waiting for a room,Room,,Town,,,,,yes,yes,,\n",
		"reference/conventions.csv": "name,title,nation,counts,ready,end,continues,age_floor,grace_days,census,census_leaving,apart,from,until," +
			"source,certainty,words\nruritania,Waiting days,ruritania,days,yes,yes,no,18,0,daily,no,,,,the Ministry,invented,Both ends count.\n",
		"reference/examples.csv": "convention,example,ready,out,after,age,from,to,expect,source\n" +
			"ruritania,three days,2026-03-10,2026-03-12,,30,2026-03-01,2026-03-31,3,x\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, day := range []string{"10", "11", "12"} {
		left := ""
		if day == "12" {
			left = "2026-03-12"
		}
		path := filepath.Join(dir, "Q08000001_2026-03-"+day+".csv")
		text := "Number,Born,Fit,Waits for,Town,Gone\nR1,1950-01-01,2026-03-10,waiting for a COACH,Strelsau," + left +
			"\nR2,1951-01-01,2026-03-11,X2,Strelsau,\n"
		if day == "10" {
			text = "Number,Born,Fit,Waits for,Town,Gone\nR1,1950-01-01,2026-03-10,Coach,Strelsau,\n"
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, "ingest", "--data", dir, path)
	}
	got := must(t, "figures", "--data", dir, "--from", "2026-03", "--to", "2026-03", "--by", "council,reason", "--format", "csv")
	want := "council,reason,delayed_days,convention\nQ12000001,ruritania/X1,3,ruritania\nQ12000001,ruritania/X2,2,ruritania\n"
	if strings.ReplaceAll(got, "\r", "") != want {
		t.Errorf("D2 the days of the fifth nation are\n%s\nwant\n%s", got, want)
	}
	if got := must(t, "figures", "--data", dir, "--from", "2026-03", "--to", "2026-03"); !strings.Contains(got,
		"ruritania: Waiting days. The ready day and the day of leaving are counted") {
		t.Errorf("D3 the words are not of the table:\n%s", got)
	}
	// A convention that is in no table is named with its line, and one that counts
	// people cannot be the count of days.
	for counting, says := range map[string]string{"elsewhere": "line 6: settings.counting: Found the counting convention \"elsewhere\"",
		"wales-pocd": "line 6: settings.counting: the convention wales-pocd counts people"} {
		path := filepath.Join(dir, "partnership.yaml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(dir, "other.yaml")
		if err := os.WriteFile(other, []byte(strings.Replace(string(text), "counting: ruritania", "counting: "+counting, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = app.Open(t.Context(), app.Options{Data: dir, Partnership: other})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("D2 counting %s: %v, want %q", counting, err, says)
		}
	}
}

// Providers of one partnership have code sets of their own (D4): reasons are
// known with their labels, a stated body stands where the set says so (A2), and
// the partnership's own dated mapping stands where nothing is stated (D1).
func TestD4EachProviderHasItsCodeSet(t *testing.T) {
	skipShort(t)
	t.Parallel()
	mhsds := "ReportDate,OrgIDProv,SiteIDOfWard,WardCode,LocalPatientId,NHSNumber,PersonBirthDate,StartDateHospProvSpell," +
		"StartDateClinReadyforDisch,EndDateClinReadyforDisch,ClinReadyforDischDelayReason,AttribToIndic,OrgIDRespLAClinReadyforDisch\r\n"
	acute := "Snapshot date,Trust code,Site,Ward,Bed,Hospital number,NHS number,DOB,Admission date,Meets criteria to reside," +
		"Date criteria to reside no longer met,Delay reason,Pathway,Local authority,Discharge date,Discharge destination\r\n"
	files := map[string]string{}
	for d := delay.MustDay("2026-03-01"); d <= delay.MustDay("2026-03-12"); d++ {
		files["RWV_"+strings.ReplaceAll(d.String(), "-", "")+".csv"] = mhsds +
			d.String() + ",RWV,RWV12,Unit 2,RWV-1,,1950-01-20,2026-01-16,2026-02-20,,09,05,E10000008\r\n" +
			d.String() + ",RWV,RWV12,Unit 2,RWV-2,,1950-01-20,2026-01-16,2026-02-20,,98,04,E10000008\r\n"
		on := d.Time().Format("02/01/2006")
		files["RK9_"+d.String()+".csv"] = acute +
			on + ",RK9,RK950,6,5,RK9-1,,20/01/1938,01/02/2026," +
			"N,25/02/2026,Capacity – Residential/nursing home care not yet available (Pathway 3),P3,Devon,,\r\n" +
			on + ",RK9,RK950,6,6,RK9-2,,20/01/1938,01/02/2026,N,25/02/2026,Hospital process – Awaiting patient transport services,P1,Devon,,\r\n" +
			on + ",RK9,RK950,6,7,RK9-3,,20/01/1938,01/02/2026,Y,,,,Devon,,\r\n"
	}
	l := landOf(t, "england-mhsds", func(path, text string) string {
		if path != "partnership.yaml" {
			return text
		}
		return strings.Replace(text, "providers:\n", "providers:\n  - {code: RK9, name: Plymouth, layout: plymouth-bed-state}\n", 1) +
			"mappings:\n  - {code_set: england-acute-2024, reason: Hospital process – Awaiting patient transport services, body: nhs, " +
			"from: 2026-03-05, agreed: \"Discharge board, 2 March 2026\"}\n"
	}, files, "2026-03-13 09:00:00")
	got := must(t, "figures", "--data", l.dir, "--from", "2026-03-02", "--to", "2026-03-12", "--by", "provider,reason,responsible", "--format",
		"csv")
	want := "provider,reason,responsible,delayed_days\n" +
		"RK9,england-acute-2024/4,NHS,8\n" + // from the mapping's day on
		"RK9,england-acute-2024/4,not attributed,3\n" +
		"RK9,england-acute-2024/33,not attributed,11\n" +
		"RWV,england-mhsds-6/09,social care,11\n" +
		"RWV,england-mhsds-6/98,NHS,11\n"
	if got = strings.ReplaceAll(got, "\r", ""); got != want {
		t.Errorf("D4 the days are\n%s\nwant\n%s", got, want)
	}
	for address, says := range map[string][]string{
		"/reasons": {"record reasons in different lists", "Hospital process", "Capacity", "Each group"},
		"/figures?by=reason&reason=england-mhsds-6/09":       {"england-mhsds-6-09", "09 "},
		"/figures.json?by=reason":                            {"england-mhsds-6 6", "england-acute-2024 2024-05-27 with the partnership"},
		"/charts/reasons.csv":                                {"Hospital process", "england-dtoc"},
		"/overview":                                          {"Council share"},
		"/figures.csv?by=reason&reason=england-acute-2024/4": {"england-acute-2024/4"},
	} {
		status, body := l.get(people.Analyst, address)
		for _, word := range says {
			if status != http.StatusOK || !strings.Contains(body, word) {
				t.Errorf("D4 %s: %d, without %q", address, status, word)
			}
		}
	}
	// The record and its receipt name the reason and the mapping.
	refs := regexp.MustCompile(`HW-[0-9A-Z]{8}`)
	status, body := l.get(people.Coordinator, "/today?provider=RK9")
	if status != http.StatusOK {
		t.Fatalf("/today: %d", status)
	}
	mapped := false
	for _, ref := range refs.FindAllString(body, -1) {
		_, record := l.get(people.Coordinator, "/delays/"+ref)
		_, receipt := l.get(people.Coordinator, "/delays/"+ref+"/periods/2")
		if strings.Contains(record, "Awaiting patient transport services") && strings.Contains(record+receipt, "Discharge board, 2 March 2026") {
			mapped = true
		}
	}
	if !mapped {
		t.Error("D1 no record names the reason and who agreed its mapping")
	}
	// The log offers the 37 reasons by group, and none of another list.
	refs2 := refs.FindString(body)
	status, form := l.get(people.Coordinator, "/delays/new?ref="+refs2)
	if status != http.StatusOK || !strings.Contains(form, `<optgroup label="Interface process">`) ||
		!strings.Contains(form, `data-app-find="other-reason"`) || strings.Contains(form, "Di Residential home") {
		t.Errorf("D4 the log's form (%d) does not offer the provider's own reasons by group", status)
	}
}

// Wales attributes without a public list and has no groups: its labels stand on
// their own, under its own convention (A8, D3).
func TestA8WalesHasItsLabels(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for d := delay.MustDay("2025-02-01"); d <= delay.MustDay("2025-02-05"); d++ {
		text := "Snapshot date,Health board,Hospital,Ward,Hospital number,NHS number,Date of birth,Clinically optimised date,Reason for delay," +
			"Council,Discharge date\r\n"
		for i := range 12 {
			text += fmt.Sprintf("%s,7A1,7A1A1,Ward 1,7A1-%05d,,1935-12-24,2025-01-28,Awaiting start of new home care package,W06000004,\r\n", d, i)
		}
		files["7A1_"+d.String()+".csv"] = text
	}
	l := landOf(t, "wales", nil, files, "2025-02-06 09:00:00")
	divided := regexp.MustCompile(`(?i)with social care|council share|not attributed|by group of|england-dtoc`)
	for _, address := range []string{"/overview", "/reasons", "/charts/reasons.csv", "/figures?by=reason", "/figures.json?by=reason"} {
		status, body := l.get(people.Analyst, address)
		if found := divided.FindString(body); status != http.StatusOK || found != "" {
			at := max(0, strings.Index(body, found))
			t.Errorf("A8 %s: %d, says %q: …%s…", address, status, found, body[max(0, at-120):min(len(body), at+120)])
		}
		if !strings.Contains(body, "wales-days") {
			t.Errorf("D3 %s does not name the convention", address)
		}
		if !strings.HasSuffix(address, "figures.json?by=reason") && !strings.Contains(body, "Awaiting start of new home care package") {
			t.Errorf("D1 %s does not show the label", address)
		}
	}
}
