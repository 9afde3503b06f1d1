package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/delay"
	"homeward/internal/measure"
)

// withLevels is the invented partnership with a level of every kind.
func withLevels(o *Options) {
	day := delay.MustDay
	o.Levels = []measure.Level{
		{Metric: "M02", Value: 95, From: day("2026-04-01"), To: day("2027-03-31"), Agreed: "Discharge board on 3 March 2026"},
		{Metric: "M02", Value: 110, From: day("2025-04-01"), To: day("2026-03-31"), Agreed: "Discharge board on 4 March 2025"},
		{Metric: "M02", Provider: "RXA", Value: 1, From: day("2026-04-01"), Agreed: "</script> & board", Change: "Chief executives"},
		{Metric: "M08", Grain: measure.ByWeek, Value: 60.5, From: day("2027-04-01"), Agreed: "Discharge board"},
		{Metric: "M03", Council: "E10000099", Value: .35, From: day("2026-04-01"), Agreed: "Discharge board"},
	}
}

// body gives what an address answers with.
func (s *site) body(t testing.TB, target string) []byte {
	t.Helper()
	w := s.ask(http.MethodGet, target, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d", target, w.Code)
	}
	return w.Body.Bytes()
}

func TestDefinitionsListAgreedLevels(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLevels)
	var rows []string
	s.get(t, "/definitions").Find("#levels-table tbody tr").Each(func(_ int, tr *goquery.Selection) { rows = append(rows, words(tr)) })
	want := []string{
		"M02 People waiting 95.0 people a day All hospitals and councils 1 April 2026 31 March 2027 Discharge board on 3 March 2026 In force",
		"M02 People waiting 1.0 people a day Northgate General 1 April 2026 Until changed </script> & board; change agreed: Chief executives " +
			"In force",
		"M03 Council share 35% Northshire County Council 1 April 2026 Until changed Discharge board In force",
		"M08 New delays 60.5 people a week All hospitals and councils 1 April 2027 Until changed Discharge board Not begun",
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("the rows are\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	if n := s.get(t, "/definitions/M02").Find("#levels-table tbody tr").Length(); n != 2 {
		t.Errorf("M02 has %d levels on its page", n)
	}
	var body struct {
		Levels []struct {
			Level    float64
			From, To string
		}
	}
	if err := json.Unmarshal(s.body(t, "/definitions/M03.json"), &body); err != nil || len(body.Levels) != 1 || body.Levels[0].Level != .35 ||
		body.Levels[0].To != "" {
		t.Errorf("the JSON says %+v, %v", body, err)
	}
	without := newSite(t)
	if got := words(without.get(t, "/definitions").Find("main")); !strings.Contains(got, "No level is agreed now, so no chart shows one.") {
		t.Error("a partnership without levels is not told so")
	}
}

// The assurance, its icon and the dotted line appear only where a level is set,
// and for the place that it was agreed for.
func TestAgreedLevelsOnTrends(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLevels)
	page := func(target string) string { return words(s.get(t, target).Find("main")) }
	for _, c := range []struct {
		name, target string
		icons        int
		has          string
	}{
		{"everybody", "/trends?measure=M02&grain=week&from=2026-04-06&to=2026-11-01", 2,
			"Agreed level: 95.0 from 1 April 2026 to 31 March 2027 (agreed: Discharge board on 3 March 2026)."},
		{"two years", "/trends?measure=M02&grain=week&from=2025-10-06&to=2026-11-01", 2,
			"Agreed levels: 110.0 from 1 April 2025 to 31 March 2026 (agreed: Discharge board on 4 March 2025); 95.0 from 1 April 2026 to 31 " +
				"March 2027"},
		{"one hospital", "/trends?measure=M02&grain=week&from=2026-04-06&to=2026-11-01&provider=RXA", 2,
			"Agreed level: 1.0 from 1 April 2026 (agreed: </script> & board; change agreed: Chief executives)."},
		{"a share has no assurance", "/trends?measure=M03&grain=month&council=E10000099&from=2025-10-01&to=2026-10-31", 1,
			"Agreed level: 35% from 1 April 2026"},
		{"another hospital", "/trends?measure=M02&grain=week&from=2026-04-06&to=2026-11-01&provider=RXB", 1, ""},
		{"one reason", "/trends?measure=M02&grain=week&from=2026-04-06&to=2026-11-01&reason=E", 1, ""},
		{"a level that has not begun", "/trends?measure=M08&grain=week&from=2026-04-06&to=2026-11-01", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := s.get(t, c.target).Find(".app-icons__item").Length(); n != c.icons {
				t.Errorf("%d icons, want %d", n, c.icons)
			}
			got := page(c.target)
			if c.has == "" && strings.Contains(got, "Agreed level") || !strings.Contains(got, c.has) {
				t.Errorf("%q is not told as wanted:\n%s", c.has, got)
			}
		})
	}
	if got := page("/trends?measure=M02&grain=week&from=2026-04-06&to=2026-11-01&split=provider"); !strings.Contains(got,
		"Agreed level: 1.0") || strings.Contains(got, "Agreed level: 95.0") {
		t.Error("panels do not have the level of their own hospital")
	}
	csv := string(s.body(t, "/trends.csv?measure=M02&grain=month&from=2026-02-01&to=2026-05-31"))
	for line := range strings.SplitSeq(strings.TrimSpace(csv), "\n") {
		want := map[string]string{"month": "agreed_level", "2026-02": "110", "2026-03": "110", "2026-04": "95",
			"2026-05": "95"}[strings.SplitN(line, ",", 2)[0]]
		if !strings.Contains(line, ","+want+",") {
			t.Errorf("%s has no agreed level of %s", line, want)
		}
	}
}
