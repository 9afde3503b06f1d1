package app

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/people"
)

// analyst adds somebody who may propose changes of the rules.
func (d *desk) analyst() {
	d.t.Helper()
	grant, err := people.NewGrant(people.Analyst, nil, d.SignIn.Organisations())
	if err != nil {
		d.t.Fatal(err)
	}
	id, err := d.Store.AddPerson(d.t.Context(), people.Actor{Kind: people.Machine},
		people.Person{Email: "analyst@northshire.example", Name: "analyst", Grants: []people.Grant{grant}})
	if err != nil {
		d.t.Fatal(err)
	}
	if d.people["analyst"], err = d.Store.Person(d.t.Context(), id); err != nil {
		d.t.Fatal(err)
	}
}

// october gives October's days by body, in the order of the file.
func (d *desk) october(more string) string {
	d.t.Helper()
	r := d.ask("analyst", http.MethodGet, "/figures.csv?from=2026-10-01&to=2026-10-31&by=responsible"+more, nil)
	if r.status != http.StatusOK {
		d.t.Fatalf("figures %s: %d %s", more, r.status, r.body)
	}
	var out []string
	for line := range strings.Lines(r.body) {
		if cells := strings.SplitN(line, ",", 3); cells[0] != "responsible" {
			out = append(out, cells[0]+" "+cells[1])
		}
	}
	return strings.Join(out, ", ")
}

func cells(row *goquery.Selection) string {
	return strings.Join(strings.Fields(row.Text()), " ")
}

