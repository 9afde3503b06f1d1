package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/people"
)

// old are the words of England's old return.
var old = regexp.MustCompile(`(?i)dtoc|delayed transfers?\b`)

// crawl reads the pages that the land's own pages lead to, each path with a few
// of its queries, as a role, and gives every answer to check.
func (l *land) crawl(role people.Role, starts []string, leave *regexp.Regexp, check func(address, body string)) {
	l.t.Helper()
	const variants, most = 1, 60
	queue, asked, seen := slices.Clone(starts), map[string]bool{}, map[string]int{}
	for len(queue) > 0 && len(asked) < most {
		address := queue[0]
		queue = queue[1:]
		path, _, _ := strings.Cut(address, "?")
		path = regexp.MustCompile(`HW-[0-9A-Z]{8}`).ReplaceAllString(path, "HW")
		if asked[address] || seen[path] >= variants || leave.MatchString(path) {
			continue
		}
		asked[address] = true
		seen[path]++
		status, body := l.get(role, address)
		if status != http.StatusOK {
			continue
		}
		check(address, body)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
		if err != nil || !strings.HasPrefix(body, "<!") {
			continue
		}
		doc.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			u, err := url.Parse(href)
			if err != nil || u.Host != "" || u.Scheme != "" || u.Path == "" {
				return
			}
			base, _ := url.Parse(address)
			u = base.ResolveReference(u)
			u.Fragment = ""
			queue = append(queue, u.String())
		})
	}
	if len(asked) < 40 {
		l.t.Errorf("only %d pages were found", len(asked))
	}
}

