package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Again reads received files again with layouts, words, councils and rules that
// have changed since they came.
type Again interface {
	// Concerned counts the received files, of those that are kept, that were read
	// with others.
	Concerned(ctx context.Context) (int, error)
	// Offer says what reading them again changes, nil while that is being worked
	// out. What it gives must not be changed.
	Offer(ctx context.Context) (*ingest.Offer, error)
	// Take does it, noted in the audit log, if the offer is still the one whose
	// Seen is given; else the error is a Conflict problem.
	Take(ctx context.Context, by people.Actor, reason, seen string) error
}

const againPath = "/extracts/again"

// againTime bounds how long a request waits for files to be read again. The work
// goes on beyond it.
const againTime = 5 * time.Minute

func (s *Server) againRoutes() []route {
	return []route{
		{http.MethodGet, againPath, s.may(people.ReadAgain, s.againPage), false},
		{http.MethodGet, againPath + ".csv", s.may(people.ReadAgain, s.againCSV), false},
		{http.MethodGet, againPath + ".json", s.may(people.ReadAgain, s.againJSON), false},
		{http.MethodPost, againPath, s.may(people.ReadAgain, s.readAgain), true},
	}
}

// againBanner says, to those who may do something about it, that files were read
// with other words than today's; empty when none was.
func (s *Server) againBanner(c echo.Context) (string, error) {
	if s.opts.Again == nil || !s.opens(againPath, s.actor(c)) {
		return "", nil
	}
	n, err := s.opts.Again.Concerned(c.Request().Context())
	if err != nil || n == 0 {
		return "", err
	}
	return measure.UpperFirst(measure.Plural(int64(n), "received file was", "received files were")) +
		" read with other layouts, words, councils or rules than today's.", nil
}

// againView is the page that says what reading files again changes.
type againView struct {
	page.Form
	Lede    string
	Waiting bool
	// Moved says that delayed days differ, Tables what differs.
	Moved  string
	Tables []page.Table
	Links  []page.Link
	// Action is the form's address, empty when there is nothing to read again; Seen
	// names what the page shows.
	Action, Seen string
	Parts        []page.Part
}

func (s *Server) offer(c echo.Context) (*ingest.Offer, error) {
	if s.opts.Again == nil {
		return nil, problem.New(problem.Unavailable, "Received files cannot be read again here.")
	}
	return s.opts.Again.Offer(c.Request().Context())
}

func (s *Server) againPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	o, err := s.offer(c)
	if err != nil {
		return err
	}
	return s.page(c, "readagain", s.againView(c, o, "", ""))
}

func (s *Server) againView(c echo.Context, o *ingest.Offer, why, wrong string) againView {
	v := againView{Form: page.Form{Frame: s.frame(c, "Read again"), Said: s.opts.Sessions.Said(c.Request().Context())}}
	v.Crumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}}
	if o == nil {
		v.Waiting = true
		return v
	}
	v.Lede = o.Words()
	if len(o.Files) == 0 {
		return v
	}
	v.Links = []page.Link{{Text: "CSV", Href: againPath + ".csv"}, {Text: "JSON", Href: againPath + ".json"}}
	v.Moved = "No delayed day changes."
	if len(o.Days) > 0 {
		v.Moved = "Months that are closed keep their figures; the difference shows there as a revision."
	}
	v.Tables = s.againTables(o)
	if o.Open() == 0 {
		return v
	}
	v.Action, v.Seen = againPath, o.Seen
	v.Parts = []page.Part{{Kind: "area", ID: "why", Label: "Why are they read again?", Max: decisionLimit, Value: why, Error: wrong,
		Hint: "For example, the words of a new system were added. The audit log keeps it: do not name people."}}
	v.Wrong("why", wrong)
	return v
}

// readThen and readNow head what files gave and what they would give.
const readThen, readNow = "As read then", "Read again"