// An analyst proposes that a reason is with social care from a day on, the page
// says which days would move, two directors confirm, and then these days move and
// no others; what was shown before stays, and a closed month shows a revision
// (G1, C15, D1).
func TestG1AChangeOfTheRulesInTheBrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.analyst()
	one := listed{number: "100000001", ready: "2026-10-09", reason: "E", ward: "Ash", bed: "1"}
	two := listed{number: "100000002", ready: "2026-10-09", reason: "C", ward: "Ash", bed: "2"}
	for day := delay.MustDay("2026-10-10"); day <= delay.MustDay("2026-11-02"); day++ {
		d.extract(day.String(), one, two)
	}
	const before = "NHS 22, not attributed 22"
	if got := d.october(""); got != before {
		t.Fatalf("October has %s", got)
	}
	month := "/agreement/close/2026-10"
	seen, _ := d.ask("nhs director", http.MethodGet, month, nil).Find(`[name="seen"]`).Attr("value")
	answer := url.Values{"seen": {seen}, "asked": {"1"}, "because": {"x"}}
	if r := d.ask("nhs director", http.MethodPost, month, answer); r.status != http.StatusSeeOther {
		t.Fatalf("closing October: %d %s", r.status, r.body)
	}
	closed := d.ask("analyst", http.MethodGet, month+".json", nil).body
	d.now = d.now.Add(24 * time.Hour)

	form := url.Values{"reason": {"E"}, "body": {"social-care"}, "from-day": {"20"}, "from-month": {"10"}, "from-year": {"2026"},
		"why": {"Discharge board of 3 November"}}
	for field, wrong := range map[string]string{"reason": "X", "body": "", "from-day": "31x", "why": "9434765919"} {
		bad := maps.Clone(form)
		bad.Set(field, wrong)
		if r := d.ask("analyst", http.MethodPost, "/definitions/changes/new", bad); r.status != http.StatusUnprocessableEntity ||
			r.Find(".nhsuk-error-summary a").Length() != 1 || strings.Contains(r.body, "9434765919") {
			t.Errorf("%s %q: %d, %s", field, wrong, r.status, cells(r.Find(".nhsuk-error-summary")))
		}
	}
	if r := d.ask("nhs director", http.MethodPost, "/definitions/changes/new", form); r.status != http.StatusForbidden {
		t.Errorf("a director proposes: %d", r.status)
	}
	bad := maps.Clone(form)
	bad.Set("reason", "C") // The table lets C be with the NHS alone.
	if r := d.ask("analyst", http.MethodPost, "/definitions/changes/new", bad); r.status != http.StatusUnprocessableEntity ||
		!strings.Contains(r.body, "does not allow this reason to be with social care") {
		t.Errorf("C to social care: %d", r.status)
	}
	address := d.ask("analyst", http.MethodPost, "/definitions/changes/new", form).where
	if address != "/definitions/changes/1" {
		t.Fatalf("proposed at %q", address)
	}

	// The preview, by month, council and body; nothing has moved.
	page := d.ask("nhs director", http.MethodGet, address, nil)
	var moves []string
	page.Find("#moves tbody tr").Each(func(_ int, row *goquery.Selection) { moves = append(moves, cells(row)) })
	want := []string{"October 2026 Northshire County Council Not attributed Social care 12 0",
		"November 2026 Northshire County Council Not attributed Social care 2 0"}
	if strings.Join(moves, "|") != strings.Join(want, "|") {
		t.Errorf("the preview says %q, want %q", moves, want)
	}
	if got := d.october(""); got != before {
		t.Errorf("before any key October has %s", got)
	}

	confirm := func(who, seen string) reply {
		return d.ask(who, http.MethodPost, address, url.Values{"answer": {"confirm"}, "seen": {seen}})
	}
	shown, _ := page.Find(`[name="seen"]`).Attr("value")
	if r := confirm("council reviewer", shown); r.status != http.StatusForbidden {
		t.Errorf("a reviewer confirms: %d", r.status)
	}
	if r := confirm("nhs director", "other days"); r.status != http.StatusConflict {
		t.Errorf("confirmed without having seen the days: %d", r.status)
	}
	if r := confirm("nhs director", shown); r.status != http.StatusSeeOther {
		t.Fatalf("the first key: %d %s", r.status, r.body)
	}
	if r := confirm("chair", shown); r.status != http.StatusConflict {
		t.Errorf("a second director of the same side: %d", r.status)
	}
	if got := d.october(""); got != before {
		t.Errorf("after one key October has %s", got)
	}
	d.now = d.now.Add(time.Hour)
	shown, _ = d.ask("council director", http.MethodGet, address, nil).Find(`[name="seen"]`).Attr("value")
	if r := confirm("council director", shown); r.status != http.StatusSeeOther {
		t.Fatalf("the second key: %d %s", r.status, r.body)
	}

	const after = "social care 12, NHS 22, not attributed 10"
	if got := d.october(""); got != after {
		t.Errorf("October has %s, want %s", got, after)
	}
	if got := d.october("&known=2026-11-04"); got != before {
		t.Errorf("C15 as known before, October has %s", got)
	}
	v, err := d.Store.Verify(t.Context())
	if err != nil || len(v.Differences) > 0 {
		t.Errorf("verify: %v %v", err, v)
	}

	t.Run("C15 the closed month stays and shows a revision with its cause", func(t *testing.T) {
		if got := d.ask("analyst", http.MethodGet, month+".json", nil).body; got != closed {
			t.Error("what the month was closed with has changed")
		}
		text := cells(d.ask("analyst", http.MethodGet, month, nil).Find("main"))
		for _, want := range []string{"+12 from a change of the rules that both sides confirmed: Northgate General", "with change 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("the month does not say %q: %s", want, text)
			}
		}
	})
	t.Run("D3 receipts, files and definitions name the change and who agreed", func(t *testing.T) {
		ref := d.ref("100000001")
		receipt := d.ask("council reviewer", http.MethodGet, "/delays/"+ref+"/periods/2.json", nil).body
		for _, want := range []string{`"rule":"A1"`, "with change 1", `"in_force_from":"2026-10-20"`, "confirmed by Director"} {
			if !strings.Contains(strings.ReplaceAll(receipt, ": ", ":"), want) {
				t.Errorf("the receipt does not say %q: %s", want, receipt)
			}
		}
		if first := d.ask("council reviewer", http.MethodGet, "/delays/"+ref+"/periods/1.json", nil).body; strings.Contains(first, "change 1") {
			t.Errorf("the receipt of the days before names the change: %s", first)
		}
		if figures := d.ask("analyst", http.MethodGet, "/figures.json?from=2026-10-01&to=2026-10-31", nil).body; !strings.Contains(figures,
			"england-dtoc 2017.1 with change 1") {
			t.Errorf("the figures do not name the change: %s", figures)
		}
		known := d.ask("analyst", http.MethodGet, "/figures.json?from=2026-10-01&to=2026-10-31&known=2026-11-04", nil).body
		if strings.Contains(known, "with change") {
			t.Error("figures as known before name a change that came later")
		}
		text := cells(d.ask("analyst", http.MethodGet, "/definitions", nil).Find("#changes-table"))
		for _, want := range []string{"Change 1", "Social care", "20 October 2026", "Stands", "Proposed by Analyst",
			"confirmed by Director, Northshire County Council"} {
			if !strings.Contains(strings.ReplaceAll(text, "proposed by", "Proposed by"), want) {
				t.Errorf("the definitions do not say %q: %s", want, text)
			}
		}
		if twin := d.ask("analyst", http.MethodGet, "/definitions/changes.csv", nil).body; !strings.Contains(twin,
			"1,england-dtoc,england-dtoc,E,") {
			t.Errorf("the twin is %s", twin)
		}
	})
	t.Run("what comes afterwards follows the change, and a start of the program does too", func(t *testing.T) {
		d.extract("2026-11-03", one, two)
		a, err := Open(t.Context(), Options{Data: d.Options.Data, Now: func() time.Time { return d.now }})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if got := a.counts().rules.Words(delay.MustDay("2026-11-05")); got != "england-dtoc 2017.1 with change 1" {
			t.Errorf("the program that starts names %s", got)
		}
		v, err := a.Store.Verify(t.Context())
		if err != nil || len(v.Differences) > 0 {
			t.Errorf("verify: %v %v", err, v)
		}
	})
	t.Run("a proposal is declined with a reason, or withdrawn, and moves nothing", func(t *testing.T) {
		for who, path := range map[string]string{"council director": "", "analyst": "/withdraw"} {
			form.Set("body", "nhs")
			at := d.ask("analyst", http.MethodPost, "/definitions/changes/new", form).where
			if r := d.ask(who, http.MethodPost, at+path, url.Values{"answer": {"decline"}}); r.status != http.StatusUnprocessableEntity {
				t.Errorf("without a reason: %d", r.status)
			}
			if r := d.ask(who, http.MethodPost, at+path, url.Values{"answer": {"decline"}, "why": {"Not agreed"}}); r.status != http.StatusSeeOther {
				t.Errorf("%s: %d", who, r.status)
			}
			if text := cells(d.ask("analyst", http.MethodGet, at, nil).Find("#history")); !strings.Contains(text, "Not agreed") {
				t.Errorf("the history is %s", text)
			}
		}
		if got := d.october(""); got != after {
			t.Errorf("October has %s", got)
		}
	})
}
