package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"homeward/internal/call"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/sqlite"
)

// madeCalls keeps calls in the store. What they show is made by hand, with names
// that nobody would have.
type madeCalls struct {
	*sqlite.Store
	office *office
	now    call.Content
	since  []call.Difference
}

var hostile = `</script><img src=x onerror=alert(1)>"'=cmd()`

func contentForTests() call.Content {
	c := call.Content{Version: 1, RuleSet: "england-dtoc 1", Call: call.Day(delay.MustDay("2026-11-04")),
		Held: time.Date(2026, 11, 4, 9, 5, 0, 0, time.UTC), AsAt: call.Day(delay.MustDay("2026-11-03")),
		Arrived: time.Date(2026, 11, 4, 7, 2, 0, 0, time.UTC), Waiting: call.Count{SocialCare: 50, NHS: 60, Joint: 5, NotAttributed: 3},
		Checked: 91, Logs: true,
		Hospitals: []call.Hospital{{Code: "RXA", Name: "Northgate General", Day: call.Day(delay.MustDay("2026-11-03")), Counted: true,
			Extract: "In"},
			{Code: "RXB", Name: hostile, Day: call.Day(delay.MustDay("2026-11-02")), Counted: true, Extract: "Missing"}}}
	for i := range slides {
		s := call.Slide{Number: i + 1, Name: fmt.Sprint("Name ", i+1), Title: fmt.Sprint("Finding ", i+1), Lines: []string{"A line."},
			Actions: i == 8}
		switch i {
		case 0:
			s.Figure, s.FigureWords = "118", "people waiting"
			s.Table = &call.Table{Caption: "By hospital", Head: []call.Column{{Text: "Hospital"}, {Text: "Waiting", Numeric: true}},
				Rows: []call.Row{{Cells: []string{hostile, "5"}}}}
		case 2:
			s.Chart = &call.Chart{ID: "call-trend", Subtitle: hostile, SVG: `<svg><title>drawn then</title></svg>`, Says: "No significant change",
				Table: call.Table{Caption: hostile, Head: []call.Column{{Text: "Week"}}, Rows: []call.Row{{Cells: []string{"1"}}}}}
		case 3:
			s.Stack = &call.Stack{Count: call.Count{SocialCare: 1, NHS: 3}, Unit: "days"}
		case 4:
			s.Bars = []call.Bar{{Name: "A Assessment", Value: 9, Words: "9"}, {Name: "E", Value: 3, Words: "3"}}
		}
		c.Slides = append(c.Slides, s)
	}
	return c
}

func (k *madeCalls) Preview(context.Context) (*call.Content, error) { return &k.now, nil }

func (k *madeCalls) Start(ctx context.Context, by people.Actor) (delay.Day, error) {
	frozen, err := k.now.Encode()
	if err != nil {
		return 0, err
	}
	day := delay.Day(k.now.Call)
	return day, k.StartCall(ctx, call.Record{Day: day, StartedAt: k.now.Held, StartedBy: by.Who(), Frozen: frozen})
}

func (k *madeCalls) EndCall(ctx context.Context, day delay.Day) error {
	return k.Store.EndCall(ctx, day, k.office.now())
}

func (k *madeCalls) Withdraw(ctx context.Context, by people.Actor, day delay.Day, started time.Time) error {
	return k.WithdrawCall(ctx, day, started, k.UndoWithin(), by)
}

func (k *madeCalls) UndoWithin() time.Duration { return 15 * time.Minute }

func (k *madeCalls) Since(context.Context, *call.Content) ([]call.Difference, error) {
	return k.since, nil
}

func (k *madeCalls) AddAction(ctx context.Context, by people.Actor, a call.Action) error {
	a.At, a.By = k.office.now(), by.Who()
	_, err := k.AddCallAction(ctx, a)
	return err
}

func (k *madeCalls) SettleAction(ctx context.Context, by people.Actor, id int64, day delay.Day, state call.State) error {
	return k.SettleCallAction(ctx, id, day, state, k.office.now(), by.Who())
}

