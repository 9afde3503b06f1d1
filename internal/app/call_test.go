package app_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"index/suffixarray"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"homeward/internal/app"
	"homeward/internal/call"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/static"
)

// callYear is the real year in the hands of a presenter, with a clock that the
// test sets.
type callYear struct {
	*app.App
	t       *testing.T
	dir     string
	now     time.Time
	site    http.Handler
	cookies map[people.Role]string
	session func(people.Role) string
}

func newCallYear(t *testing.T) *callYear {
	t.Helper()
	if _, err := static.Files.Open("vendor/echarts/echarts.min.js"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("echarts.min.js is not built in; run npm ci and npm run build")
		}
		t.Skip("echarts.min.js is not built in; run npm ci and npm run build")
	}
	y := &callYear{t: t, dir: t.TempDir(), now: time.Date(2018, 8, 1, 9, 0, 0, 0, time.UTC)}
	var err error
	if y.App, err = app.Open(t.Context(), app.Options{Data: y.dir, Partnership: devonExample, Make: true,
		Now: func() time.Time { return y.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.Close() })
	draw, err := app.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	y.site, y.session = y.Site(t, draw, people.Presenter, people.Viewer)
	return y
}

func (y *callYear) ask(role people.Role, method, target string, form url.Values) (int, string, http.Header) {
	y.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, body)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", y.cookies[role])
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	y.site.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Result().Header
}

// signIn begins new sessions: those of months ago have ended.
func (y *callYear) signIn() {
	y.t.Helper()
	y.cookies = map[people.Role]string{people.Presenter: y.session(people.Presenter), people.Viewer: y.session(people.Viewer)}
}

// start starts the call of the moment and gives what it shows.
func (y *callYear) start(at time.Time) *call.Content {
	y.t.Helper()
	y.now = at
	y.signIn()
	day := delay.DayOf(at.In(y.London)).String()
	if status, body, head := y.ask(people.Presenter, http.MethodPost, "/call", url.Values{}); status != http.StatusSeeOther ||
		head.Get("Location") != "/call/"+day+"/1" {
		y.t.Fatalf("the call of %s did not start: %d %s", day, status, last(body, 500))
	}
	_, text, _ := y.ask(people.Presenter, http.MethodGet, "/call/"+day+".json", nil)
	c, err := call.Decode([]byte(text))
	if err != nil {
		y.t.Fatal(err)
	}
	return c
}

// wait is a delay as the command line prints it: its parts by body.
type wait struct {
	provider string
	parts    []part
}

type part struct {
	first, last delay.Day
	body        string
}

func (w wait) on(day delay.Day) (string, bool) {
	for _, p := range w.parts {
		if p.first <= day && day <= p.last {
			return p.body, true
		}
	}
	return "", false
}

// delays reads the delays as they were known at a moment, from the command line.
func (y *callYear) delays(known time.Time) []wait {
	y.t.Helper()
	var out []wait
	for _, r := range table(y.t, must(y.t, "delays", "--data", y.dir, "--as-known-at", known.In(y.London).Format("2006-01-02T15:04:05"),
		"--format", "csv")) {
		w := wait{provider: r["provider"]}
		for words := range strings.SplitSeq(r["segments"], "; ") {
			days, rest, _ := strings.Cut(words, " ")
			_, body, _ := strings.Cut(rest, " ")
			first, last, _ := strings.Cut(days, "..")
			if body == "" || strings.HasPrefix(rest, "not known") {
				y.t.Fatalf("found the segment %q", words)
			}
			w.parts = append(w.parts, part{delay.MustDay(first), delay.MustDay(last), body})
		}
		out = append(out, w)
	}
	return out
}

// figures asks the command line for delayed days as they were known at a moment.
func (y *callYear) figures(known time.Time, from, to, by string) map[string]int64 {
	y.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(must(y.t, "figures", "--data", y.dir, "--as-known-at",
		known.In(y.London).Format("2006-01-02T15:04:05"),
		"--from", from, "--to", to, "--by", by, "--format", "csv"))).ReadAll()
	if err != nil {
		y.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, r := range rows[1:] {
		n, err := strconv.ParseInt(r[len(r)-1], 10, 64)
		if err != nil {
			y.t.Fatal(err)
		}
		out[strings.Join(r[:len(r)-1], " ")] += n
	}
	return out
}

