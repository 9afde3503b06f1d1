package web

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/published"
)

// shelfOfFigures holds one published file of a situation report.
type shelfOfFigures struct{ none bool }

func (f shelfOfFigures) PublishedFiles(context.Context) ([]published.Kept, error) {
	if f.none {
		return nil, nil
	}
	return []published.Kept{{ID: 1, Series: published.AcuteSitrep, Title: "Acute Daily Discharge Situation Report",
		Name: "Daily-discharge-sitrep-<b>October</b>.xlsx", Vintage: delay.MustDay("2026-11-12"), Values: 22_846,
		First: delay.MustDay("2026-10-01"), Last: delay.MustDay("2026-10-31"), At: time.Date(2026, 11, 12, 9, 30, 0, 0, time.UTC)}}, nil
}

func (shelfOfFigures) Beside(_ context.Context, series string, month delay.Month, grain published.Grain) ([]published.Comparison, error) {
	if series != published.AcuteSitrep || month != delay.MonthOf(2026, time.October) {
		return nil, nil
	}
	whole := published.Whole
	one := published.Comparison{Series: series, Period: published.Period{First: month.First(), Grain: grain},
		Level: published.Provider, Code: "RXA", Name: "Royal Northshire",
		Measure: published.Remaining, Convention: "england-drd", Published: whole(1650), Ours: whole(1617), File: 1,
		Steps: []published.Step{
			{Kind: published.IsPublished, Words: "published, 30 days with a figure", Value: whole(1650), Running: whole(1650)},
			{Kind: published.IsCause, Words: "1 day for which the publisher has no figure", Value: whole(50), Running: whole(1700)},
			{Kind: published.NotExplained, Words: "not explained", Value: whole(-83), Running: whole(1617)},
			{Kind: published.IsOurs, Words: "ours: people remaining, day by day, 18 and over", Value: whole(1617), Running: whole(1617)}}}
	hidden := one
	hidden.Code, hidden.Name, hidden.Mark, hidden.Published, hidden.Steps = "RXB", "=Northshire West", "*", 0, one.Steps[3:]
	return []published.Comparison{one, hidden}, nil
}

// The page shows the published figure beside ours, the way from one to the
// other, and the files; it works without a script and marks nothing up.
func TestD8PublishedPage(t *testing.T) {
	s := newSite(t)
	w := s.ask(http.MethodGet, "/published", nil)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	var steps []string
	doc.Find("#steps tbody tr").Each(func(_ int, r *goquery.Selection) {
		steps = append(steps, strings.Join(strings.Fields(r.Text()), " "))
	})
	for i, want := range []string{"Published, 30 days with a figure 1,650", "1 day for which the publisher has no figure +50 1,700",
		"Not explained −83 1,617", "Ours: people remaining, day by day, 18 and over 1,617"} {
		if i >= len(steps) || steps[i] != want {
			t.Errorf("step %d of %q, expected %q", i+1, steps, want)
		}
	}
	row := strings.Join(strings.Fields(doc.Find("#beside tbody tr").Eq(1).Text()), " ")
	if !strings.Contains(row, "* 1,617 not known not known") {
		t.Errorf("a figure with a mark: %q", row)
	}
	if doc.Find("#files b").Length() != 0 || !strings.Contains(doc.Find("#files").Text(), "<b>October</b>") {
		t.Error("R8 a file's name became markup")
	}
	if doc.Find("form[action='/published'][method=get] button[type=submit]").Length() != 1 ||
		doc.Find("main script, main [style]").Length() != 0 {
		t.Error("the choices need more than a form")
	}
	next, ok := doc.Find("#beside tbody a").First().Attr("href")
	if !ok || !strings.Contains(next, "of=2") {
		t.Errorf("the way to the other comparison: %q", next)
	}
	if w := s.ask(http.MethodGet, strings.Split(next, "#")[0], nil); !strings.Contains(w.Body.String(), "so the difference is not known") &&
		!strings.Contains(w.Body.String(), "Northshire West, Remaining: from the published figure to ours") {
		t.Error("the other comparison is not shown")
	}
}

// The twins have every step, with the convention that made our figures (D3).
func TestD8PublishedTwins(t *testing.T) {
	s := newSite(t)
	rows, err := csv.NewReader(s.ask(http.MethodGet, "/published.csv", nil).Body).ReadAll()
	if err != nil || len(rows) != 1+5 {
		t.Fatal(err, rows)
	}
	if got := rows[len(rows)-1]; got[4] != "'=Northshire West" || got[12] != "england-drd" {
		t.Errorf("R8, D3: %q", got)
	}
}

// What is not understood in an address says so.
func TestPublishedAddresses(t *testing.T) {
	s := newSite(t)
	for target, want := range map[string]int{
		"/published?series=nothing": http.StatusNotFound, "/published?month=soon": http.StatusBadRequest,
		"/published?grain=week": http.StatusBadRequest, "/published?mnth=2026-10": http.StatusBadRequest,
		"/published?series=england-dtoc": http.StatusOK, "/published?month=2020-01": http.StatusOK, "/published?of=99": http.StatusOK,
	} {
		if w := s.ask(http.MethodGet, target, nil); w.Code != want {
			t.Errorf("%s: %d, expected %d", target, w.Code, want)
		}
	}
	empty := newSite(t, func(o *Options) { o.Published = shelfOfFigures{none: true} })
	if w := empty.ask(http.MethodGet, "/published", nil); w.Code != http.StatusOK ||
		!strings.Contains(w.Body.String(), "homeward published add") {
		t.Error("without files it does not say how to add one")
	}
}