func (s *Server) againTables(o *ingest.Offer) []page.Table {
	var out []page.Table
	if o.Count(ingest.ReadsOtherwise) > 0 {
		t := beforeAndAfter("rows", "Rows of the files that read otherwise", "Rows", readThen, readNow)
		for _, r := range []struct {
			name          string
			before, after int
		}{{"Read", o.Before.Read, o.After.Read}, {"Kept", o.Before.Kept, o.After.Kept}, {"Could not be understood", o.Before.Quarantined,
			o.After.Quarantined},
			{"Outside what is counted", o.Before.Excluded, o.After.Excluded}} {
			t.Rows = append(t.Rows, beforeAndAfterLine(r.name, int64(r.before), int64(r.after)))
		}
		out = append(out, t)
	}
	out = append(out, s.daysTables("by-", readThen, readNow, o.All)...)
	number := func(n int64) page.Cell { return page.Cell{Text: measure.Whole(n), Class: page.Numeric} }
	files := page.Table{
		ID:      "files",
		Caption: "Files that do not read the same",
		Head: []page.Head{{Text: "File", Numeric: false}, {Text: "Arrived", Numeric: false},
			{Text: "Read again", Numeric: false},
			{Text: "Kept then", Numeric: true}, {Text: "Kept now", Numeric: true}},
	}
	const most = 100
	more := 0
	for _, f := range o.Files {
		if f.Fate == ingest.ReadsTheSame {
			continue
		}
		if len(files.Rows) == most {
			more++
			continue
		}
		fate := measure.UpperFirst(string(f.Fate))
		if f.Why != "" {
			fate += ". " + f.Why
		}
		files.Rows = append(files.Rows, []page.Cell{{Text: f.File, Header: true, Href: "/extracts/" + f.SHA256}, {Text: s.moment(f.Received)},
			{Text: fate},
			number(int64(f.Before.Kept)), number(int64(f.After.Kept))})
	}
	if more > 0 {
		files.Caption += fmt.Sprintf(", the first %d of %s", most, measure.Whole(int64(most+more)))
	}
	if len(files.Rows) > 0 {
		out = append(out, files)
	}
	return out
}

func monthOf(d ingest.DaysChange) string {
	if m, err := delay.ParseMonth(d.Month); err == nil {
		return m.Long()
	}
	return d.Month
}

func (s *Server) againCouncil(code string) string {
	if !strings.HasPrefix(code, "not") {
		return s.opts.Places.CouncilWords(delay.Council(code))
	}
	return code
}

// againTwin gives every line of delayed days that differs.
func (s *Server) againTwin(c echo.Context) (page.Twin, error) {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return page.Twin{}, err
	}
	o, err := s.offer(c)
	if err != nil {
		return page.Twin{}, err
	}
	if o == nil {
		return page.Twin{}, problem.New(problem.Unavailable, "What would change is being worked out. Try again in a minute.")
	}
	t := page.Twin{
		Title:       "What reading received files again changes",
		Definitions: []string{measure.DelayedDays},
		AsAt:        s.today().String(),
		Measure:     measure.DelayedDays,
		Columns: []page.Column{
			{Name: "month", Number: false},
			{Name: "provider", Number: false},
			{Name: "council", Number: false},
			{Name: "type_of_care", Number: false},
			{Name: "reason", Number: false},
			{Name: "responsible", Number: false},
			{Name: "delayed_days_before", Number: true},
			{Name: "delayed_days_after", Number: true},
		},
		Rows: [][]string{},
	}
	for _, d := range o.Days {
		t.Rows = append(t.Rows, []string{d.Month, d.Provider, d.Council, d.Care, d.Reason, d.Responsible, strconv.FormatInt(d.Before, 10),
			strconv.FormatInt(d.After, 10)})
	}
	return t, nil
}

func (s *Server) againCSV(c echo.Context) error {
	t, err := s.againTwin(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-read-again.csv", t)
}

func (s *Server) againJSON(c echo.Context) error {
	t, err := s.againTwin(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, t)
}

// readAgain reads the files again that the page offered.
func (s *Server) readAgain(c echo.Context) error {
	o, err := s.offer(c)
	if err != nil {
		return err
	}
	why, wrong := strings.Join(strings.Fields(typed(c, "why")), " "), ""
	switch {
	case o == nil || o.Open() == 0:
		return c.Redirect(http.StatusSeeOther, againPath)
	case why == "":
		wrong = "Enter why they are read again"
	case len([]rune(why)) > decisionLimit:
		wrong = "Why they are read again must be " + measure.Whole(decisionLimit) + " characters or less"
	case nhsnumber.In(why):
		why, wrong = "", "Remove the NHS number. Do not type numbers that identify a person here."
	}
	if wrong != "" {
		return s.pageAs(c, http.StatusUnprocessableEntity, "readagain", s.againView(c, o, why, wrong))
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), againTime)
	defer cancel()
	if err := s.opts.Again.Take(ctx, s.actor(c), why, c.FormValue("seen")); err != nil {
		return err
	}
	s.opts.Sessions.Say(ctx, "The files were read again. What was shown at past moments stays as it was.")
	return c.Redirect(http.StatusSeeOther, againPath)
}