// actions gives those of the call that the tests start.
func (k *madeCalls) actions(t *testing.T) []call.Action {
	t.Helper()
	all, err := k.CallActions(t.Context(), delay.MustDay("2026-11-04"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// shown gives what the call showed when it started.
func (k *madeCalls) shown(t *testing.T) string {
	t.Helper()
	r, err := k.Call(t.Context(), delay.MustDay("2026-11-04"))
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Frozen)
}

func callSite(t *testing.T) (*site, *madeCalls) {
	of := emptyOffice(t, at(morning))
	k := &madeCalls{Store: of.store, office: of, now: contentForTests()}
	return siteOf(t, of, func(o *Options) { o.Calls = k }), k
}

// as asks as a role, with a form when there is one.
func (s *site) as(role people.Role, method, target string, form url.Values) (status int, body, location string) {
	var w = s.ask(method, target, nil, wordAs, string(role))
	if form != nil {
		w = s.ask(method, target, strings.NewReader(form.Encode()), wordAs, string(role), "Content-Type", "application/x-www-form-urlencoded")
	}
	return w.Code, w.Body.String(), w.Header().Get("Location")
}

func TestCallWhoMay(t *testing.T) {
	t.Parallel()
	s, _ := callSite(t)
	if status, _, location := s.as(people.Presenter, http.MethodPost, "/call", url.Values{}); status != 303 ||
		location != "/call/2026-11-04/1" {
		t.Fatalf("start: %d %s", status, location)
	}
	everyone := append(slices.Clone(people.Roles[:]), people.Screen)
	for _, role := range everyone {
		for _, target := range []string{"/call", "/call/2026-11-04", "/call/2026-11-04.json", "/call/2026-11-04/1", "/call/2026-11-04/9"} {
			want := 200
			if !role.May(people.SeeCall) {
				want = 403
			}
			if status, _, _ := s.as(role, http.MethodGet, target, nil); status != want {
				t.Errorf("%s of %s: %d, want %d", target, role, status, want)
			}
		}
		for _, target := range []string{"/call", "/call/2026-11-04/end", "/call/2026-11-04/actions", "/call/2026-11-04/actions/1",
			"/call/2026-11-04/withdraw"} {
			if role == people.Presenter {
				continue
			}
			if status, _, _ := s.as(role, http.MethodPost, target, url.Values{}); status != 403 {
				t.Errorf("POST %s of %s: %d", target, role, status)
			}
		}
		_, body, _ := s.as(role, http.MethodGet, "/call/2026-11-04/9", nil)
		if got := strings.Contains(body, "Log action"); got != (role == people.Presenter) {
			t.Errorf("the form for actions of %s: %t", role, got)
		}
	}
	if status, _, location := s.as("nobody", http.MethodGet, "/call/2026-11-04/1", nil); status != 303 ||
		!strings.HasPrefix(location, "/sign-in") {
		t.Errorf("nobody: %d %s", status, location)
	}
}

func TestCallFrozen(t *testing.T) {
	t.Parallel()
	s, k := callSite(t)
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	// Everything changes afterwards; what was shown does not (C15).
	frozen := k.shown(t)
	k.now = call.Content{}
	if status, body, _ := s.as(people.Viewer, http.MethodGet, "/call/2026-11-04.json", nil); status != 200 || body != frozen {
		t.Errorf("C15 %d, the bytes differ", status)
	}
	if _, _, location := s.as(people.Presenter, http.MethodPost, "/call", url.Values{}); !strings.HasPrefix(location, "/call/") {
		t.Errorf("a second start leads to %s", location)
	}
	k.since = []call.Difference{{Measure: "people waiting", Then: "118", Now: "119", Change: "+1", Why: "1 late extract, Westhaven (2 Nov)",
		Different: true}, {Measure: "delayed days", Then: "7", Now: "7", Change: "0", Why: "The same"}}
	doc := parse(t, s.ask(http.MethodGet, "/call/2026-11-04", nil))
	if got := words(doc.Find("#since tbody tr")); got != "People waiting 118 119 +1 1 late extract, Westhaven (2 Nov)" {
		t.Errorf("C15 beside it stands %q", got)
	}
	// What is the same is folded, and opens without scripts.
	same := doc.Find("#since-then details:not([open])")
	got, row := words(same.Find("summary")), words(same.Find("tbody tr"))
	if got != "1 figure that is the same" || row != "Delayed days 7 7 0 The same" {
		t.Errorf("of what is the same stands %q %q", got, row)
	}
	if n := doc.Find("section.app-call").Length(); n != slides+1 {
		t.Errorf("%d sections", n)
	}
	if got := words(doc.Find(".app-lede")); got != "Figures held at 9:05am, 4 November 2026. As at 7:02am: 118 delays, 91 checked in 24 "+
		"hours. "+strings.Join(strings.Fields(hostile), " ")+" is from 2 Nov. Rule set england-dtoc 1." {
		t.Errorf("the clock of the data: %q", got)
	}
}

func TestCallSlides(t *testing.T) {
	t.Parallel()
	s, _ := callSite(t)
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	for n := 1; n <= slides; n++ {
		for _, theme := range []string{"", "?theme=dark"} {
			target := callPath(delay.MustDay("2026-11-04"), n)
			w := s.ask(http.MethodGet, target+theme, nil, wordAs, "screen")
			doc := parse(t, w)
			if doc.Find("h1").Length() != 1 || doc.Find("script:not([src]), style, [style]").Length() > 0 ||
				strings.Contains(w.Body.String(), "<img") {
				t.Errorf("%s%s: %s", target, theme, w.Body)
			}
			if got := words(doc.Find(".app-wall__place")); got != fmt.Sprintf("%d of 9 Name %d", n, n) {
				t.Errorf("found %q", got)
			}
			for key, to := range map[string]int{"prev": n - 1, "next": n + 1, "first": 1, "last": 9} {
				href, ok := doc.Find(`[data-call="` + key + `"]`).Attr("href")
				if to < 1 || to > slides {
					if ok {
						t.Errorf("slide %d has %s", n, key)
					}
					continue
				}
				// The theme goes along from slide to slide.
				if want := callPath(delay.MustDay("2026-11-04"), to) + theme; href != want {
					t.Errorf("slide %d: %s goes to %s, want %s", n, key, href, want)
				}
			}
			if doc.Find("body").HasClass("app-wall--dark") != (theme != "") {
				t.Errorf("%s%s: the wrong theme", target, theme)
			}
		}
	}
	for target, want := range map[string]int{"/call/2026-11-04/0": 404, "/call/2026-11-04/10": 404, "/call/2026-11-04/01": 404,
		"/call/2026-11-04/x": 404, "/call/2026-11-05": 404,
		"/call/today": 404, "/call/2026-11-04/1?theme=blue": 400, "/call/2026-11-04/1?ward=4B": 400, "/call/2026-11-04?site=x": 400} {
		if status, _, _ := s.as(people.Presenter, http.MethodGet, target, nil); status != want {
			t.Errorf("%s: %d, want %d", target, status, want)
		}
	}
}

func TestCallActions(t *testing.T) {
	t.Parallel()
	s, k := callSite(t)
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	at := "/call/2026-11-04/actions"
	send := func(form url.Values) (int, string, string) {
		return s.as(people.Presenter, http.MethodPost, at, form)
	}
	t.Run("P1 a number of a person is refused, and not given back", func(t *testing.T) {
		for _, number := range []string{"999 000 0018", "9990000018", "L0012345"} {
			_, body, _ := send(url.Values{"what": {"Ring about " + number}, "owner": {"RXA"}, "due": {"2026-11-06"}, "wall": {"yes"}})
			if !strings.Contains(body, "This screen is shown on a wall.") && !strings.Contains(body, "this screen is shown on a wall.") ||
				strings.Contains(body, number) || len(k.actions(t)) > 0 {
				t.Errorf("%s: %s", number, body)
			}
		}
	})
	t.Run("an empty form says what to do in each field", func(t *testing.T) {
		_, body, _ := send(url.Values{"wall": {"yes"}, "theme": {"dark"}})
		for _, want := range []string{"Enter the action", "Select the owner organisation", "Enter the due date", "<title>Error: ",
			"app-wall--dark"} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is not in %s", want, body)
			}
		}
	})
	status, _, location := send(url.Values{"what": {hostile}, "owner": {"RXA"}, "due": {"2026-11-06"}, "wall": {"yes"}, "theme": {"dark"}})
	if status != 303 || location != "/call/2026-11-04/9?theme=dark" || len(k.actions(t)) != 1 {
		t.Fatalf("%d %s %v", status, location, k.actions(t))
	}
	doc := parse(t, s.ask(http.MethodGet, "/call/2026-11-04/9", nil, wordAs, "presenter"))
	if got := words(doc.Find("#actions .app-board__words")); got != strings.Join(strings.Fields(hostile), " ") {
		t.Errorf("found %q", got)
	}
	if got := words(doc.Find("h1")); got != "1 action logged on this call" {
		t.Errorf("found %q", got)
	}
	spoil(t, k.office, `UPDATE call_action SET call_day = call_day - 7, due = due - 7`)
	doc = parse(t, s.ask(http.MethodGet, "/call/2026-11-04/9", nil, wordAs, "presenter"))
	if got := words(doc.Find("h1")); got != "0 of 1 action from earlier calls is done" {
		t.Errorf("found %q", got)
	}
	if got := words(doc.Find(".app-call__note")); got != "Past due: Northgate General 1." {
		t.Errorf("found %q", got)
	}
	if status, _, _ := s.as(people.Presenter, http.MethodPost, at+"/1", url.Values{"state": {"gone"}}); status != 400 {
		t.Errorf("an unknown state: %d", status)
	}
	if _, _, location := s.as(people.Presenter, http.MethodPost, at+"/1", url.Values{"state": {"done"}}); location !=
		"/call/2026-11-04#slide-9" || k.actions(t)[0].Done != delay.MustDay("2026-11-04") {
		t.Errorf("%s %+v", location, k.actions(t))
	}
	if _, _, location := s.as(people.Presenter, http.MethodPost, "/call/2026-11-04/end", url.Values{}); location != "/call/2026-11-04" {
		t.Errorf("the end leads to %s", location)
	}
	if _, body, _ := s.as(people.Presenter, http.MethodGet, "/call/2026-11-04/1", nil); strings.Contains(body, "End call") {
		t.Error("an ended call can be ended again")
	}
}

