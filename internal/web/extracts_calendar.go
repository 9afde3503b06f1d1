package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// The calendar shows where every hospital's extract of every day stands, over
// any period.

const (
	calendarPath = "/extracts/calendar"
	// calendarMost bounds its period, in days.
	calendarMost = 366
)

func (s *Server) calendarRoutes() []route {
	return []route{
		{http.MethodGet, calendarPath, s.may(people.SeeExtracts, s.calendarPage), false},
		{http.MethodGet, calendarPath + ".csv", s.may(people.SeeExtracts, s.calendarCSV), false},
		{http.MethodGet, calendarPath + ".json", s.may(people.SeeExtracts, s.calendarJSON), false},
	}
}

type calendarView struct {
	page.Frame
	Lede, Showing, Empty string
	Filters              page.Filters
	Links                []page.Link
	// Sums has a line for each hospital, with when its extract is due.
	Sums page.Table
	// Months have a table each where there is more than one, the newest first and
	// open; ID is empty for the one of a single month.
	Months  []calendarMonth
	Lists   []providerList
	Strange []strangeFile
}

// calendarMonth is what is shown of one month.
type calendarMonth struct {
	ID, Name, Note string
	Open           bool
	Heads          []string
	Days           []calendarDay
}

// Single says whether there is but one month, which needs no folding.
func (v calendarView) Single() bool { return len(v.Months) == 1 }

// calendarDay is one day with a cell for each hospital.
type calendarDay struct {
	Day   string
	Cells []calendarCell
}

// calendarCell says where one hospital's extract of one day stands: Words with a
// colour, More in plain words, and the receipts.
type calendarCell struct {
	Words, Tag, More string
	Links            []page.Link
}

// strangeFile is a file that was turned away and is nobody's as far as is known.
type strangeFile struct{ Name, Href, When, Reason string }

// calendarOf is what the calendar is asked for.
func (s *Server) calendarOf(c echo.Context) (fortnightOf, []TurnedAway, error) {
	ctx := c.Request().Context()
	var f fortnightOf
	a, err := s.opts.Places.Read(c.QueryParams(), page.WordFrom, page.WordTo, page.WordLast, page.WordProvider, page.WordView)
	if err != nil {
		return f, nil, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return f, nil, err
	}
	if _, f.Latest, err = now.Extent(ctx); err != nil {
		return f, nil, err
	}
	newest := s.today()
	if f.Latest != 0 && newest-f.Latest >= fortnight {
		newest = f.Latest // The data is of long ago.
	}
	switch {
	case a.From == 0 && a.To == 0 && a.Last == "":
		a.From, a.To = newest.Month().First(), newest.Month().Last()
	case a.From == 0 && a.Last == "":
		a.From = a.To.Month().First()
	}
	if f.From, f.To, err = a.Period(newest); err != nil {
		return f, nil, err
	}
	if f.To-f.From >= calendarMost {
		return f, nil, problem.New(problem.Invalid, "Choose a period of %d days or fewer.", calendarMost)
	}
	if f.Lines, err = now.Arrivals(ctx, f.From, f.To); err != nil {
		return f, nil, err
	}
	f.Asked = a.Filter.Providers
	if len(f.Asked) > 0 {
		f.Lines = slices.DeleteFunc(f.Lines, func(l measure.ExtractLine) bool { return !slices.Contains(f.Asked, l.Code) })
	}
	away, err := s.opts.Extracts.TurnedAway(ctx, f.From, f.To)
	return f, away, err
}

func (f fortnightOf) query(from, to delay.Day) url.Values {
	q := page.Dated(measure.Filter{Providers: f.Asked}, from, to)
	q.Del(page.WordBasis) // Extracts are in or not, whatever is agreed of their days.
	return q
}