// byWords gives a count by the words of the command line.
func byWords(c call.Count) map[string]int64 {
	out := map[string]int64{}
	for _, b := range delay.Bodies {
		if n := c.ByBody()[b]; n != 0 {
			out[b.String()] = n
		}
	}
	return out
}

// ofPeople are the columns of the extracts that stand for a person or a place
// in a hospital.
var ofPeople = regexp.MustCompile(`(?i)site|ward|local ?pat|nhs ?n|birth|hosp no|hospital number|specialty|comments|notes`)

// personal gives every value of those columns that is long enough to be looked
// for.
func personal(t *testing.T, files []string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, path := range files {
		if !strings.HasSuffix(path, "csv") && !strings.HasSuffix(path, "txt") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		comma := ','
		if strings.HasSuffix(path, "txt") {
			comma = '\t'
		}
		r := csv.NewReader(strings.NewReader(string(text)))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(path), err)
		}
		var columns []int
		for _, row := range rows {
			if columns == nil {
				for i, head := range row {
					if len(row) > 5 && ofPeople.MatchString(head) {
						columns = append(columns, i)
					}
				}
				continue
			}
			for _, i := range columns {
				if i < len(row) && len(row[i]) > 5 {
					found[row[i]] = true
				}
			}
		}
	}
	for _, r := range sharedTable(t, "extracts", "devon-2018-19", "expected", "delays.csv") {
		found[r["nhs_number"]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// until splits the files of the year into those that speak of days up to a day
// and the others. A file that has to come late does.
func until(files []string, day delay.Day, late map[string]bool) (now, later []string) {
	compact := regexp.MustCompile(`(20\d\d)-?(\d\d)-?(\d\d)|(\d\d)-(\d\d)-(20\d\d)`)
	for _, f := range files {
		m := compact.FindStringSubmatch(filepath.Base(f))
		d := delay.MustDay(m[1] + m[6] + "-" + m[2] + m[5] + "-" + m[3] + m[4])
		if d <= day && !late[filepath.Base(f)] {
			now = append(now, f)
		} else {
			later = append(later, f)
		}
	}
	return now, later
}

// The call on the real year: the movement adds up by body and is what a second
// count of the delays says, every slide has the command line's figures, and
// nothing that the pages send names a person (C15, C16, P1).
func TestDevonCalls(t *testing.T) {
	skipShort(t)
	t.Parallel()
	y := newCallYear(t)
	take := func(files []string) {
		t.Helper()
		if err := y.TakeIn(t.Context(), files); err != nil {
			t.Fatal(err)
		}
	}
	all := devonFiles(t)
	hidden := personal(t, all)
	if len(hidden) < 2000 {
		t.Fatalf("only %d words about people to look for", len(hidden))
	}

	// Plymouth's file of 28 August arrives with rows missing, and its file of
	// the 27th not at all; both are put right after the first call.
	const whole = "RK9_2018-08-28.csv"
	first, rest := until(all, delay.MustDay("2018-08-28"), map[string]bool{whole: true, "RK9_2018-08-27.csv": true})
	text, err := os.ReadFile(shared(t, "extracts", "devon-2018-19", "extracts", whole))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	lacking := filepath.Join(t.TempDir(), whole)
	if err := os.WriteFile(lacking, []byte(strings.Join(append(lines[:3:3], lines[9:]...), "")), 0o600); err != nil {
		t.Fatal(err)
	}
	y.now = time.Date(2018, 8, 29, 7, 30, 0, 0, y.London)
	take(append(first, lacking))
	calls := []*call.Content{y.start(time.Date(2018, 8, 29, 10, 0, 0, 0, y.London))}

	y.now = time.Date(2018, 9, 5, 7, 30, 0, 0, y.London)
	week, rest := until(rest, delay.MustDay("2018-09-04"), nil)
	take(week)
	mistake := y.start(time.Date(2018, 9, 5, 9, 40, 0, 0, y.London))
	y.now = y.now.Add(5 * time.Minute)
	const second = "/call/2018-09-05"
	if status, body, _ := y.ask(people.Presenter, http.MethodPost, second+"/withdraw",
		url.Values{"started": {mistake.Held.Format(time.RFC3339Nano)}}); status != http.StatusSeeOther {
		t.Fatalf("the call could not be withdrawn: %d %s", status, last(body, 500))
	}
	if _, _, head := y.ask(people.Viewer, http.MethodGet, second+"/3", nil); head.Get("Location") != second+"/withdrawn/1" {
		t.Errorf("a slide of the withdrawn call leads to %q", head.Get("Location"))
	}
	calls = append(calls, y.start(time.Date(2018, 9, 5, 10, 0, 0, 0, y.London)))

	// The last in the new year: its charts and periods reach over the turn.
	y.now = time.Date(2019, 1, 16, 7, 30, 0, 0, y.London)
	rest, _ = until(rest, delay.MustDay("2019-01-15"), nil)
	take(rest)
	calls = append(calls, y.start(time.Date(2019, 1, 16, 10, 0, 0, 0, y.London)))

	// Months later the pages of each call still show, to each role, what they
	// showed; by then the delays are settled as they are known.
	for i, c := range calls {
		held := c.Held
		name := c.Call.String()
		near := y.figures(held, (delay.Day(c.AsAt) - 20).String(), c.AsAt.String(), "day,provider,reason,responsible")
		// on gives what stands in one column of those figures, summed for one
		// hospital and the day of which its figures speak.
		on := func(h call.Hospital, column int) map[string]int64 {
			out := map[string]int64{}
			for key, n := range near {
				if cells := strings.SplitN(key, " ", 4); cells[0] == h.Day.String() && cells[1] == h.Code {
					out[cells[column]] += n
				}
			}
			return out
		}
		t.Run("C16 people waiting are the command line's, "+name, func(t *testing.T) {
			want := map[string]int64{}
			for _, h := range c.Hospitals {
				if !h.Counted {
					t.Fatalf("%s is not counted", h.Code)
				}
				got := on(h, 3)
				if !maps.Equal(got, byWords(h.Waiting)) {
					t.Errorf("%s on %s: slides have %v, figures %v", h.Code, h.Day, byWords(h.Waiting), got)
				}
				for body, n := range got {
					want[body] += n
				}
			}
			if !maps.Equal(want, byWords(c.Waiting)) || c.Slides[0].Figure != strconv.FormatInt(c.Waiting.Total(), 10) {
				t.Errorf("slides have %v, figures %v", byWords(c.Waiting), want)
			}
		})
		t.Run("G3 the share of the month is the command line's, "+name, func(t *testing.T) {
			got, unsettled := map[string]int64{}, int64(0)
			for key, n := range y.figures(held, c.Share.From.String(), c.Share.To.String(), "state,responsible") {
				state, body, _ := strings.Cut(key, " ")
				if got[body] += n; state != "agreed" {
					unsettled += n
				}
			}
			if !maps.Equal(got, byWords(c.Share.Days)) {
				t.Errorf("the slide has %v, figures %v", byWords(c.Share.Days), got)
			}
			if want := float64(got["social care"]) / float64(c.Share.Days.Total()); c.Share.Value != want {
				t.Errorf("the share is %v, want %v", c.Share.Value, want)
			}
			months := c.Slides[3].Months
			if last := months[len(months)-1]; last != c.Share {
				t.Errorf("the last of the months is %+v, the share %+v", last, c.Share)
			}
			desks := int64(0)
			for _, d := range c.Slides[7].Desks {
				parts := int64(0)
				for _, p := range d.Parts {
					parts += p.Days
				}
				if desks += d.Days; parts != d.Days {
					t.Errorf("%s: the parts make %d of %d days", d.Name, parts, d.Days)
				}
			}
			if desks != unsettled || c.Unsettled.Of != c.Share.Days.Total() {
				t.Errorf("the desks have %d days of %d, figures %d of %d", desks, c.Unsettled.Of, unsettled, c.Share.Days.Total())
			}
			if c.Unsettled.Days != unsettled {
				t.Errorf("the slide has %d days not settled, figures %d", c.Unsettled.Days, unsettled)
			}
		})
		t.Run("the leading reasons are the command line's, "+name, func(t *testing.T) {
			got := map[string]int64{}
			for _, h := range c.Hospitals {
				for reason, n := range on(h, 2) {
					got[reason] += n
				}
			}
			s := c.Slides[4]
			shown := int64(0)
			for _, b := range s.Bars {
				code, _, _ := strings.Cut(b.Name, " ")
				if b.Count == nil || b.Count.Total() != b.Value {
					t.Errorf("%s: %d is by body %+v", b.Name, b.Value, b.Count)
				}
				if b.Rest {
					if others := c.Waiting.Total() - shown; others != b.Value {
						t.Errorf("%d wait for other reasons; the slide says %d", others, b.Value)
					}
				}
				if shown += b.Value; b.Rest {
					continue
				}
				if got[code] != b.Value {
					t.Errorf("%s: the slide has %d, figures %d", b.Name, b.Value, got[code])
				}
			}
			if shown != c.Waiting.Total() {
				t.Errorf("the bars make %d, %d wait", shown, c.Waiting.Total())
			}
		})
		waits := y.delays(held)
		t.Run("long waits are those of the delays, "+name, func(t *testing.T) {
			long := int64(0)
			var days []string
			for _, w := range waits {
				at := delay.Day(c.Hospitals[slices.IndexFunc(c.Hospitals, func(h call.Hospital) bool { return h.Code == w.provider })].Day)
				if _, ok := w.on(at); ok {
					n := int(at-w.parts[0].first) + 1
					days = append(days, fmt.Sprintf("%05d", n))
					if n >= call.LongDays {
						long++
					}
				}
			}
			slices.Sort(days)
			slices.Reverse(days)
			if long != c.Long {
				t.Errorf("the slide has %d, the delays %d", c.Long, long)
			}
			for i, r := range c.Slides[6].Table.Rows {
				if n, _ := strconv.Atoi(days[i]); strconv.Itoa(n) != r.Cells[2] {
					t.Errorf("row %d has %s days, want %d", i+1, r.Cells[2], n)
				}
			}
		})
		t.Run("the charts have the command line's figures, "+name, func(t *testing.T) {
			trend := c.Slides[2].Chart.Table
			flow := c.Slides[5].Chart.Table
			if len(trend.Rows) < 8 || len(flow.Rows) != 8 {
				t.Fatalf("%d and %d rows", len(trend.Rows), len(flow.Rows))
			}
			// Week by week, beginning with the people waiting the Sunday before.
			sunday := delay.Day(c.AsAt+1).Week() - 1
			row := flow.Rows[len(flow.Rows)-1].Cells
			began, ended := int64(0), int64(0)
			for _, w := range waits {
				if f := w.parts[0].first; f > sunday-7 && f <= sunday {
					began++
				}
				if l := w.parts[len(w.parts)-1].last; l >= sunday-7 && l < sunday {
					ended++
				}
			}
			numbers := map[string]string{}
			for i, h := range flow.Head {
				numbers[h.Text] = row[i]
			}
			at := map[string]int64{}
			for key, n := range near {
				at[strings.Fields(key)[0]] += n
			}
			week := c.Slides[5].Weeks[len(c.Slides[5].Weeks)-1]
			if week.Start != at[(sunday-7).String()] || week.New != began || week.Ended != ended || week.End != at[sunday.String()] ||
				week.Start+week.Net()+week.Other != week.End {
				t.Errorf("the poster of the week to %s has %+v, want %d new and %d ended", sunday, week, began, ended)
			}
			for _, s := range c.Slides {
				if n := utf8.RuneCountInString(s.Title); n > call.TitleRoom {
					t.Errorf("the title of slide %d has %d characters: %s", s.Number, n, s.Title)
				}
			}
			want := fmt.Sprintf("%d +%d −%d %d", at[(sunday-7).String()], began, ended, at[sunday.String()])
			if gotRow := fmt.Sprint(numbers["Waiting at the start"], " ", numbers["New"], " ", numbers["Ended"], " ",
				numbers["Waiting at the end"]); gotRow != want {
				t.Errorf("the flow of the week to %s is %v, want %v (%v)", sunday, gotRow, want, flow.Head)
			}
		})
		if i == 0 {
			if c.Movement != nil || c.Slides[1].Lines[0] != "This is the first call, so there is nothing to compare with." {
				t.Errorf("the first call compares with %+v", c.Movement)
			}
			continue
		}
		t.Run("C16 the movement adds up by body and is that of the delays, "+name, func(t *testing.T) {
			before := calls[i-1]
			if !c.Movement.Adds() {
				t.Fatalf("the gap is %+v", c.Movement.Gap)
			}
			if got := c.Movement.Of(call.Shown); got != before.Waiting || c.Last != before.Call {
				t.Errorf("it begins with %+v, shown was %+v", got, before.Waiting)
			}
			if got := c.Movement.Of(call.Now); got != c.Waiting {
				t.Errorf("it ends with %+v, now is %+v", got, c.Waiting)
			}
			want := map[call.LineKey]map[string]int64{}
			add := func(k call.LineKey, body string, n int64) {
				if want[k] == nil {
					want[k] = map[string]int64{}
				}
				if want[k][body] += n; want[k][body] == 0 {
					delete(want[k], body)
				}
			}
			for body, n := range byWords(before.Waiting) {
				add(call.Late, body, -n)
			}
			for j, h := range c.Hospitals {
				base, now := delay.Day(before.Hospitals[j].Day), delay.Day(h.Day)
				for _, w := range waits {
					if w.provider != h.Code {
						continue
					}
					if body, ok := w.on(base); ok {
						add(call.Late, body, 1)
					}
					f, l := w.parts[0], w.parts[len(w.parts)-1]
					if f.first > base && f.first <= now {
						add(call.New, f.body, 1)
					}
					if l.last >= base && l.last < now {
						add(call.Ended, l.body, -1)
					}
					for k, p := range w.parts[1:] {
						if p.first > base && p.first <= now {
							add(call.Moved, p.body, 1)
							add(call.Moved, w.parts[k].body, -1)
						}
					}
				}
			}
			for _, k := range []call.LineKey{call.Late, call.New, call.Ended, call.Moved} {
				if got := byWords(c.Movement.Of(k)); len(got)+len(want[k]) > 0 && !maps.Equal(got, want[k]) {
					t.Errorf("%s: the slide has %v, the delays %v", k, got, want[k])
				}
			}
			if i == 1 && c.Movement.Of(call.Late).Total() <= 0 {
				t.Errorf("six rows came late; the slide has %+v", c.Movement.Of(call.Late))
			}
		})
	}

	t.Run("C15 the pages show what they showed, and what is known differently now", func(t *testing.T) {
		for _, c := range calls {
			_, text, _ := y.ask(people.Viewer, http.MethodGet, "/call/"+c.Call.String()+".json", nil)
			if b, err := c.Encode(); err != nil || string(b) != text {
				t.Errorf("the bytes of %s differ (%v)", c.Call, err)
			}
		}
		_, page, _ := y.ask(people.Viewer, http.MethodGet, "/call/2018-08-29", nil)
		if !strings.Contains(page, "1 corrected extract, University Hospitals Plymouth NHS Trust (28 Aug)") ||
			!strings.Contains(page, "1 late extract, University Hospitals Plymouth NHS Trust (27 Aug)") {
			t.Error("the page of the first call does not name the corrected and the late extract")
		}
	})
	t.Run("P1 nothing that is sent names a person, a ward or a site", func(t *testing.T) {
		var sent bytes.Buffer
		seen := 0
		for _, c := range calls {
			day := c.Call.String()
			targets := []string{"/call", "/call/" + day, "/call/" + day + ".json"}
			for n := range 9 {
				targets = append(targets, fmt.Sprintf("/call/%s/%d", day, n+1), fmt.Sprintf("/call/%s/%d?theme=dark", day, n+1))
			}
			for _, target := range targets {
				for role := range y.cookies {
					status, body, head := y.ask(role, http.MethodGet, target, nil)
					if status != http.StatusOK {
						t.Fatalf("%s: %d", target, status)
					}
					seen++
					fmt.Fprint(&sent, target, head, body)
				}
			}
		}
		for role := range y.cookies {
			for _, target := range []string{second + "/withdrawn/1", second + "/withdrawn/1.json"} {
				status, body, head := y.ask(role, http.MethodGet, target, nil)
				if status != http.StatusOK {
					t.Fatalf("%s: %d", target, status)
				}
				fmt.Fprint(&sent, target, head, body)
			}
		}
		if seen != 2*3*21 {
			t.Errorf("%d answers were looked at", seen)
		}
		all := suffixarray.New(sent.Bytes())
		for _, word := range hidden {
			if at := all.Lookup([]byte(word), 1); len(at) > 0 {
				t.Errorf("a value of the extracts' columns about people stands among %q", sent.String()[max(at[0]-40, 0):at[0]])
			}
		}
	})
}
