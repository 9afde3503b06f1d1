package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/web/page"
)

type jobsView struct {
	page.Frame
	Started string
	Empty   bool
	Rows    []jobRow
}

type jobRow struct {
	Title, When, Last, Result, Tag, Message, Took, Next string
	Action                                              string
}

// resultTags are the colours of the result words.
var resultTags = map[string]string{
	"Finished": "nhsuk-tag--green", "Did not finish": "nhsuk-tag--red", "Skipped": "nhsuk-tag--white", "Running": "nhsuk-tag--blue",
}

const wordStarted = "started"

func (s *Server) jobsPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), wordStarted, page.WordView); err != nil {
		return err
	}
	jobs, err := s.opts.Jobs.List(c.Request().Context())
	if err != nil {
		return err
	}
	v := jobsView{Frame: s.frame(c, "Jobs"), Empty: len(jobs) == 0}
	for _, j := range jobs {
		if j.Name == c.QueryParam(wordStarted) {
			v.Started = "Started: " + j.Title + "."
		}
		row := jobRow{Title: j.Title, When: j.When, Last: "Not yet", Result: "Not run yet", Tag: "nhsuk-tag--white", Message: j.Message,
			Took: "Not applicable", Next: "Not planned", Action: "/admin/jobs/" + j.Name + "/run"}
		if !j.Last.IsZero() {
			row.Last, row.Took = s.moment(j.Last), took(j.Took)
		}
		if j.Result != "" {
			row.Result, row.Tag = j.Result, resultTags[j.Result]
		}
		if !j.Next.IsZero() {
			row.Next = s.moment(j.Next)
		}
		if j.Waits {
			row.Next = "In its turn: it was missed while Homeward was off"
			if j.Last.IsZero() {
				row.Next = "In its turn, for the first time"
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return s.page(c, "jobs", v)
}

func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return "under 1 second"
	case d < time.Minute:
		return plural(int64(d.Round(time.Second)/time.Second), "second", "seconds")
	}
	return plural(int64(d.Round(time.Minute)/time.Minute), "minute", "minutes")
}

func (s *Server) runJob(c echo.Context) error {
	name := c.Param("name")
	if err := s.opts.Jobs.Run(c.Request().Context(), name); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page.Address("/admin/jobs", map[string][]string{wordStarted: {name}}))
}

func (s *Server) jobsJSON(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	jobs, err := s.opts.Jobs.List(c.Request().Context())
	if err != nil {
		return err
	}
	t := page.Twin{
		Title:       "Jobs",
		Definitions: []string{},
		Columns: []page.Column{{Name: "name"}, {Name: "title"}, {Name: "when"}, {Name: "last"},
			{Name: "result"}, {Name: "message"}, {Name: "seconds", Number: true}, {Name: "next"}, {Name: "waits"}},
	}
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(s.opts.Zone).Format(time.RFC3339)
	}
	for _, j := range jobs {
		waits := "no"
		if j.Waits {
			waits = "yes"
		}
		t.Rows = append(t.Rows, []string{j.Name, j.Title, j.When, stamp(j.Last), j.Result, j.Message,
			strconv.FormatFloat(j.Took.Seconds(), 'f', 3, 64), stamp(j.Next), waits})
	}
	return s.sendJSON(c, t)
}
