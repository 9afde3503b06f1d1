package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"homeward/internal/delay"
	"homeward/internal/sqlite"
	"homeward/internal/web"
)

// What a page, its date bar, its fixed link and its files show is of one moment,
// though another process takes an extract in between (homeward ingest beside
// homeward serve).
func TestC15APageIsOfOneMoment(t *testing.T) {
	d := newDesk(t)
	d.extract("2026-11-02", listed{number: "1", ward: "4B", bed: "1", reason: "E", stated: delay.SocialCare, ready: "2026-10-20"})
	other, err := sqlite.Open(t.Context(), d.Options.Data, nil, sqlite.WithClock(d.Options.Now))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	present, done, err := d.App.present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	answers := func(p web.Present) [4]any {
		t.Helper()
		_, last, err := p.Extent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		learnt, err := p.Learnt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		lines, err := p.Arrivals(t.Context(), last, last+1)
		if err != nil {
			t.Fatal(err)
		}
		files, err := p.MonthFiles(t.Context(), last.Month())
		if err != nil {
			t.Fatal(err)
		}
		return [4]any{last, learnt, lines[0].Days[1].Rows, len(files)}
	}
	before := answers(present)
	d.Store, other = other, d.Store
	d.extract("2026-11-03", listed{number: "1", ward: "4B", bed: "1", reason: "E", stated: delay.SocialCare, ready: "2026-10-20"})
	d.Store = other
	if after := answers(present); after != before {
		t.Errorf("answered %v and then %v", before, after)
	}
	fresh, done, err := d.App.present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if now := answers(fresh); now == before {
		t.Errorf("the next request still answers %v", now)
	}
}

// A request lets its moment go when it ends: many requests do not run out of
// connections, whatever they were answered.
func TestRequestsLetTheirMomentGo(t *testing.T) {
	d := newDesk(t)
	d.waiting()
	for range 3 * sqlite.ReadersAtMost {
		for _, target := range []string{"/overview", "/figures.csv?last=1w", "/overview?from=nonsense", "/trends.json"} {
			if got := d.ask("council reviewer", http.MethodGet, target, nil).status; got >= http.StatusInternalServerError {
				t.Fatalf("%s: %d", target, got)
			}
		}
	}
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/readyz", nil))
	if w.Code != http.StatusOK {
		t.Errorf("not ready: %d", w.Code)
	}
}