// An action is put right or withdrawn on the wall and on the page, by links and
// forms alone; what could not be taken stays in the form.
func TestCallActionChanged(t *testing.T) {
	t.Parallel()
	s, k := callSite(t)
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	const day = "/call/2026-11-04"
	at := day + "/actions"
	s.as(people.Presenter, http.MethodPost, at, url.Values{"what": {"Ask for the fiel"}, "owner": {"RXA"}, "due": {"2026-11-06"}})
	doc := parse(t, s.ask(http.MethodGet, day+"/9?theme=dark", nil, wordAs, "presenter"))
	href, _ := doc.Find("#actions a").Attr("href")
	if href != day+"/9?action=1&theme=dark#change" {
		t.Fatalf("the wall leads to %q", href)
	}
	form := parse(t, s.ask(http.MethodGet, day+"/9?action=1&theme=dark", nil, wordAs, "presenter")).Find("#change")
	value := func(form *goquery.Selection, name string) string {
		return form.Find("[name="+name+"]").AttrOr("value", "none")
	}
	if value(form, "what") != "Ask for the fiel" || value(form, "due") != "2026-11-06" || value(form, "theme") != "dark" ||
		form.Find("option[selected]").AttrOr("value", "") != "RXA" || form.AttrOr("action", "") != at+"/1" {
		t.Errorf("the form has %s", words(form))
	}
	for target, want := range map[string]int{"/9?action=2": 404, "/9?action=x": 404, "/1?action=1": 404, "?action=1": 200, "?action=0": 404} {
		if status, _, _ := s.as(people.Presenter, http.MethodGet, day+target, nil); status != want {
			t.Errorf("%s: %d, want %d", target, status, want)
		}
	}
	for _, role := range []people.Role{people.Viewer, people.Screen, people.Administrator} {
		if status, _, _ := s.as(role, http.MethodGet, day+"/9?action=1", nil); status != 403 {
			t.Errorf("the form for %s: %d", role, status)
		}
		if _, body, _ := s.as(role, http.MethodGet, day+"/9", nil); strings.Contains(body, ">Change") {
			t.Errorf("%s is offered to change an action", role)
		}
	}
	t.Run("what is refused stays in the form, without what must not stand on a wall", func(t *testing.T) {
		for wall, heading := range map[string]string{"": "Call of 4 November 2026", "yes": "1 action logged on this call"} {
			doc := parse(t, s.ask(http.MethodPost, at+"/1", strings.NewReader(url.Values{"state": {"changed"}, "wall": {wall},
				"what": {"Ask for the file of 999 000 0018"}, "owner": {"nobody"}, "due": {"2026-11-01"}, "why": {"typed too"}}.Encode()),
				wordAs, "presenter", "Content-Type", "application/x-www-form-urlencoded"))
			form := doc.Find("#change")
			if value(form, "what") != "Ask for the file of …" || value(form, "due") != "2026-11-01" || value(form, "why") != "typed too" ||
				words(doc.Find("h1")) != heading {
				t.Errorf("%s: the form has %q", words(doc.Find("h1")), value(form, "what"))
			}
			if got := words(form.Find(".app-call__error")); got != "Error: Remove the NHS number. This screen is shown on a wall."+
				"Error: Select the owner organisationError: Due date must be today or in the future" {
				t.Errorf("the form says %q", got)
			}
			if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
				t.Errorf("the title is %q", doc.Find("title").Text())
			}
		}
		for _, why := range []string{"", "said of 999 000 0018"} {
			_, body, _ := s.as(people.Presenter, http.MethodPost, at+"/1", url.Values{"state": {"withdrawn"}, "why": {why}})
			if !strings.Contains(body, "why-error") || strings.Contains(body, "999 000 0018") {
				t.Errorf("withdrawn because %q: %s", why, body)
			}
		}
		if a := k.actions(t)[0]; a.What != "Ask for the fiel" || a.Withdrawn != 0 {
			t.Errorf("it is %+v", a)
		}
	})
	spoil(t, k.office, `UPDATE call_action SET due = due - 7`)
	if status, _, location := s.as(people.Presenter, http.MethodPost, at+"/1", url.Values{"state": {"changed"}, "what": {"Ask for the file"},
		"owner": {"RXB"}, "due": {"2026-10-30"}, "wall": {"yes"}, "theme": {"dark"}}); status != 303 || location != day+"/9?theme=dark" {
		t.Errorf("a date that had gone by already: %d, to %s", status, location)
	}
	if a := k.actions(t)[0]; a.What != "Ask for the file" || a.Owner != "RXB" {
		t.Errorf("it is %+v", a)
	}
	if status, _, location := s.as(people.Presenter, http.MethodPost, at+"/1",
		url.Values{"state": {"withdrawn"}, "why": {"Arrived =1"}}); status != 303 || location != day+"#slide-9" {
		t.Errorf("%d, to %s", status, location)
	}
	doc = parse(t, s.ask(http.MethodGet, day+"/9", nil, wordAs, "presenter"))
	if got := words(doc.Find(".app-board__done")); got != "Withdrawn: Ask for the file" || doc.Find(".app-board__row").Length() != 0 ||
		words(doc.Find("h1")) != "No actions yet" || words(doc.Find(".app-call__note")) != "" {
		t.Errorf("the wall says %q", words(doc.Find("main")))
	}
	doc = parse(t, s.ask(http.MethodGet, day, nil, wordAs, "viewer"))
	if got := words(doc.Find(".app-board__row")); doc.Find(".app-board__row s").Length() != 1 || got != "Ask for the file Southmoor "+
		"Hospital · due 30 OctWithdrawn at 9:12am, 4 November 2026, by somebody with the role Presenter: Arrived =1 Withdrawn" {
		t.Errorf("the page says %q", got)
	}
	if _, body, _ := s.as(people.Viewer, http.MethodGet, at+".csv", nil); !strings.HasPrefix(body, "logged_on,action,owner,") ||
		!strings.Contains(body, "2026-11-04,Ask for the file,RXB,") || !strings.Contains(body, ",Withdrawn,no,2026-11-04,2026-11-04T09:12:00Z,"+
		"Presenter,Arrived =1,") {
		t.Errorf("the CSV is %s", body)
	}
	if _, body, _ := s.as(people.Screen, http.MethodGet, at+".json", nil); !strings.Contains(body, `"withdrawn_because":"Arrived =1"`) ||
		!strings.Contains(body, `"state":"Withdrawn"`) || !strings.Contains(body, `"data_as_at":"2026-11-03"`) {
		t.Errorf("the JSON is %s", body)
	}
	if status, _, _ := s.as(people.Viewer, http.MethodGet, at+".csv?x=1", nil); status != 400 {
		t.Errorf("an unknown word: %d", status)
	}
	// A call that is over keeps its actions as they are.
	s.as(people.Presenter, http.MethodPost, at, url.Values{"what": {"Another"}, "owner": {"RXA"}, "due": {"2026-11-06"}})
	s.as(people.Presenter, http.MethodPost, day+"/end", url.Values{})
	if status, _, _ := s.as(people.Presenter, http.MethodPost, at+"/2", url.Values{"state": {"withdrawn"}, "why": {"x"}}); status != 409 {
		t.Errorf("withdrawn after the end: %d", status)
	}
	if _, body, _ := s.as(people.Presenter, http.MethodGet, day+"/9", nil); strings.Contains(body, ">Change") {
		t.Error("an action of a call that has ended can be changed")
	}
}

