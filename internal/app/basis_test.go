package app

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/agreement"
	"homeward/internal/call"
	"homeward/internal/casework"
	"homeward/internal/config"
	"homeward/internal/measure"
	"homeward/internal/people"
)

// agreeSome has some of the people's periods agreed, one of them by silence,
// and one disputed; one has no body and stays proposed.
func (d *desk) agreeSome() {
	d.t.Helper()
	grant, err := people.NewGrant(people.Reviewer, []string{"RXA"}, d.SignIn.Organisations())
	if err != nil {
		d.t.Fatal(err)
	}
	by := people.Actor{Kind: people.APerson, Email: "reviewer@northshire.example", Name: "Reviewer", Grant: grant}
	for number, e := range map[string]agreement.Event{
		"100000001": {Act: agreement.Default}, "100000002": {Act: agreement.Agree, Side: agreement.CouncilSide},
		"100000003": {Act: agreement.Dispute, Side: agreement.CouncilSide, Body: 0},
	} {
		c, err := d.Store.Case(d.t.Context(), grant.Scope(), d.ref(number))
		if err != nil {
			d.t.Fatal(err)
		}
		e.Segment = c.Last().Segments[0].Segment
		if err := d.Store.Answer(d.t.Context(), by, []casework.NewAnswer{{Reference: c.Reference, Version: c.Version, Event: e}}); err != nil {
			d.t.Fatal(err)
		}
	}
}

// column adds up the numbers of a column of a CSV twin, of the rows that keep
// lets through; it demands the basis in every row.
func (d *desk) column(target, name string, basis measure.Basis, keep func(row map[string]string) bool) int {
	d.t.Helper()
	r := d.ask("council director", http.MethodGet, target, nil)
	if r.status != http.StatusOK {
		d.t.Fatalf("%s: %d %s", target, r.status, r.body)
	}
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil {
		d.t.Fatal(err)
	}
	sum := 0
	for _, cells := range rows[1:] {
		row := map[string]string{}
		for i, head := range rows[0] {
			row[head] = cells[i]
		}
		if keep != nil && !keep(row) {
			continue
		}
		if row["basis"] != basis.String() {
			d.t.Errorf("%s: the basis of a row is %q: %v", target, row["basis"], row)
		}
		n, err := strconv.Atoi(row[name])
		if err != nil {
			d.t.Errorf("%s: %q of %v", target, name, row)
		}
		sum += n
	}
	return sum
}

