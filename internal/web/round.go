package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/logbook"
	"homeward/internal/people"
	"homeward/internal/web/page"
)

// The ward round: everybody of a ward in the order of the beds, whether logged
// or not, each with one button, and how far the round has come.

// notLogged asks the worklist for those who are ready in the extract and not in
// the log.
const notLogged = "not-logged"

// wardCookie remembers at one browser which ward a person chose last.
const wardCookie = "homeward-ward"

// longWait is from how many days on a wait stands out.
const longWait = 21

type roundView struct {
	// Chips lead to the wards; Bar says that there are any.
	Chips []wardChip
	// Progress is of the ward that is chosen, or of the whole list.
	Progress, Left string
	Map            []bedCell
	MapWords       string
	// Said is what was saved last, when the row itself shows it.
	Said string
	Bays []bayView
	// Onward leads to the next ward that has somebody to check.
	Onward *page.Link
}

type wardChip struct {
	Text, Progress, Href string
	Current              bool
}

type bedCell struct{ Text, Class string }

type bayView struct {
	ID, Heading, Progress string
	Rows                  []workRow
}

// roundRow is what a row of the round has beside its words.
type roundRow struct {
	// Class says its state, Prefix and Short are the bed, Place the bed in words.
	Class, Prefix, Short string
	// Said is what was done today, such as "checked 3:32pm", with the form that
	// takes it back while it can be.
	Said string
	Undo *page.Undo
	// ToLog says that it can be logged, Next that it is the first to be done.
	ToLog, Next bool
	Title       string
	// Last says when it was last checked, LongWait marks the days.
	Last     string
	LongWait string
}

func (v roundView) has(reference string) bool {
	return slices.ContainsFunc(v.Bays, func(b bayView) bool {
		return slices.ContainsFunc(b.Rows, func(r workRow) bool { return r.Reference == reference })
	})
}

// isNew says whether a person is ready in the extract and not in the log.
func isNew(r casework.WorkRow) bool { return !r.Logged && r.Discrepancy == "" }

// isDone says whether a person was logged or checked on the day. Nobody asks
// after a wait that is paused, so it is not of the round.
func (s *Server) isDone(r casework.WorkRow, today delay.Day) bool {
	return r.Logged && delay.DayOf(r.Checked.In(s.opts.Zone)) == today
}

// oneWard gives the ward that the round is of, empty for a list of several.
func (t todayAsked) oneWard() string {
	if len(t.ward) == 1 {
		return t.ward[0]
	}
	return ""
}

// narrowed says whether the list leaves anybody out.
func (t todayAsked) narrowed() bool {
	for word := range t.query {
		if word != page.WordProvider && word != wordSort {
			return true
		}
	}
	return false
}

// sortRound puts rows into the order that was asked for. The order of the beds
// is the order of walking.
func sortRound(rows []casework.WorkRow, by string) {
	bed := func(a, b casework.WorkRow) int {
		return cmp.Or(byBed(a.Ward, b.Ward), byBed(a.Bed, b.Bed), cmp.Compare(a.Reference, b.Reference))
	}
	slices.SortStableFunc(rows, func(a, b casework.WorkRow) int {
		switch by {
		case "ready":
			return cmp.Or(cmp.Compare(a.Ready, b.Ready), bed(a, b))
		case "checked":
			return cmp.Or(a.Checked.Compare(b.Checked), bed(a, b))
		}
		return bed(a, b)
	})
}

// byBed compares the names of beds and wards as people count them, however they
// are written.
func byBed(a, b string) int {
	return cmp.Or(delay.CompareCodes(strings.ToUpper(a), strings.ToUpper(b)), cmp.Compare(a, b))
}

var bayNames = regexp.MustCompile(`(?i)\bbay[ -]?([0-9]+|[a-z])\b`)

var sideRooms = regexp.MustCompile(`(?i)\b(side ?room|sr)[ -]?[0-9]*\b`)

// bayOf names the bay of a bed where the name of the bed says it. Bays are never
// reckoned from numbers: how many beds a bay has is the ward's.
func bayOf(bed string) string {
	if m := bayNames.FindStringSubmatch(bed); m != nil {
		return "Bay " + strings.ToUpper(m[1])
	}
	if sideRooms.MatchString(bed) {
		return "Side rooms"
	}
	return ""
}

// shortBed parts a bed's name into the ward's, which every bed of the ward
// begins with, and its own.
func shortBed(bed, ward string) (prefix, short string) {
	if ward != "" && len(bed) > len(ward)+1 && strings.EqualFold(bed[:len(ward)], ward) && strings.ContainsRune("- /.", rune(bed[len(ward)])) {
		return bed[:len(ward)+1], bed[len(ward)+1:]
	}
	return "", bed
}

func wardWords(ward string) string {
	if ward == "" {
		return "Ward not known"
	}
	if strings.HasPrefix(strings.ToLower(ward), "ward") {
		return ward
	}
	return "Ward " + ward
}