func TestCallHome(t *testing.T) {
	t.Parallel()
	s, _ := callSite(t)
	doc := parse(t, s.ask(http.MethodGet, "/call", nil, wordAs, "presenter"))
	if doc.Find("button:contains('Start call')").Length() != 1 || !strings.Contains(words(doc.Find("main")), "There has been no call yet") {
		t.Errorf("found %s", words(doc.Find("main")))
	}
	if got := words(doc.Find("dd").First()); !strings.HasPrefix(got, "Not all in 1 of 2 extracts are in.") {
		t.Errorf("found %q", got)
	}
	if doc := parse(t, s.ask(http.MethodGet, "/call", nil, wordAs, "viewer")); doc.Find("button:contains('Start call')").Length() != 0 {
		t.Error("a viewer can start a call")
	}
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	doc = parse(t, s.ask(http.MethodGet, "/call", nil, wordAs, "presenter"))
	if doc.Find("button:contains('Start call')").Length() != 0 || doc.Find("a[href='/call/2026-11-04/1']").Length() < 1 {
		t.Errorf("found %s", words(doc.Find("main")))
	}
	s, k := callSite(t)
	k.now = call.Content{}
	if doc := parse(t, s.ask(http.MethodGet, "/call", nil, wordAs, "presenter")); !strings.Contains(words(doc.Find("main")),
		"None has arrived yet") {
		t.Errorf("found %s", words(doc.Find("main")))
	}
}

