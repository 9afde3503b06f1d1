package web

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/measure"
)

// P3: a public copy holds no count under 5 and no other than a multiple of 5,
// says so in every row, and is offered where a table can have one.
func TestPublicCopyOfFigures(t *testing.T) {
	skipShort(t)
	t.Parallel()
	s := newSite(t)
	for _, target := range []string{"from=2026-10-01&to=2026-10-31&by=provider,reason",
		"from=2026-11-03&to=2026-11-03&by=provider,responsible&resp=joint&resp=nhs", "last=3m&grain=month",
		"last=1m&grain=day&by=responsible&provider=RXC"} {
		rows, err := csv.NewReader(strings.NewReader(string(s.body(t, "/figures/public.csv?"+target)))).ReadAll()
		if err != nil || len(rows) < 3 {
			t.Fatalf("%s: %d rows, %v", target, len(rows), err)
		}
		at := map[string]int{}
		for i, name := range rows[0] {
			at[name] = i
		}
		hidden, totals := 0, 0
		for _, row := range rows[1:] {
			switch n, err := strconv.Atoi(row[at["delayed_days"]]); {
			case row[at["delayed_days"]] == measure.SuppressedMark:
				hidden++
			case err != nil || n < 5 || n%5 != 0:
				t.Errorf("P3 %s: a row shows %q", target, row[at["delayed_days"]])
			}
			if row[0] == measure.AllWords {
				totals++
			}
			if row[at["note"]] != "Public copy: "+measure.SuppressedWords || row[at["basis"]] != "counted" || row[at["data_as_at"]] != "2026-11-03" {
				t.Errorf("%s: a row does not say what it is: %v", target, row)
			}
		}
		if totals == 0 {
			t.Errorf("%s has no total", target)
		}
		if strings.Contains(target, "joint") && hidden == 0 {
			t.Errorf("P3 %s: nothing small was hidden; the test tries nothing", target)
		}
		var body struct {
			Definitions []string
			Rows        []map[string]any
		}
		if err := json.Unmarshal(s.body(t, "/figures/public.json?"+target), &body); err != nil || len(body.Rows) != len(rows)-1 ||
			body.Definitions[1] != measure.SuppressedWords {
			t.Errorf("%s: the JSON has %d rows and says %q, %v", target, len(body.Rows), body.Definitions, err)
		}
		if n := s.get(t, "/figures?"+target).Find(`a[href^="/figures/public.csv?"]`).Length(); n != 1 {
			t.Errorf("/figures?%s has %d links to its public copy", target, n)
		}
	}
	const finer = "by=month,provider,reason"
	if n := s.get(t, "/figures?"+finer).Find(`a[href^="/figures/public.csv"]`).Length(); n != 0 {
		t.Error("a public copy by three breakdowns is offered")
	}
	w := s.ask(http.MethodGet, "/figures/public.csv?"+finer, nil)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "A public table is by one or two breakdowns") {
		t.Errorf("three breakdowns: %d", w.Code)
	}
	if w := s.ask(http.MethodGet, "/figures/public.csv?grian=day", nil); w.Code != http.StatusBadRequest {
		t.Errorf("a word that is not known: %d", w.Code)
	}
}