// On basis agreed every page counts the days that both bodies have agreed, and
// says beside them how many are not: together they are every counted day.
func TestBasisOnEveryPage(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.agreeSome()
	const period = "from=2026-10-01&to=2026-11-03"
	all := func(map[string]string) bool { return true }
	for _, filter := range []string{"", "&provider=RXA", "&reason=E", "&council=E10000099&resp=social-care", "&resp=none",
		"&care=acute&reason=A&reason=Di", "&provider=RXB"} {
		counted := d.column("/figures.csv?by=month&basis=counted&"+period+filter, "delayed_days", measure.BasisCounted, all)
		agreed := d.column("/figures.csv?by=month&basis=agreed&"+period+filter, "delayed_days", measure.BasisAgreed, all)
		not := d.column("/figures.csv?by=month,reason,responsible&basis=agreed&"+period+filter, "not_agreed_days", measure.BasisAgreed, all)
		if agreed+not != counted {
			t.Errorf("%q: %d agreed and %d not agreed days of %d", filter, agreed, not, counted)
		}
		if filter == "" && (counted == 0 || agreed == 0 || not == 0) {
			t.Fatalf("nothing is tried: %d, %d, %d", counted, agreed, not)
		}
		byState := d.column("/figures.csv?by=state&basis=agreed&"+period+filter, "delayed_days", measure.BasisAgreed, all)
		trend := d.column("/trends.csv?measure=M01&grain=day&basis=agreed&"+period+filter, "counted", measure.BasisAgreed, all)
		overview := d.column("/overview.csv?basis=agreed&"+period+filter, "value", measure.BasisAgreed, func(r map[string]string) bool {
			return r["measure"] == "delayed days" && r["responsible"] == "all" && r["reason"] == "all" && r["value"] != ""
		})
		reasons := 0
		if agreed > 0 {
			reasons = d.column("/reasons.csv?basis=agreed&"+period+filter, "delayed_days", measure.BasisAgreed, all)
		}
		if byState != agreed || trend != agreed || overview != agreed || reasons != agreed {
			t.Errorf("%q: %d agreed days, by state %d, in the trend %d, on the overview %d, by reason %d", filter, agreed, byState, trend, overview,
				reasons)
		}
		rows := d.get("council director", "/days?basis=agreed&"+period+filter)
		if filter == "" {
			rows.has(t, strconv.Itoa(agreed)+" delayed days: "+strconv.Itoa(agreed)+" days of 2 delays that you can see.")
			rows.has(t, "agreed days only")
		}
	}
	people := d.column("/overview.csv?basis=agreed&"+period, "value", measure.BasisCounted, func(r map[string]string) bool {
		return r["measure"] == "people waiting" && r["responsible"] == "all"
	})
	if people != 4 {
		t.Errorf("%d people wait, whatever is agreed; want 4", people)
	}
	figures := d.get("council director", "/figures?basis=agreed&"+period)
	counted := d.column("/figures.csv?by=month&"+period, "delayed_days", measure.BasisCounted, all)
	agreed := d.column("/figures.csv?by=month&basis=agreed&"+period, "delayed_days", measure.BasisAgreed, all)
	figures.has(t, strconv.Itoa(agreed)+" agreed delayed days:")
	figures.has(t, strconv.Itoa(counted-agreed)+" more days are not agreed by both bodies; "+strconv.Itoa(counted)+" are counted in all.")
	// Each number opens the rows that it counts.
	links := 0
	figures.Find("#crosstab tbody a").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		if !strings.HasPrefix(href, "/days?") {
			return
		}
		links++
		n := words(a)
		noun := " delayed days: " + n + " days of"
		if n == "1" {
			noun = " delayed day: 1 day of"
		}
		d.get("council director", href).has(t, n+noun)
	})
	if links < 2 {
		t.Errorf("%d numbers open", links)
	}
	figures.has(t, "agreed days only: those that both bodies have agreed, rule set")
	d.get("council director", "/trends?measure=M02&basis=agreed&"+period).has(t, "more days are not agreed by both bodies")
	d.get("council director", "/reasons?basis=agreed&"+period).has(t, "more days are not agreed by both bodies")
	overview := d.get("council director", "/overview?basis=agreed&"+period)
	overview.has(t, "agreed days only")
	overview.has(t, "People waiting are everybody, whatever is agreed.")
	overview.has(t, "of agreed days in")
	for target, why := range map[string]string{
		"/flow?basis=agreed": "basis=agreed is not available here", "/trends?measure=M07&basis=agreed": "basis=agreed is not available here",
		"/figures?basis=agreed&state=proposed": "Remove 'basis=agreed', or remove 'state=proposed'.",
	} {
		if r := d.ask("council director", http.MethodGet, target, nil); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", target, r.status)
		} else {
			r.has(t, why)
		}
	}
}

func TestHeadlineOfTheFile(t *testing.T) {
	for given, want := range map[string]measure.Basis{config.HeadlineAgreed: measure.BasisAgreed,
		config.HeadlineCounted: measure.BasisCounted} {
		if got := headlineOf(&config.Partnership{Settings: config.Settings{Headline: given}}); got != want {
			t.Errorf("%s is read as %s", given, got)
		}
	}
}

// The call's share is on the partnership's headline, and stays on it when it is
// worked out again later.
func TestCallsShareIsOnTheHeadline(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	d.agreeSome()
	d.Partnership().Settings.Headline = config.HeadlineAgreed
	c, err := d.content()
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Share; s.Basis != "agreed" || s.Days.Total() != 0 && s.Low > s.Value || !strings.Contains(c.Slides[3].Title, "agreed days") {
		t.Errorf("the share is %+v, the slide says %q", s, c.Slides[3].Title)
	}
	d.Partnership().Settings.Headline = config.HeadlineCounted
	since, err := calls{d.Store, d.App, nil}.Since(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range since {
		if one.Then != one.Now {
			t.Errorf("%s was %v and is %v", one.Measure, one.Then, one.Now)
		}
	}
}

// content is what a call would show now.
func (d *desk) content() (*call.Content, error) {
	held, at, err := d.Store.SnapshotAt(d.t.Context())
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return calls{d.Store, d.App, nil}.makeOf(d.t.Context(), held.Store, at.In(d.App.London), noDrawing{})
}