// A call started by mistake is taken back: its link says so, what it showed is
// kept, and the day can be started again (C15).
func TestCallWithdrawn(t *testing.T) {
	t.Parallel()
	s, k := callSite(t)
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	frozen := k.shown(t)
	const day = "/call/2026-11-04"
	form := parse(t, s.ask(http.MethodGet, day, nil, wordAs, "presenter")).Find("#withdraw")
	started, _ := form.Find("input[name=started]").Attr("value")
	if started == "" || !strings.Contains(words(form), "Started by mistake? Until 9:20am, and while no action is noted, the call can be "+
		"withdrawn.") {
		t.Fatalf("the form says %q, started %q", words(form), started)
	}
	if n := parse(t, s.ask(http.MethodGet, day, nil, wordAs, "viewer")).Find("#withdraw").Length(); n != 0 {
		t.Error("a viewer is offered to withdraw the call")
	}
	if _, err := k.AddCallAction(t.Context(), call.Action{What: "x", Owner: "RXA", Call: delay.MustDay("2026-11-04")}); err != nil {
		t.Fatal(err)
	}
	if n := parse(t, s.ask(http.MethodGet, day, nil, wordAs, "presenter")).Find("#withdraw").Length(); n != 0 {
		t.Error("a call with an action is offered to be withdrawn")
	}
	spoil(t, k.office, `DELETE FROM call_action`)
	s.opts.Now = at(morning.AddDate(0, 0, 1))
	if n := parse(t, s.ask(http.MethodGet, day, nil, wordAs, "presenter")).Find("#withdraw").Length(); n != 0 {
		t.Error("a call of the day before is offered to be withdrawn")
	}
	s.opts.Now = at(morning)
	for given, want := range map[string]int{"": 400, "yesterday": 400, "2026-11-04T09:00:00Z": 409, started: 303} {
		if given == started {
			continue
		}
		if status, _, _ := s.as(people.Presenter, http.MethodPost, day+"/withdraw", url.Values{"started": {given}}); status != want {
			t.Errorf("started %q: %d, want %d", given, status, want)
		}
	}
	if status, _, location := s.as(people.Presenter, http.MethodPost, day+"/withdraw", url.Values{"started": {started}}); status != 303 ||
		location != day {
		t.Fatalf("%d, to %s", status, location)
	}
	for _, target := range []string{day, day + "/1", day + "/9?theme=dark"} {
		if status, _, location := s.as(people.Viewer, http.MethodGet, target, nil); status != 303 || location != day+"/withdrawn/1" {
			t.Errorf("%s: %d, to %s", target, status, location)
		}
	}
	if status, body, _ := s.as(people.Viewer, http.MethodGet, day+".json", nil); status != 404 ||
		!strings.Contains(body, day+"/withdrawn/1.json") {
		t.Errorf("%d %s", status, body)
	}
	if status, body, _ := s.as(people.Viewer, http.MethodGet, day+"/withdrawn/1.json", nil); status != 200 || body != frozen {
		t.Errorf("C15 %d, the bytes differ", status)
	}
	for _, target := range []string{day + "/withdrawn/2", day + "/withdrawn/x", day + "/withdrawn/01", "/call/2026-11-05/withdrawn/1",
		"/call/2026-11-05", day + "/x"} {
		want := 404
		if target == day+"/x" {
			want = 303 // No page of a withdrawn call is a dead end.
		}
		if status, _, _ := s.as(people.Viewer, http.MethodGet, target, nil); status != want {
			t.Errorf("%s: %d, want %d", target, status, want)
		}
	}
	doc := parse(t, s.ask(http.MethodGet, day+"/withdrawn/1", nil, wordAs, "presenter"))
	if got := words(doc.Find(".nhsuk-inset-text")); !strings.HasPrefix(got, "This call was started by mistake. It was withdrawn at 9:12am, 4 "+
		"November 2026, by somebody with the role Presenter.") {
		t.Errorf("the page says %q", got)
	}
	if n := doc.Find("section.app-call").Length(); n != slides || doc.Find("main form").Length() != 0 {
		t.Errorf("%d sections, %d forms", n, doc.Find("main form").Length())
	}
	doc = parse(t, s.ask(http.MethodGet, "/call", nil, wordAs, "presenter"))
	if got := words(doc.Find("#calls tbody tr")); doc.Find("button:contains('Start call')").Length() != 1 ||
		!strings.HasPrefix(got, "4 November 2026, withdrawn 9:05am, 4 November 2026 Withdrawn at 9:12am") {
		t.Errorf("the page of the calls has %q", got)
	}
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	if status, _, _ := s.as(people.Viewer, http.MethodGet, day, nil); status != 200 {
		t.Errorf("the second call of the day: %d", status)
	}
	if status, _, _ := s.as(people.Viewer, http.MethodGet, day+"/10", nil); status != 404 {
		t.Errorf("a slide that there is not: %d", status)
	}
	doc = parse(t, s.ask(http.MethodGet, "/call", nil, wordAs, "presenter"))
	if got := doc.Find("#calls tbody th").Map(func(_ int, th *goquery.Selection) string { return words(th) }); !slices.Equal(got,
		[]string{"4 November 2026", "4 November 2026, withdrawn"}) {
		t.Errorf("the page of the calls has %q", got)
	}
}

