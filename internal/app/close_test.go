package app_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/app"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// closeDesk is the whole program with a director and a viewer signed in.
type closeDesk struct {
	*app.App
	t       *testing.T
	now     time.Time
	site    http.Handler
	session map[people.Role]string
}

func newCloseDesk(t *testing.T, dir, partnership string, now time.Time) *closeDesk {
	t.Helper()
	d := &closeDesk{t: t, now: now, session: map[people.Role]string{}}
	var err error
	if d.App, err = app.Open(t.Context(), app.Options{Data: dir, Partnership: partnership, Make: true,
		Now: func() time.Time { return d.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	roles := []people.Role{people.Director, people.Viewer}
	var signIn func(people.Role) string
	d.site, signIn = d.Site(t, draw, roles...)
	for _, role := range roles {
		d.session[role] = signIn(role)
	}
	return d
}

func (d *closeDesk) ask(role people.Role, target string, form url.Values) *httptest.ResponseRecorder {
	d.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, strings.NewReader(body))
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", d.session[role])
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	d.site.ServeHTTP(w, r)
	return w
}

// get gives the text of an address that answers.
func (d *closeDesk) get(role people.Role, target string) string {
	d.t.Helper()
	w := d.ask(role, target, nil)
	if w.Code != http.StatusOK {
		d.t.Fatalf("%s as %s: %d\n%s", target, role, w.Code, w.Body)
	}
	return w.Body.String()
}

func (d *closeDesk) page(role people.Role, target string) *goquery.Document {
	d.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(d.get(role, target)))
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

// close closes a month as its page has it, with a reason when one is asked for.
func (d *closeDesk) close(m string) *httptest.ResponseRecorder {
	d.t.Helper()
	target := "/agreement/close/" + m
	seen, ok := d.page(people.Director, target).Find(`form[action="` + target + `"] [name="seen"]`).Attr("value")
	if !ok {
		d.t.Fatalf("the page of %s has no form", m)
	}
	return d.ask(people.Director, target, url.Values{"seen": {seen}, "asked": {"1"}, "because": {"The year is over"}})
}

func (d *closeDesk) frozen(m string) []byte {
	d.t.Helper()
	return []byte(d.get(people.Viewer, "/agreement/close/"+m+".json"))
}

// The real year: every month is closed from what had arrived in time, then the
// late and corrected files arrive. What was closed stays the same, byte for
// byte, and the causes of each revision add up to it.
func TestDevonYearClosedByMonth(t *testing.T) {
	skipShort(t)
	t.Parallel()
	dir := devonYear(t)
	d := newCloseDesk(t, dir, devonExample, time.Now())
	total := map[string]int64{}
	closed := map[string][]byte{}
	for m := delay.MonthOf(2018, time.April); m <= delay.MonthOf(2019, time.March); m++ {
		name := m.String()
		if w := d.close(name); w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", name, w.Code, w.Body)
		}
		closed[name] = d.frozen(name)
		r, ok, err := d.Store.ClosedMonth(t.Context(), m)
		if err != nil || !ok || sha256.Sum256(closed[name]) != r.SHA256 {
			t.Fatalf("%s: the bytes are not those of the fingerprint (%v)", name, err)
		}
		content, err := r.Content()
		if err != nil {
			t.Fatal(err)
		}
		total[name] = content.DelayedDays
		var byHospital, byCouncil, byDay, cells int64
		for _, p := range content.Providers {
			byHospital += p.DelayedDays
		}
		for _, c := range content.Councils {
			byCouncil += c.SocialCare + c.NHS + c.Joint + c.NotAttributed
		}
		for _, one := range content.ByDay {
			byDay += one.ByBody().Total()
		}
		for _, c := range content.Cells {
			cells += c.Days
		}
		if byHospital != total[name] || byCouncil != total[name] || byDay != total[name] || cells != total[name] {
			t.Errorf("C12 %s: %d days, %d by hospital, %d by council, %d by day, %d in all counts", name, total[name], byHospital, byCouncil, byDay,
				cells)
		}
	}
	if w := d.ask(people.Director, "/agreement/close/2018-04", url.Values{"seen": {"x"}}); w.Code != http.StatusConflict {
		t.Errorf("closed a second time: %d", w.Code)
	}

	takeIn(t, dir, shared(t, "extracts", "devon-2018-19", "extracts-late"))
	changed := 0
	for m := delay.MonthOf(2018, time.April); m <= delay.MonthOf(2019, time.March); m++ {
		name := m.String()
		if !bytes.Equal(d.frozen(name), closed[name]) {
			t.Errorf("C15 %s: what was closed has changed", name)
		}
		cells, err := d.Store.Cells(t.Context(), measure.Query{From: m.First(), To: m.Last(), By: []measure.Dimension{measure.ByMonth}})
		if err != nil {
			t.Fatal(err)
		}
		now := cells[0].Days
		sums, figures := map[string]int64{}, map[string][2]int64{}
		for _, r := range table(t, d.get(people.Viewer, "/agreement/close/"+name+".csv?part=revisions")) {
			number := func(column string) int64 {
				n, err := strconv.ParseInt(r[column], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			sums[r["figure"]] += number("difference")
			figures[r["figure"]] = [2]int64{number("as_closed"), number("now")}
		}
		if got := figures["Delayed days"]; got != [2]int64{total[name], now} {
			t.Errorf("%s: as closed and now %v, want %d and %d", name, got, total[name], now)
		}
		var bodies, hospitals int64
		for figure, was := range figures {
			if sums[figure] != was[1]-was[0] {
				t.Errorf("%s, %s: the causes add up to %d, the difference is %d", name, figure, sums[figure], was[1]-was[0])
			}
			switch {
			case strings.HasPrefix(figure, "Delayed days, "):
				hospitals += sums[figure]
			case figure == "Days with social care", figure == "Days with the NHS", figure == "Joint days", figure == "Days not attributed":
				bodies += sums[figure]
			}
		}
		if bodies != now-total[name] || hospitals != now-total[name] {
			t.Errorf("%s: %d by body and %d by hospital, the difference is %d", name, bodies, hospitals, now-total[name])
		}
		if now == total[name] {
			continue
		}
		changed++
		unit := "days"
		if now-total[name] == 1 || now-total[name] == -1 {
			unit = "day"
		}
		want := fmt.Sprintf("%s was closed on %s; its figures have changed by %s %s since", m.Long(), delay.DayOf(d.now.In(d.London)).Long(),
			strings.ReplaceAll(fmt.Sprintf("%+d", now-total[name]), "-", "−"), unit)
		if got := strings.Join(strings.Fields(d.page(people.Viewer, fmt.Sprintf("/figures?from=%s&to=%s", m.First(), m.Last())).
			Find(".app-datebar").Text()), " "); !strings.Contains(got, want) {
			t.Errorf("%s: the figures page says %q, want %q", name, got, want)
		}
	}
	if changed == 0 {
		t.Error("the late files have changed no month, so nothing was tried")
	}
	t.Logf("%d months have changed since they were closed", changed)
}

// J8 in the whole program: what stops a close, and who is told what.
func TestMonthCloseFromFoundToAltered(t *testing.T) {
	t.Parallel()
	n := newNorthshire(t)
	for day := 1; day <= 31; day++ {
		date := delay.Date(2026, 3, day).String()
		if status, out := n.ingest(n.file("RZ1_"+date+".csv", northgate(date, 1, 12))); status != app.ExitDone {
			t.Fatal(out)
		}
	}
	d := newCloseDesk(t, n.data(), filepath.Join(n.data(), app.PartnershipFile), time.Date(2026, 4, 9, 10, 0, 0, 0, time.UTC))
	db, err := sql.Open("sqlite3", filepath.Join(n.data(), sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE month_count SET days = days + 3 WHERE month = ?`, int64(delay.MonthOf(2026, time.March))); err != nil {
		t.Fatal(err)
	}
	const says = "March 2026 cannot be closed. Snapshot and days differ by 3 at Northgate NHS Trust. See the reconciliation."
	page := d.page(people.Director, "/agreement/close/2026-03")
	if got := strings.Join(strings.Fields(page.Find(".nhsuk-inset-text").Text()), " "); got != says {
		t.Errorf("the page says %q", got)
	}
	if _, err := db.Exec(`UPDATE month_count SET days = days - 3 WHERE month = ?`, int64(delay.MonthOf(2026, time.March))); err != nil {
		t.Fatal(err)
	}
	// Four people close it at the same moment: one does, three are told.
	var wait sync.WaitGroup
	answers := make([]int, 4)
	seen, _ := d.page(people.Director, "/agreement/close/2026-03").Find(`[name="seen"]`).Attr("value")
	for i := range answers {
		wait.Go(func() {
			answers[i] = d.ask(people.Director, "/agreement/close/2026-03", url.Values{"seen": {seen}, "asked": {"1"},
				"because": {"Said on the call"}}).Code
		})
	}
	wait.Wait()
	slices.Sort(answers)
	if want := []int{http.StatusSeeOther, http.StatusConflict, http.StatusConflict, http.StatusConflict}; !slices.Equal(answers, want) {
		t.Errorf("four people at once are answered with %v, want %v", answers, want)
	}
	before := d.frozen("2026-03")
	// The evidence that everything is derived from is left as it was.
	if out := must(t, "verify", "--data", n.data()); !strings.Contains(out, "Everything agrees") {
		t.Error(out)
	}
	if !bytes.Equal(before, d.frozen("2026-03")) {
		t.Error("what was closed has changed")
	}

	// What was altered behind the program's back is found, and not shown.
	for _, query := range []string{`DROP TRIGGER month_close_never_changes`, `UPDATE month_close SET frozen = CAST(replace(CAST(frozen AS ` +
		`TEXT), '"delayed_days":', '"delayed_days":9') AS BLOB)`} {
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	status, out, _ := run(t, "verify", "--data", n.data())
	if status != app.ExitLess || !strings.Contains(out, "What March 2026 was closed with does not have the fingerprint that it had.") {
		t.Errorf("verify ends with %d and says %q", status, out)
	}
}

// The demonstration's months are closed with what was known when they were due,
// so that later files show as revisions.
func TestC15ClosedAsKnown(t *testing.T) {
	t.Parallel()
	_, a, _ := remembering(t)
	march := delay.MonthOf(2026, time.March)
	now := func() int64 {
		t.Helper()
		cells, err := a.Store.Cells(t.Context(), measure.Query{From: march.First(), To: march.Last(), By: []measure.Dimension{measure.ByMonth}})
		if err != nil || len(cells) != 1 {
			t.Fatal(cells, err)
		}
		return cells[0].Days
	}
	before := now()
	a.Ingest.Store = a.Store.Backdated(func() time.Time { return time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC) })
	if _, err := a.Ingest.File(t.Context(), "RZ1_2026-03-11.csv", strings.NewReader(strings.ReplaceAll(northgate("2026-03-11", 1, 12),
		",2026-03-09,", ",2026-02-20,"))); err != nil {
		t.Fatal(err)
	}
	if now() == before {
		t.Fatal("the late file changes nothing")
	}
	by := people.Actor{Kind: people.APerson, Email: "director@example.org", Grant: people.Grant{Role: people.Director,
		Side: people.ProviderSide, Codes: []string{"RZ1"}}}
	if err := a.CloseAsKnown(t.Context(), by, march); err != nil {
		t.Fatal(err)
	}
	r, ok, err := a.Store.ClosedMonth(t.Context(), march)
	if err != nil || !ok || r.Days != before {
		t.Errorf("closed with %d days, want %d as known then (%v)", r.Days, before, err)
	}
	// 31 March is a Tuesday, 3 and 6 April are Good Friday and Easter Monday.
	if got, want := delay.DayOf(r.At.In(a.London)), delay.MustDay("2026-04-08"); got != want {
		t.Errorf("closed on %s, want %s", got, want)
	}
}
