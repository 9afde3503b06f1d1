package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/national"
)

// remainingOf counts people remaining afresh, by the words of rule D6.
func remainingOf(l *national.Ledger, day delay.Day, floor int) int {
	n := 0
	for _, s := range l.Stays {
		for _, p := range s.Periods {
			if p.Ready <= day && (p.End == 0 || day < p.End) && p.Age >= floor {
				n++
			}
		}
	}
	return n
}

func TestSitrepPage(t *testing.T) {
	s := newSite(t)
	last := madeLast
	want := remainingOf(s.office.stays, last, 18)
	t.Run("D6 the page, its files and the count are one", func(t *testing.T) {
		doc := s.get(t, "/sitrep")
		if got := words(doc.Find(".app-figure__value").First()); got != strconv.Itoa(want) || want == 0 {
			t.Errorf("%s remain on the page, expected %d", got, want)
		}
		for _, by := range []string{"day", "day,provider", "day,council", "day,pathway", "day,group", "day,reason"} {
			sum := 0
			for _, r := range rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?last=1d&by="+by, nil)) {
				n, err := strconv.Atoi(r["remaining"])
				if err != nil || r["convention"] != "england-drd" || r["age_floor"] != "18" || r["day"] != last.String() {
					t.Errorf("by %s: %v", by, r)
				}
				sum += n
			}
			if sum != want {
				t.Errorf("by %s %d remain, expected %d", by, sum, want)
			}
		}
	})
	t.Run("D6 16 and over, one hospital, one group", func(t *testing.T) {
		rows := rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?last=1d&age=16", nil))
		if got := rows[0]["remaining"]; got != strconv.Itoa(remainingOf(s.office.stays, last, 16)) || got == strconv.Itoa(want) {
			t.Errorf("%s remain of 16 and over", got)
		}
		one := rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?last=1d&by=provider&provider=RXB", nil))
		if len(one) != 1 || one[0]["provider"] != "RXB" {
			t.Errorf("one hospital: %v", one)
		}
		for _, r := range rowsOf(t, s.ask(http.MethodGet, "/sitrep.csv?by=group,reason&group=hospital-process", nil)) {
			if r["group"] != "Hospital process" || r["internal"] != r["remaining"] {
				t.Errorf("one group: %v", r)
			}
		}
	})
	t.Run("D6 since admission and since ready are both named", func(t *testing.T) {
		text := words(s.get(t, "/sitrep").Find("main"))
		for _, say := range []string{"Since admission", "Since ready", "21 days or more", "Internal delays over 48 hours", "never added"} {
			if !strings.Contains(text, say) {
				t.Errorf("%q is not on the page", say)
			}
		}
	})
	t.Run("D3 the page names what made its figures and no other", func(t *testing.T) {
		text := words(s.get(t, "/sitrep").Find("main"))
		if !strings.Contains(text, "england-drd") || !strings.Contains(text, "england-acute-2024") || strings.Contains(text, "rule set "+
			"england-dtoc") {
			t.Error(text)
		}
	})
	t.Run("a word that is not known", func(t *testing.T) {
		for target, say := range map[string]string{
			"/sitrep?pathway=9": "Values you can use: 0, 1, 2, 3, not-known", "/sitrep?grain=month": "Values you can use: day, week",
			"/sitrep?pathwy=1": "pathway", "/sitrep?age=17": "Values you can use: 16, 18", "/sitrep?by=care": "pathway, group, reason",
			"/sitrep?group=staff": "hospital-process", "/sitrep?basis=agreed": "do not recognise",
		} {
			w := s.ask(http.MethodGet, target, nil)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), say) {
				t.Errorf("%s: %d, expected %q in %s", target, w.Code, say, words(parse(t, w).Find("main")))
			}
		}
	})
}

// Where no hospital lists everybody in a bed the pages say so, show no figure,
// and the menu has none of them.
func TestNationalPagesWithoutLists(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Beds, o.Pasts.(*office).stays = false, nil })
	for _, target := range []string{"/sitrep", "/discharge", "/bridge"} {
		doc := s.get(t, target)
		if text := words(doc.Find("main")); !strings.Contains(text, "No hospital here sends a list of everybody in a bed") ||
			doc.Find("main table, main figure").Length() != 0 {
			t.Errorf("%s: %s", target, text)
		}
		if doc.Find(".nhsuk-header__navigation a[href='"+target+"']").Length() != 0 {
			t.Errorf("%s is in the menu", target)
		}
		for _, ext := range []string{".csv", ".json"} {
			if w := s.ask(http.MethodGet, target+ext, nil); w.Code != http.StatusOK {
				t.Errorf("%s%s: %d", target, ext, w.Code)
			}
		}
	}
}