func (s *Server) calendarPage(c echo.Context) error {
	f, away, err := s.calendarOf(c)
	if err != nil {
		return err
	}
	v := calendarView{Frame: s.frame(c, "Calendar of extracts"), Showing: "Showing " + span(f.From, f.To) + "."}
	v.Crumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}}
	if len(f.Lines) == 0 {
		v.Empty = "No hospital sends extracts yet."
		return s.page(c, "calendar", v)
	}
	v.Lede = calendarWords(f.Lines)
	v.Filters = page.Filters{Action: calendarPath, Clear: calendarPath,
		Dates:  &page.DateFields{From: f.From.String(), To: f.To.String()},
		Groups: s.opts.Places.Groups(measure.Filter{Book: s.opts.Places.Book, Providers: f.Asked})[:1]}
	before, after := (f.From - 1).Month(), (f.To + 1).Month()
	v.Links = []page.Link{{Text: "Month before", Href: page.Address(calendarPath, f.query(before.First(), before.Last()))}}
	if f.To < s.today() {
		v.Links = append(v.Links, page.Link{Text: "Month after", Href: page.Address(calendarPath, f.query(after.First(), after.Last()))})
	}
	v.Links = append(v.Links, page.Link{Text: "CSV", Href: page.Address(calendarPath+".csv", f.query(f.From, f.To))},
		page.Link{Text: "JSON", Href: page.Address(calendarPath+".json", f.query(f.From, f.To))})
	v.Sums = calendarSums(f.Lines)
	days, heads, lists := calendarDays(f)
	v.Months, v.Lists = calendarMonths(f, days, heads), lists
	for _, t := range away {
		known := slices.ContainsFunc(f.Lines, func(l measure.ExtractLine) bool { return l.Code == t.Provider })
		if !known && len(f.Asked) == 0 {
			v.Strange = append(v.Strange, strangeFile{t.Name, "/extracts/" + t.File, s.moment(t.At), t.Reason})
		}
	}
	return s.page(c, "calendar", v)
}

// calendarWords says what needs attention.
func calendarWords(lines []measure.ExtractLine) string {
	raised := measure.Raise(lines)
	if len(raised) == 0 {
		return "Every hospital's latest extract is in."
	}
	var words []string
	for _, r := range raised {
		words = append(words, r.Words("in the days shown"))
	}
	return strings.Join(words, " ")
}

// expectedWords says when a line's extracts are due.
func expectedWords(line measure.ExtractLine) string {
	days := "Every day"
	if line.Sends != "" {
		days = line.Sends
	}
	if line.Due == "" {
		return days + ", no time set"
	}
	return days + ", by " + dueWords(line.Due) + " the morning after"
}

