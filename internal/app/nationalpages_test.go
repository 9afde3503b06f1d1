package app_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// expectedRows reads a file of the ledger's expected answers.
func expectedRows(t *testing.T, name string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(shared(t, "extracts", "ledger-2026", "expected", "england-acute", name))
	if err != nil {
		t.Fatal(err)
	}
	return csvRows(t, string(text))
}

func csvRows(t *testing.T, text string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%v in %.200s", err, text)
	}
	var out []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		out = append(out, row)
	}
	return out
}

// The pages of England's counts, served by the program as it starts, hold every
// cell of the expected answers of a whole ledger; and a fixed link holds them
// when more has arrived.
func TestD6D7D8PagesOfTheLedger(t *testing.T) {
	skipShort(t)
	files := shared(t, "extracts", "ledger-2026", "england-acute")
	dir := copyExample(t, "england-acute", func(s string) string { return s })
	must(t, "ingest", "--data", dir, files)
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Options{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	site, signIn := a.Site(t, draw, people.Viewer, people.Presenter)
	cookie := signIn(people.Viewer)
	get := func(target string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+target, nil)
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %.300s", target, w.Code, w.Body.String())
		}
		return w
	}
	// compare demands of each expected row that the page's row of the same key
	// has the same cells.
	compare := func(name string, want, got []map[string]string, key []string, same map[string]string) {
		t.Helper()
		of := func(r map[string]string, rename bool) string {
			var parts []string
			for _, k := range key {
				column := k
				if n := same[k]; rename && n != "" {
					column = n
				}
				parts = append(parts, strings.ReplaceAll(r[column], "not-known", "not known"))
			}
			return strings.Join(parts, " ")
		}
		at := map[string]map[string]string{}
		for _, r := range got {
			at[of(r, true)] = r
		}
		wrong := 0
		for _, r := range want {
			row := at[of(r, false)]
			for column, cell := range r {
				if slices.Contains(key, column) || column == "cause" || column == "no_longer_meets" {
					continue
				}
				name := column
				if n := same[column]; n != "" {
					name = n
				}
				if row[name] != cell {
					wrong++
				}
			}
		}
		if wrong > 0 || len(want) == 0 || len(got) < len(want) {
			t.Errorf("%s: %d cells differ of %d rows; the page has %d", name, wrong, len(want), len(got))
		}
	}
	const period = "from=2026-02-01&to=2026-04-30"
	var daily, mondays, drd, bridge []map[string]string
	for _, age := range []string{"16", "18"} {
		daily = append(daily, csvRows(t, get("/sitrep.csv?by=day,provider&"+period+"&age="+age).Body.String())...)
		mondays = append(mondays, csvRows(t, get("/sitrep.csv?by=day,provider&grain=week&"+period+"&age="+age).Body.String())...)
		for _, by := range []string{"provider", "council", "all"} {
			drd = append(drd, csvRows(t, get("/discharge.csv?by="+by+"&"+period+"&age="+age).Body.String())...)
		}
		for _, month := range []string{"2026-02", "2026-03", "2026-04"} {
			for _, provider := range []string{"", "&provider=RK9", "&provider=RA9"} {
				for _, r := range csvRows(t, get(fmt.Sprintf("/bridge.csv?month=%s&age=%s%s", month, age, provider)).Body.String()) {
					r["month"] = month
					bridge = append(bridge, r)
				}
			}
		}
	}
	compare("D6 daily", expectedRows(t, "daily.csv"), daily, []string{"date", "provider", "age_floor"}, map[string]string{"date": "day"})
	compare("D6 mondays", expectedRows(t, "mondays.csv"), mondays, []string{"monday", "provider", "age_floor"},
		map[string]string{"monday": "day"})
	compare("D7 discharge ready date", expectedRows(t, "drd.csv"), drd, []string{"month", "age_floor", "by", "code"}, nil)
	compare("D8 bridge", expectedRows(t, "bridge.csv"), bridge, []string{"month", "provider", "age_floor", "step"}, nil)

	t.Run("D6 to D8 the overview has the expected answers", func(t *testing.T) {
		got := map[string]string{}
		for _, r := range csvRows(t, get("/overview.csv").Body.String()) {
			if r["pathway"] == "all" && r["group"] == "all" && r["responsible"] == "all" {
				got[r["measure"]+" "+r["to"]] = r["value"]
			}
		}
		remaining, discharged := 0, 0
		for _, r := range expectedRows(t, "daily.csv") {
			if r["date"] == "2026-04-30" && r["age_floor"] == "18" {
				n, _ := strconv.Atoi(r["remaining"])
				m, _ := strconv.Atoi(r["discharged"])
				remaining, discharged = remaining+n, discharged+m
			}
		}
		want := map[string]string{"people remaining 2026-04-30": strconv.Itoa(remaining),
			"people who left that day while ready 2026-04-30": strconv.Itoa(discharged)}
		for _, r := range expectedRows(t, "drd.csv") {
			if r["by"] == "all" && r["age_floor"] == "16" {
				last := delay.MustDay(r["month"] + "-01").Month().Last().String()
				want["bed days "+last], want["average delay "+last], want["discharges after 21+ days "+last] = r["bed_days"], r["bcf_days"],
					r["band_21+"]
			}
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s is %q, expected %q", name, got[name], value)
			}
		}
	})
	t.Run("D6 the call's pathways are those of the lists, and add up", func(t *testing.T) {
		day := delay.MustDay("2026-04-01")
		flow, err := a.Store.PathwayFlow(t.Context(), day+1, day+14)
		if err != nil {
			t.Fatal(err)
		}
		now := maps.Clone(flow.Start)
		for _, e := range flow.Events {
			if e.Kind.Adds() {
				now[e.Pathway] += e.People
			} else {
				now[e.Pathway] -= e.People
			}
		}
		for _, at := range []struct {
			day delay.Day
			got map[string]int64
		}{{day, flow.Start}, {day + 14, now}} {
			rows := csvRows(t, get(fmt.Sprintf("/sitrep.csv?by=day,pathway&from=%s&to=%s", at.day, at.day)).Body.String())
			for _, r := range rows {
				pathway := strings.TrimPrefix(r["pathway"], "not-known")
				if got := strconv.FormatInt(at.got[pathway], 10); r["remaining"] != got {
					t.Errorf("%s: %s on pathway %q, the situation report has %s", at.day, got, pathway, r["remaining"])
				}
			}
			if len(rows) < 4 {
				t.Errorf("%d pathways", len(rows))
			}
		}
	})
	t.Run("C15 a fixed link holds when a list is replaced", func(t *testing.T) {
		const day = "RK9_2026-04-30.csv"
		fixed := map[string]string{}
		for _, target := range []string{"/sitrep", "/discharge", "/bridge", "/overview"} {
			doc, err := goquery.NewDocumentFromReader(get(target).Body)
			if err != nil {
				t.Fatal(err)
			}
			href, _ := doc.Find("#fixed-link").Attr("href")
			path, query, _ := strings.Cut(href, "?")
			fixed[path+".csv?"+query] = get(path + ".csv?" + query).Body.String()
		}
		before := get("/sitrep.csv?last=1d").Body.String()
		text, err := os.ReadFile(filepath.Join(files, day))
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for i, line := range strings.SplitAfter(string(text), "\n") {
			if i%9 != 4 {
				kept = append(kept, line)
			}
		}
		if _, err := a.Ingest.File(t.Context(), day, strings.NewReader(strings.Join(kept, ""))); err != nil {
			t.Fatal(err)
		}
		if after := get("/sitrep.csv?last=1d").Body.String(); after == before {
			t.Error("the list that came later changed nothing")
		}
		for target, was := range fixed {
			if is := get(target).Body.String(); is != was {
				t.Errorf("%s was\n%.400s\nand is\n%.400s", target, was, is)
			}
		}
	})
	t.Run("D8 slide 1 of the call opens with the sitrep's number and ours", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/call", nil)
		r.Header.Set("Cookie", signIn(people.Presenter))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%d %.300s", w.Code, w.Body.String())
		}
		rows := csvRows(t, get("/sitrep.csv?from=2026-04-30&to=2026-04-30").Body.String())
		doc, err := goquery.NewDocumentFromReader(get(w.Header().Get("Location")).Body)
		if err != nil {
			t.Fatal(err)
		}
		if text := doc.Find("main").Text(); !strings.Contains(text, "Sitrep "+rows[0]["remaining"]+" = our ") {
			t.Errorf("slide 1 says %s, the situation report %s", strings.Join(strings.Fields(text), " "), rows[0]["remaining"])
		}
	})
	t.Run("P1 no row and no reference of a person", func(t *testing.T) {
		for _, target := range []string{"/sitrep", "/discharge", "/bridge", "/sitrep.json?by=reason", "/bridge.json", "/overview",
			"/overview.json"} {
			if body := get(target).Body.String(); strings.Contains(body, "HW-") || strings.Contains(body, "999") && strings.Contains(body, "NHS "+
				"number") {
				t.Errorf("%s names a person", target)
			}
		}
	})
}