// progress counts a round.
type progress struct{ done, people, fresh, paused int64 }

func (s *Server) progressOf(rows []casework.WorkRow, today delay.Day, of func(casework.WorkRow) bool) progress {
	var p progress
	for _, r := range rows {
		switch {
		case !of(r):
			continue
		case r.Paused:
			p.paused++
			continue
		case s.isDone(r, today):
			p.done++
		case isNew(r):
			p.fresh++
		}
		p.people++
	}
	return p
}

func (p progress) words() string { return count(p.done) + " of " + count(p.people) }

func (p progress) short() string {
	if p.done == p.people {
		return "✓ " + count(p.people)
	}
	return p.words()
}

func (p progress) left() string {
	out := ""
	if p.fresh > 0 {
		out += " · " + count(p.fresh) + " not logged"
	}
	if n := p.people - p.done - p.fresh; n > 0 {
		out += " · " + count(n) + " to check"
	}
	if p.paused > 0 {
		out += " · " + count(p.paused) + " paused"
	}
	return out
}

// round lays out the rows that are shown, of all those who wait at the hospital.
func (s *Server) round(c echo.Context, t todayAsked, all, shown []casework.WorkRow, now time.Time, today, day delay.Day) roundView {
	var v roundView
	ward := t.oneWard()
	wards := wardsOf(all)
	to := func(ward string) string {
		q := maps.Clone(t.query)
		if q == nil {
			q = url.Values{}
		}
		q.Set(wordWard, ward)
		q.Del(wordRef)
		return page.Address("/today", q)
	}
	if len(wards) > 0 {
		v.Chips = append(v.Chips, wardChip{Text: "All wards", Href: to(""), Current: len(t.ward) == 0})
	}
	for i, w := range wards {
		p := s.progressOf(all, today, ofWard(w))
		v.Chips = append(v.Chips, wardChip{Text: w, Progress: p.short(), Href: to(w), Current: slices.Contains(t.ward, w)})
		if w != ward {
			continue
		}
		for n := range len(wards) - 1 {
			next := wards[(i+1+n)%len(wards)]
			if p := s.progressOf(all, today, ofWard(next)); p.done < p.people {
				v.Onward = &page.Link{Text: next + ", " + persons(p.people-p.done) + " to see", Href: to(next)}
				break
			}
		}
	}
	of := s.progressOf(all, today, func(r casework.WorkRow) bool { return ward == "" || r.Ward == ward })
	v.Progress, v.Left = of.words()+" done", of.left()
	just := c.QueryParam(wordDone)
	mayLog := s.actor(c).May(people.LogDelays)
	first := true
	for i, r := range shown {
		heading, id := s.bayHeading(t, r), "bay-"+strconv.Itoa(len(v.Bays)+1)
		if i == 0 || heading != v.Bays[len(v.Bays)-1].Heading {
			v.Bays = append(v.Bays, bayView{ID: id, Heading: heading})
		}
		w := s.workRow(r, now, today, day)
		w.MayCheck = w.MayCheck && mayLog && w.Discrepancy == ""
		w.roundRow = s.roundRow(c, t, r, now, today, day, mayLog)
		if w.Last == "" && w.Said == "" {
			w.Last = w.Checked
			if !r.Checked.IsZero() && now.Sub(r.Checked) <= unchecked {
				w.Last = "Checked " + w.Checked
			}
		}
		open := !r.Paused && !s.isDone(r, today)
		if open && first && mayLog && ward != "" {
			w.Next, first = true, false
		}
		if isNew(r) {
			w.Action, w.MayCheck = w.Reason, false
		}
		if r.Reference == just {
			w.Class += " app-round__row--just"
		}
		bay := &v.Bays[len(v.Bays)-1]
		bay.Rows = append(bay.Rows, w)
		if ward != "" {
			v.Map = append(v.Map, bedCell{Text: cmp.Or(w.Short, "?"), Class: cellClass(w, open)})
		}
	}
	for i := range v.Bays {
		heading := v.Bays[i].Heading
		v.Bays[i].Progress = s.progressOf(shown, today, func(r casework.WorkRow) bool { return s.bayHeading(t, r) == heading }).words()
	}
	if len(v.Map) > 0 {
		v.MapWords = "Beds of " + ward + ": " + v.Progress + strings.ReplaceAll(v.Left, " ·", ",")
	}
	return v
}

func cellClass(w workRow, open bool) string {
	switch {
	case w.Next:
		return "app-round__cell app-round__cell--next"
	case !open:
		return "app-round__cell app-round__cell--done"
	case w.ToLog:
		return "app-round__cell app-round__cell--new"
	}
	return "app-round__cell"
}