func calendarSums(lines []measure.ExtractLine) page.Table {
	t := page.Table{ID: "sums", Caption: "By hospital", Stack: true, Head: []page.Head{{Text: "Hospital"}, {Text: "Expected"}}}
	heads := []string{"In", "Late", "Missing", "Held", "Corrected", "Read again", "Rejected"}
	for _, h := range heads {
		t.Head = append(t.Head, page.Head{Text: h, Numeric: true})
	}
	for _, line := range lines {
		var n [7]int
		for _, d := range line.Days {
			for i, is := range []bool{d.Arrival == measure.In, d.Arrival == measure.Late, d.Arrival == measure.Missing, d.Held != "",
				d.Files > 1, d.Reading != 0, len(d.Rejected) > 0} {
				if is {
					n[i]++
				}
			}
		}
		row := []page.Cell{{Text: line.Name, Header: true}, {Text: expectedWords(line)}}
		for _, days := range n {
			row = append(row, page.Cell{Text: count(int64(days)), Class: page.Numeric})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// calendarMonths divides the days, and says of each month what is not in, so that
// nobody has to open one to find it.
func calendarMonths(f fortnightOf, days []calendarDay, heads []string) []calendarMonth {
	var months []calendarMonth
	for at := 0; at < len(days); {
		first := f.From + delay.Day(at)
		end := min(len(days), int(first.Month().Last()-f.From)+1)
		late, missing, held := 0, 0, 0
		for _, line := range f.Lines {
			for _, d := range line.Days[at:end] {
				if d.Held != "" {
					held++
				}
				switch d.Arrival {
				case measure.Late:
					late++
				case measure.Missing:
					missing++
				}
			}
		}
		m := calendarMonth{ID: "days-" + first.Time().Format("2006-01"),
			Name: first.Time().Format("January 2006"), Heads: heads, Days: days[at:end]}
		var raised []string
		for _, of := range []struct {
			n    int
			word string
		}{{missing, "missing"}, {late, "late"}, {held, "held"}} {
			if of.n > 0 {
				raised = append(raised, count(int64(of.n))+" "+of.word)
			}
		}
		m.Note = cmp.Or(strings.Join(raised, ", "), "nothing missing, late or held")
		months = append(months, m)
		at = end
	}
	slices.Reverse(months)
	months[0].Open = true
	if len(months) == 1 {
		months[0].ID, months[0].Name, months[0].Note = "days", "By day", ""
	}
	return months
}

// calendarDays gives a row for each day, the first first, and for narrow screens
// a list for each hospital, the last first.
func calendarDays(f fortnightOf) (days []calendarDay, heads []string, lists []providerList) {
	for _, line := range f.Lines {
		heads = append(heads, line.Name)
		lists = append(lists, providerList{Name: line.Name})
	}
	for at := range int(f.To-f.From) + 1 {
		one := calendarDay{Day: (f.From + delay.Day(at)).Time().Format("Mon\u00a02\u00a0Jan")}
		for i, line := range f.Lines {
			d := line.Days[at]
			marks := d.Marks()
			cell := calendarCell{Words: marks[0], Tag: tags[d.Arrival], More: strings.Join(marks[1:], ", ")}
			item := listItem{Day: d.Day.Time().Format("Monday 2 January"), Words: strings.Join(marks, ", "), Tag: tags[d.Arrival]}
			if d.File != "" {
				rows := plural(int64(d.Rows), "row", "rows")
				cell.Links = append(cell.Links, page.Link{Text: rows, Href: "/extracts/" + d.File})
				item.Rows, item.Href = rows, "/extracts/"+d.File
			}
			if d.Held != "" && d.Held != d.File {
				cell.Links = append(cell.Links, page.Link{Text: "held file", Href: "/extracts/" + d.Held})
			}
			for _, file := range d.Rejected {
				cell.Links = append(cell.Links, page.Link{Text: "rejected file", Href: "/extracts/" + file})
			}
			one.Cells = append(one.Cells, cell)
			lists[i].Items = append([]listItem{item}, lists[i].Items...)
		}
		days = append(days, one)
	}
	for i := range lists {
		lists[i] = lists[i].fold()
	}
	return days, heads, lists
}

func (s *Server) calendarTwin(c echo.Context) (page.Twin, error) {
	f, _, err := s.calendarOf(c)
	if err != nil {
		return page.Twin{}, err
	}
	t := page.Twin{Title: "Calendar of extracts", From: f.From.String(), To: f.To.String(), Definitions: []string{}, AsAt: f.Latest.String(),
		Columns: []page.Column{{Name: "provider"}, {Name: "provider_name"}, {Name: "day"}, {Name: "status"}, {Name: "expected"},
			{Name: "rows", Number: true}, {Name: "files", Number: true}, {Name: "read_again"}, {Name: "file"}, {Name: "held_file"},
			{Name: "rejected_files"}, {Name: "missing_from"}}}
	yes := map[bool]string{true: "yes", false: "no"}
	for _, line := range f.Lines {
		for _, d := range line.Days {
			rows := ""
			if d.File != "" {
				rows = strconv.Itoa(d.Rows)
			}
			t.Rows = append(t.Rows, []string{line.Code, line.Name, d.Day.String(), strings.Join(d.Marks(), ", "), expectedWords(line), rows,
				strconv.Itoa(d.Files), yes[d.Reading != 0], d.File, d.Held, strings.Join(d.Rejected, " "), strings.Join(d.Lacks, " ")})
		}
	}
	return t, nil
}

func (s *Server) calendarCSV(c echo.Context) error {
	t, err := s.calendarTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-calendar.csv", t)
}

func (s *Server) calendarJSON(c echo.Context) error {
	t, err := s.calendarTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}