// Under every other convention the words of the old return stand beside no
// figure: pages, charts, alternative texts, CSV, JSON, workbooks, packs and the
// console have the names of the convention's table.
func TestD3TheNamesAreOfTheConvention(t *testing.T) {
	skipShort(t)
	t.Parallel()
	mhsds := "ReportDate,OrgIDProv,SiteIDOfWard,WardCode,LocalPatientId,NHSNumber,PersonBirthDate,StartDateHospProvSpell," +
		"StartDateClinReadyforDisch,EndDateClinReadyforDisch,ClinReadyforDischDelayReason,AttribToIndic,OrgIDRespLAClinReadyforDisch\r\n"
	board := "Monthflag,Healthboard,CHINo,PatientPostcode,LocalAuthorityArea,PatientDOB,Gender,HealthLocationCode,SpecialtyCode," +
		"OriginalAdmissionDate,DateReferralReceived,Readyfordischargedate,DateDischarge,DischargeReason,REASONFORDELAY," +
		"REASONFORDELAYSECONDARY,Outofareacaseindicator\r\n"
	lists := map[string]map[string]string{"northshire": {}, "england-mhsds": {}, "scotland": {}, "wales": {}}
	for d := delay.MustDay("2026-02-26"); d <= delay.MustDay("2026-03-08"); d++ {
		lists["northshire"]["RZ1_"+d.String()+".csv"] = northgate(d.String(), 1, 12)
		mental, wales := mhsds, "Snapshot date,Health board,Hospital,Ward,Hospital number,NHS number,Date of birth,Clinically optimised date,"+
			"Reason for delay,Council,Discharge date\r\n"
		for i := range 12 {
			mental += fmt.Sprintf("%s,RWV,RWV12,Unit 2,RWV-%d,,1950-01-20,2026-01-16,2026-02-20,,09,05,E10000008\r\n", d, i)
			wales += fmt.Sprintf("%s,7A1,7A1A1,Ward 1,7A1-%05d,,1935-12-24,2026-02-20,Awaiting start of new home care package,W06000004,\r\n", d, i)
		}
		lists["england-mhsds"]["RWV_"+strings.ReplaceAll(d.String(), "-", "")+".csv"] = mental
		lists["wales"]["7A1_"+d.String()+".csv"] = wales
	}
	for i := range 9 {
		board += fmt.Sprintf("x,NHS Ayrshire & Arran,99%08d,KA1 9ZZ,S12000021,14/09/1945,F,A111H,AB,02/01/2026,,10/02/2026,,,11A,,No\r\n", i)
	}
	lists["scotland"]["S08000015_2026-02.csv"] = board
	// Pages that speak of the old return on purpose: tables of every definition,
	// published figures, and England's bridge from it.
	leave := regexp.MustCompile(`^/(definitions(\.json|/changes.*)?|published.*|bridge.*|conventions.*|help.*|sign-out|accessibility)$`)
	// The code set of the reasons A to O and its rule set are called so.
	sets := strings.NewReplacer("england-dtoc", "", "Delayed transfers of care: the reasons A to O", "")
	for _, c := range []struct{ counting, example, provider, delays, beds string }{
		{"england-drd", "northshire", "RZ1", "Discharge delays", "Discharge delay beds"},
		{"england-mhs26", "england-mhsds", "RWV", "Clinically ready for discharge", "Clinically ready beds"},
		{"scotland-2016", "scotland", "S08000015", "Delayed discharges", "Delayed discharge beds"},
		{"wales-days", "wales", "7A1", "Pathways of care delays", "Pathway of care delay beds"},
	} {
		t.Run(c.counting, func(t *testing.T) {
			l := landOf(t, c.example, func(_, text string) string {
				return strings.Replace(text, "counting: england-dtoc", "counting: "+c.counting, 1)
			}, lists[c.example], "2026-03-09 09:00:00")
			check := func(what, body string) {
				t.Helper()
				body = sets.Replace(body)
				if found := old.FindStringIndex(body); found != nil {
					t.Errorf("D3 %s: …%s…", what, body[max(0, found[0]-150):min(len(body), found[1]+150)])
				}
			}
			starts := []string{"/overview", "/overview.csv", "/overview.json", "/figures?by=provider,month", "/figures.csv?by=month",
				"/figures.json?by=month", "/figures/public?by=month", "/trends?measure=M01b", "/trends.csv?measure=M01b", "/trends.json?measure=M01b",
				"/charts/" + strings.ReplaceAll(strings.ToLower(c.beds), " ", "-"), "/charts/dtoc-beds", "/charts/dtoc-beds.csv",
				"/charts/dtoc-beds.svg", "/definitions/M01b", "/definitions/M01b.json", "/call"}
			l.crawl(people.Analyst, starts, leave, check)
			l.crawl(people.Presenter, []string{"/overview", "/call", "/packs", "/council", "/today"}, leave, check)
			for address, says := range map[string]string{"/overview": c.delays, "/figures?by=month": c.beds,
				"/trends?measure=M01b": c.beds, "/definitions/M01b": c.beds, "/charts/dtoc-beds": c.beds,
				"/figures.csv?by=month": strings.ReplaceAll(strings.ToLower(c.beds), " ", "_")} {
				if status, body := l.get(people.Analyst, address); status != http.StatusOK || !strings.Contains(body, says) {
					t.Errorf("D3 %s: %d, does not say %q", address, status, says)
				}
			}
			_, definitions := l.get(people.Analyst, "/definitions")
			own, _, _ := strings.Cut(definitions, `id="conventions"`)
			check("/definitions", own[strings.Index(own, `id="measures"`):])
			pack := filepath.Join(t.TempDir(), "pack")
			must(t, "render", "--data", l.dir, "--out", pack)
			err := fs.WalkDir(os.DirFS(pack), ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := os.ReadFile(filepath.Join(pack, path))
				check("the pack's "+path, path+" "+string(text))
				if book, err := zip.NewReader(bytes.NewReader(text), int64(len(text))); err == nil {
					for _, sheet := range book.File {
						text, err := fs.ReadFile(book, sheet.Name)
						if err != nil {
							return err
						}
						check("the pack's "+path+", "+sheet.Name, string(text))
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, format := range []string{"csv", "json", "table"} {
				check("figures", must(t, "figures", "--data", l.dir, "--from", "2026-02", "--to", "2026-03", "--measures", "days,beds",
					"--format", format))
			}
		})
	}
}
