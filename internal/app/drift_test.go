package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/ingest"
	"homeward/internal/people"
)

// driftList makes a day's list of RK9 as plymouth-csv reads it, changed.
func driftList(day string, change func(headings, cells []string, n int)) string {
	var b strings.Builder
	for n := range 8 {
		headings := strings.Split("Extract date,Provider,Site,Ward,Local patient ID,NHS number,Date of birth,Admission date,"+
			"Discharge ready date,Type of care,Reason for delay,Attributable to,Local authority,Discharge date", ",")
		cells := strings.Split(fmt.Sprintf("%s,RK9,RK901,W1,H10%d,,1940-05-%d,2026-01-05,2026-03-0%d,Acute,%s,NHS,E06000026,", day, n, 10+n, 1+n,
			[]string{"A", "C", "E", "F"}[n%4]), ",")
		if change != nil {
			change(headings, cells, n)
		}
		if n == 0 {
			b.WriteString(strings.Join(headings, ",") + "\n")
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return b.String()
}

func (d *senderDesk) take(name, text string) *ingest.Report {
	d.t.Helper()
	r, err := d.app.Ingest.File(d.t.Context(), name, strings.NewReader(text))
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// readAgain has received files read again, as the page offers it.
func (d *senderDesk) readAgain() {
	d.t.Helper()
	v := form(d.page(people.Analyst, "/extracts/again"), `form[action="/extracts/again"]`)
	v.Set("why", "the sender's columns are called otherwise")
	if w := d.send("/extracts/again", v); w.Code != http.StatusSeeOther {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// R5: a file that is unlike its layout is held or turned away, offered as the next
// version with the difference shown, and counts by it without a restart.
func TestR5ADriftedFileIsOfferedAsTheNextVersion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(headings, cells []string, n int)
		was    ingest.Outcome
		says   string // on the receipt
		line   string // of the layout, that changes
		answer map[string]string
	}{
		{"the birth date is called otherwise", func(h, _ []string, _ int) { h[6] = "DOB" }, ingest.Held, "'DOB' looks like it",
			"+   birth_date: [Date of birth, DOB]", nil},
		{"the ready date is called otherwise", func(h, _ []string, _ int) { h[8] = "DRD (all tests met)" }, ingest.Rejected,
			"No column is headed 'Discharge ready date'", "+   ready: [Discharge ready date, DRD (all tests met)]", nil},
		{"dates with years of two digits", func(_, cells []string, _ int) {
			for _, i := range []int{0, 6, 7, 8} {
				cells[i] = cells[i][8:] + "/" + cells[i][5:7] + "/" + cells[i][2:4]
			}
		}, ingest.Held, "are written in a form that the layout does not read", "+ dates: [yyyy-mm-dd, dd/mm/yyyy, dd/mm/yy]", nil},
		{"bodies by words of their own", func(_, cells []string, n int) { cells[11] = []string{"Zone A", "Zone B"}[n%2] }, ingest.Held,
			"8 of 8 values are not in the layout", "+   responsible: {use: england, usual: [NHS, Social Care, Both], add: {nhs: [Zone A, Zone B]}}",
			map[string]string{"Zone A": "nhs", "Zone B": "nhs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newSenderDesk(t)
			if r := d.take("RK9_2026-03-19.csv", driftList("2026-03-19", nil)); r.Outcome != ingest.Taking || len(r.Changes) > 0 {
				t.Fatalf("%+v", r)
			}
			r := d.take("RK9_2026-03-20.csv", driftList("2026-03-20", c.change))
			if r.Outcome != c.was || r.Layout != "plymouth-csv" {
				t.Fatalf("it is %s by %q: %s", r.Outcome, r.Layout, r.Reason)
			}
			receipt := "/extracts/" + r.SHA256
			if said := d.page(people.Administrator, receipt); !strings.Contains(said.Text(), c.says) || said.Find("form").Length() != 0 &&
				strings.Contains(said.Text(), "Offer as a new version") {
				t.Errorf("an administrator reads: %s", said.Text())
			}
			if w := d.ask(people.Administrator, http.MethodPost, receipt+"/layout", "application/x-www-form-urlencoded", nil); w.Code !=
				http.StatusForbidden {
				t.Errorf("an administrator may offer it: %d", w.Code)
			}
			doc := d.page(people.Analyst, receipt)
			if doc.Find(`form[action="`+receipt+`/layout"]`).Length() != 1 {
				t.Fatalf("it is not offered: %s", doc.Text())
			}
			w := d.send(receipt+"/layout", form(doc, `form[action="`+receipt+`/layout"]`))
			at := w.Header().Get("Location")
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/layouts/new/") {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			doc = d.page(people.Analyst, at)
			if c.answer != nil {
				v := form(doc, "#corrections")
				for word, meaning := range c.answer {
					v.Set(doc.Find("#corrections label").FilterFunction(labelled(word)).AttrOr("for", ""), meaning)
				}
				if w := d.send(at, v); w.Code != http.StatusSeeOther {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				doc = d.page(people.Analyst, at)
			}
			if !strings.Contains(doc.Text(), c.line) || doc.Find("#differences tbody tr").Length() == 0 {
				t.Fatalf("the difference is not shown: %s", doc.Text())
			}
			for _, number := range []string{"H101", "1940-05-11"} {
				if strings.Contains(doc.Text(), number) {
					t.Errorf("P1: the page shows %s", number)
				}
			}
			v := form(doc, `form[action="`+at+`/save"]`)
			v.Set("why", "their system calls it so now")
			if w := d.send(at+"/save", v); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/layouts/plymouth-csv" {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if versions := d.page(people.Analyst, "/layouts/plymouth-csv").Find("#versions").Text(); !strings.Contains(versions,
				"their system calls it so now") {
				t.Error(versions)
			}
			d.readAgain()
			if now := d.page(people.Analyst, receipt).Text(); !strings.Contains(now, "read again with other words, and counts") {
				t.Errorf("it does not count: %s", now)
			}
			// What was written by hand stands, and the former file still reads.
			text, err := os.ReadFile(filepath.Join(d.dir, "layouts", "plymouth-csv.yaml"))
			if err != nil || !strings.Contains(string(text), "# Other words for the same, such as SSD, are read and warned about.") {
				t.Errorf("%v\n%s", err, text)
			}
			if r := d.take("RK9_2026-03-18.csv", driftList("2026-03-18", nil)); r.Outcome != ingest.Taking {
				t.Errorf("a file as before is %s: %s", r.Outcome, r.Reason)
			}
			if r := d.take("RK9_2026-03-21.csv", driftList("2026-03-21", c.change)); r.Outcome != ingest.Taking {
				t.Errorf("the next file is %s: %s", r.Outcome, r.Reason)
			}
		})
	}
}

// R5: where no figure suffers the file counts and says what is new; a file that is
// held can be accepted, and those after it count too.
func TestR5WhatCountsAndWhatIsAccepted(t *testing.T) {
	t.Parallel()
	d := newSenderDesk(t)
	d.take("RK9_2026-03-16.csv", driftList("2026-03-16", nil))
	r := d.take("RK9_2026-03-17.csv", driftList("2026-03-17", func(h, cells []string, n int) {
		h[3] = "Ward name"
		if n == 0 {
			cells[10] = "Awaiting gadget"
		}
	}))
	if r.Outcome != ingest.Taking || len(r.Changes) != 3 {
		t.Errorf("%s %+v", r.Outcome, r.Changes)
	}
	doc := d.page(people.Analyst, "/extracts/"+r.SHA256)
	if !strings.Contains(doc.Text(), "'Awaiting gadget'") || doc.Find(`form[action$="/layout"]`).Length() != 1 {
		t.Error(doc.Text())
	}
	local := func(_, cells []string, n int) { cells[10] = fmt.Sprint("Our word ", n%4) }
	first := d.take("RK9_2026-03-18.csv", driftList("2026-03-18", local))
	if r := d.take("RK9_2026-03-19.csv", driftList("2026-03-19", local)); first.Outcome != ingest.Held || r.Outcome != ingest.Held {
		t.Fatalf("%s, then %s", first.Outcome, r.Outcome)
	}
	w := d.send("/extracts/"+first.SHA256+"/decision", url.Values{"what": {"accept"}, "why": {"these words are right, and mapped later"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if r := d.take("RK9_2026-03-20.csv", driftList("2026-03-20", local)); r.Outcome != ingest.Taking {
		t.Errorf("after one was accepted the next is %s", r.Outcome)
	}
	if v, err := d.app.Store.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
		t.Errorf("C10: %v %q", err, v.Differences)
	}
	calendar := d.page(people.Analyst, "/extracts?to=2026-03-21").Text()
	if strings.Contains(calendar, "is held") {
		t.Error("accepting one did not let the one after it count")
	}
}

// R5: a layout that was changed while its next version was worked out is not
// overwritten, and what would change nothing is not saved.
func TestR5TheNextVersionIsOfTheLayoutInForce(t *testing.T) {
	t.Parallel()
	d := newSenderDesk(t)
	r := d.take("RK9_2026-03-20.csv", driftList("2026-03-20", func(h, _ []string, _ int) { h[8] = "DRD" }))
	at := d.send("/extracts/"+r.SHA256+"/layout", url.Values{}).Header().Get("Location")
	v := form(d.page(people.Analyst, at), `form[action="`+at+`/save"]`)
	v.Set("why", "new headings")
	path := filepath.Join(d.dir, "layouts", "plymouth-csv.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, "# Meanwhile.\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := d.send(at+"/save", v); w.Code != http.StatusConflict {
		t.Errorf("it is overwritten: %d", w.Code)
	}
	if w := d.send("/extracts/"+strings.Repeat("0", 64)+"/layout", url.Values{}); w.Code != http.StatusNotFound {
		t.Errorf("a file that there is not: %d", w.Code)
	}
}

// The console proposes the next version too, and check leads there.
func TestR5TheConsoleProposesTheNextVersion(t *testing.T) {
	t.Parallel()
	dir := copyExample(t, "devon", func(s string) string { return s })
	file := filepath.Join(t.TempDir(), "RK9_2026-03-20.csv")
	if err := os.WriteFile(file, []byte(driftList("2026-03-20", func(h, _ []string, _ int) { h[8] = "DRD" })), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := run(t, "check", "--data", dir, file)
	if status != app.ExitLess || !strings.Contains(out, "layout propose --data "+dir+" --against plymouth-csv") {
		t.Errorf("%d: %s", status, out)
	}
	out = must(t, "layout", "propose", "--data", dir, "--against", "plymouth-csv", file)
	for _, want := range []string{"  ready: [Discharge ready date, DRD]", "# Heading: the layout has Discharge ready date, the file has DRD",
		"# -   ready: Discharge ready date", "# +   ready: [Discharge ready date, DRD]"} {
		if !strings.Contains(out, want) {
			t.Errorf("it lacks %q:\n%s", want, out)
		}
	}
	if status, _, errs := run(t, "layout", "propose", "--data", dir, "--against", "nobody", file); status == app.ExitDone ||
		!strings.Contains(errs, "no layout nobody") {
		t.Errorf("%d: %s", status, errs)
	}
	if status, _, _ := run(t, "layout", "propose", "--against", "plymouth-csv", file); status != app.ExitUsage {
		t.Errorf("without a folder it ends with %d", status)
	}
}

func labelled(text string) func(int, *goquery.Selection) bool {
	return func(_ int, s *goquery.Selection) bool { return s.Text() == text }
}