// bayHeading is what a row stands under: its bay where the bed names it, else
// its ward, else how the list is sorted.
func (s *Server) bayHeading(t todayAsked, r casework.WorkRow) string {
	switch t.sort {
	case "ready":
		return "Longest wait first"
	case "checked":
		return "Not checked for longest first"
	}
	if bay := bayOf(r.Bed); bay != "" {
		return wardWords(r.Ward) + ", " + strings.ToLower(bay[:1]) + bay[1:]
	}
	return wardWords(r.Ward)
}

func ofWard(ward string) func(casework.WorkRow) bool {
	return func(r casework.WorkRow) bool { return r.Ward == ward }
}

// wardsOf gives the wards on which somebody waits, as people count them.
func wardsOf(rows []casework.WorkRow) []string {
	var out []string
	for _, r := range rows {
		if r.Ward != "" && !slices.Contains(out, r.Ward) {
			out = append(out, r.Ward)
		}
	}
	slices.SortFunc(out, byBed)
	return out
}

func (s *Server) roundRow(c echo.Context, t todayAsked, r casework.WorkRow, now time.Time, today, day delay.Day, mayLog bool) roundRow {
	var v roundRow
	v.Prefix, v.Short = shortBed(cmp.Or(r.Bed, "Bed not known"), r.Ward)
	v.Class = "app-round__row"
	if r.Days >= longWait {
		v.LongWait = "app-round__long"
	}
	at := r.Checked.In(s.opts.Zone)
	switch {
	case isNew(r):
		v.Class += " app-round__row--new"
		v.ToLog, v.Title = mayLog, "Not logged yet"
		v.Last = "Extract of " + day.Long()
	case r.Paused:
	case s.isDone(r, today):
		v.Class += " app-round__row--done"
		v.Said = "checked " + clock(at)
		if r.Last == logbook.Opened {
			v.Said = "logged " + clock(at)
		}
		if mayLog && r.Entry != 0 && now.Sub(r.Recorded) < s.opts.Casework.Settings.Undo {
			v.Undo = &page.Undo{Action: "/delays/" + r.Reference + "/undo", Token: visitOf(c.Request().Context()).Token,
				Hidden: []page.Hidden{{Name: "entry", Value: strconv.FormatInt(r.Entry, 10)},
					{Name: "back", Value: page.Address("/today", t.query)}}}
		}
	}
	return v
}

// rememberedWard gives the ward that the person chose last at this browser, for
// an address that chooses nothing, when somebody waits there.
func (s *Server) rememberedWard(c echo.Context, t todayAsked, all []casework.WorkRow) string {
	for word := range c.QueryParams() {
		if word != page.WordProvider {
			return ""
		}
	}
	kept, err := c.Cookie(wardCookie)
	if err != nil {
		return ""
	}
	q, err := url.ParseQuery(kept.Value)
	if err != nil || q.Get("account") != s.account(c) || q.Get(page.WordProvider) != t.provider {
		return ""
	}
	if ward := q.Get(wordWard); slices.Contains(wardsOf(all), ward) {
		return ward
	}
	return ""
}

func (s *Server) account(c echo.Context) string {
	return strconv.FormatInt(visitOf(c.Request().Context()).Person.ID, 10)
}

// rememberList keeps the list that is looked at, so that every save and every
// way back lead to it, and the ward for the next visit.
func (s *Server) rememberList(c echo.Context, t todayAsked) {
	if t.print {
		return
	}
	s.opts.Sessions.KeepList(c.Request().Context(), t.query.Encode())
	given, chosen := c.QueryParams()[wordWard]
	cookie := &http.Cookie{Name: wardCookie, Path: "/today", HttpOnly: true, Secure: s.opts.Secure, SameSite: http.SameSiteLaxMode}
	switch {
	case t.oneWard() != "":
		const days = 90
		cookie.MaxAge = days * 24 * 60 * 60
		cookie.Value = url.Values{"account": {s.account(c)}, page.WordProvider: {t.provider}, wordWard: {t.oneWard()}}.Encode()
	case chosen && strings.Join(given, "") == "":
		cookie.MaxAge = -1
	default:
		return
	}
	c.SetCookie(cookie)
}

// keptList gives the words of the list that the person looked at last, for a
// hospital.
func (s *Server) keptList(c echo.Context, provider string) url.Values {
	q, err := url.ParseQuery(s.opts.Sessions.List(c.Request().Context()))
	if err != nil {
		q = url.Values{}
	}
	if given := q.Get(page.WordProvider); given != provider {
		mine := s.actor(c).Scope().Providers()
		if given != "" || len(mine) == 0 || mine[0] != provider {
			q = url.Values{page.WordProvider: {provider}}
		}
	}
	if len(q) == 0 {
		q = url.Values{page.WordProvider: {provider}}
	}
	return q
}

// backToList leads back to a row of the list that the person came from.
func (s *Server) backToList(c echo.Context, provider, reference string) string {
	return page.Address("/today", s.keptList(c, provider)) + "#row-" + reference
}