// The wall has one line for the notes of its chart: whole notes, and how many
// more there are.
func TestCallNotesOnTheWall(t *testing.T) {
	t.Parallel()
	short, long := "No data from Northgate NHS Trust for 3 of 370 days.", strings.Repeat("A long note of many words. ", 5)
	for want, notes := range map[string][]string{
		"": nil, short: {short}, short + " " + short: {short, short},
		short + ` 2 more notes under "All slides".`: {short, long, short},
		`2 notes under "All slides".`:               {long, long},
		`1 note under "All slides".`:                {long}} {
		if got := wallNotes(notes); got != want {
			t.Errorf("of %d notes the wall has %q, want %q", len(notes), got, want)
		}
	}
	s, k := callSite(t)
	k.now.Slides[2].Chart.Notes = []string{short, long}
	s.as(people.Presenter, http.MethodPost, "/call", url.Values{})
	for target, want := range map[string]string{"/3": short + ` 1 more note under "All slides".`, "": short + " " + strings.TrimSpace(long)} {
		doc := parse(t, s.ask(http.MethodGet, "/call/2026-11-04"+target, nil, wordAs, "presenter"))
		if got := words(doc.Find(".app-poster--chart .app-call__note")); got != want {
			t.Errorf("%s has %q, want %q", target, got, want)
		}
	}
}

// fontsFetched finds a font of the style sheet that is not one of the reader's
// own machine.
var fontsFetched = regexp.MustCompile(`@font-face\{[^}]*url\([^}]*\}`)
