package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/people"
)

// post sends a form as a role.
func (l *land) post(role people.Role, address string, form url.Values) (status int, to string) {
	l.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1"+address, strings.NewReader(form.Encode()))
	r.Header.Set("Cookie", l.session(role))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	l.site.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Location")
}

// Where days are not divided between bodies there is nothing to agree on: no menu
// entry, no queue, no dispute. The month close and the call show the groups and
// never an empty share, and a month closes without asking for answers (A8).
func TestA8TheCloseAndTheCallOfNationsWithoutBodies(t *testing.T) {
	t.Parallel()
	scottish := "Monthflag,Healthboard,CHINo,PatientPostcode,LocalAuthorityArea,PatientDOB,Gender,HealthLocationCode,SpecialtyCode," +
		"OriginalAdmissionDate,DateReferralReceived,Readyfordischargedate,DateDischarge,DischargeReason,REASONFORDELAY," +
		"REASONFORDELAYSECONDARY,Outofareacaseindicator\r\n"
	for i, code := range []string{"11A,", "25D,", "9,51X", "51,"} {
		scottish += fmt.Sprintf("x,NHS Ayrshire & Arran,99%08d,KA1 9ZZ,S12000021,14/09/1945,F,A111H,AB,02/01/2026,,10/03/2026,%s,,%s,No\r\n", i,
			map[bool]string{true: "25/03/2026"}[i < 2], code)
	}
	irish := map[string]string{}
	for d := delay.MustDay("2026-03-01"); d <= delay.MustDay("2026-03-31"); d++ {
		text := "Snapshot date,Health board,Hospital,Ward,Hospital number,NHS number,Date of birth,Clinically optimised date,Reason for delay," +
			"Council,Discharge date\r\n"
		for i, label := range []string{"Mental Capacity", "110", "Patient/Relative Choice"} {
			text += fmt.Sprintf("%s,7A1,7A1A1,Ward 1,7A1-%05d,,1935-12-24,2026-02-27,%s,W06000004,\r\n", d, i, label)
		}
		irish["7A1_"+d.String()+".csv"] = text
	}
	for name, c := range map[string]struct {
		example, provider, group string
		edit                     func(path, text string) string
		files                    map[string]string
	}{
		"scotland": {"scotland", "S08000015", "Health and Social Care Reasons", nil, map[string]string{"S08000015_2026-03.csv": scottish}},
		// Northern Ireland's codes in daily lists, of which no example is known.
		"northern-ireland": {"wales", "7A1", "Patient/Relative Choice", func(_, text string) string {
			return strings.ReplaceAll(text, "wales-pocd", "northern-ireland")
		}, irish},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := landOf(t, c.example, c.edit, c.files, "2026-04-08 08:00:00")
			divided := regexp.MustCompile(`(?i)>social care<|with social care|council share|not.attributed|social_care|next step with|disput|` +
				`proposal|>proposed<|answered|range of the share|joint days|>agreement<`)
			check := func(role people.Role, address string, want ...string) {
				t.Helper()
				status, body := l.get(role, address)
				if status != http.StatusOK {
					t.Errorf("%s: %d", address, status)
					return
				}
				doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				// What the partnership calls its reasons is theirs.
				doc.Find("script, select, fieldset").Remove()
				text, err := doc.Html()
				if err != nil {
					t.Fatal(err)
				}
				if found := divided.FindString(text); found != "" {
					at := strings.Index(text, found)
					t.Errorf("A8 %s says %q: …%s…", address, found, text[max(0, at-200):min(len(text), at+200)])
				}
				for _, words := range want {
					if !strings.Contains(body, words) {
						t.Errorf("A8 %s does not say %q", address, words)
					}
				}
			}
			month := "/agreement/close/2026-03"
			check(people.Director, "/overview", `href="/agreement/close"`)
			check(people.Director, "/agreement/close", `href="/agreement/close/2026-03"`)
			check(people.Director, month, c.group, "By group")
			check(people.Director, month+".csv", "month,provider,council,type_of_care,reason,group,delayed_days")
			for _, address := range []string{"/agreement", "/agreement.csv", "/agreement?which=disputed", "/agreement/HW-00000000"} {
				if status, _ := l.get(people.Director, address); status != http.StatusNotFound {
					t.Errorf("A8 %s answers with %d", address, status)
				}
			}
			_, body := l.get(people.Director, month)
			seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(body)
			if seen == nil {
				t.Fatal("the month cannot be closed")
			}
			status, to := l.post(people.Director, month, url.Values{"seen": {seen[1]}, "asked": {"1"}, "because": {"The month is over"}})
			if status != http.StatusSeeOther || !strings.HasPrefix(to, month) {
				t.Fatalf("A8 closing the month: %d %s", status, to)
			}
			check(people.Director, month, c.group, "was closed on", "Its figures are the same today")
			check(people.Director, month+".csv?part=revisions", "no change")
			if _, frozen := l.get(people.Director, month+".json"); !strings.Contains(frozen, `"divided_by":"groups"`) ||
				!strings.Contains(frozen, `"group":"`+c.group+`"`) || strings.Contains(frozen, `"share":0`) {
				t.Errorf("A8 what was closed has no groups, or a share: %s", frozen[:min(len(frozen), 1500)])
			} else if strings.Contains(frozen, "england") {
				t.Error("D6 what was closed speaks of England")
			}
			if _, body := l.get(people.Director, month); strings.Contains(body, "England") {
				t.Error("D6 the closed month speaks of England")
			}
			if status, _ := l.get(people.Director, month+".xlsx"); status != http.StatusNotFound {
				t.Errorf("D6 a workbook of England's counts: %d", status)
			}

			if status, to := l.post(people.Presenter, "/call", url.Values{}); status != http.StatusSeeOther {
				t.Fatalf("the call: %d %s", status, to)
			}
			for slide := 1; slide <= 9; slide++ {
				check(people.Presenter, fmt.Sprintf("/call/2026-04-08/%d", slide))
			}
			check(people.Presenter, "/call/2026-04-08")
			ref := regexp.MustCompile(`HW-[0-9A-Z]{8}`)
			if _, list := l.get(people.Coordinator, "/today?provider="+c.provider); ref.FindString(list) != "" {
				check(people.Director, "/delays/"+ref.FindString(list))
				check(people.Director, "/delays/"+ref.FindString(list)+"/periods/1")
			} else {
				t.Error("nobody waits")
			}
		})
	}
}
