package web

import (
	"github.com/labstack/echo/v4"

	"homeward/internal/web/page"
)

const statusPath = "/admin/status"

// CheckState says whether something is as it should be.
type CheckState string

// The states of a check, in words for the reader.
const (
	CheckGood  CheckState = "Good"
	CheckLook  CheckState = "Look at it"
	CheckWrong CheckState = "Not right"
)

// Check is one thing that Homeward hangs on: what was found, and what to do where it
// is not as it should be.
type Check struct {
	Name  string     `json:"name"`
	State CheckState `json:"state"`
	Found string     `json:"found"`
	Do    string     `json:"do,omitempty"`
}

// do says what to do, also where what was found says it.
func (c Check) do() string {
	switch {
	case c.Do != "":
		return c.Do
	case c.State == CheckGood:
		return "Nothing"
	}
	return "What was found says it."
}

type statusView struct {
	page.Frame
	Lede  string
	Table page.Table
}

var checkTags = map[CheckState]string{CheckGood: "nhsuk-tag--green", CheckLook: "nhsuk-tag--yellow", CheckWrong: "nhsuk-tag--red"}

func (s *Server) statusPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	v := statusView{Frame: s.frame(c, "Status")}
	v.Table = page.Table{ID: "status", Caption: "What Homeward hangs on", HiddenCaption: true, Stack: true,
		Head: []page.Head{{Text: "What"}, {Text: "State"}, {Text: "Found"}, {Text: "What to do"}}}
	of := map[CheckState]int64{}
	for _, check := range s.opts.Status(c.Request().Context()) {
		of[check.State]++
		v.Table.Rows = append(v.Table.Rows, []page.Cell{{Text: check.Name, Header: true},
			{Text: string(check.State), Tag: checkTags[check.State]}, {Text: check.Found}, {Text: check.do()}})
	}
	switch {
	case of[CheckWrong] > 0:
		v.Lede = plural(of[CheckWrong], "thing is", "things are") + " not right. Each says what to do."
	case of[CheckLook] > 0:
		v.Lede = "Homeward works. " + plural(of[CheckLook], "thing is", "things are") + " worth a look."
	default:
		v.Lede = "Everything is as it should be."
	}
	return s.page(c, "status", v)
}

func (s *Server) statusJSON(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	t := page.Twin{Title: "Status", Definitions: []string{},
		Columns: []page.Column{{Name: "name"}, {Name: "state"}, {Name: "found"}, {Name: "do"}}}
	for _, check := range s.opts.Status(c.Request().Context()) {
		t.Rows = append(t.Rows, []string{check.Name, string(check.State), check.Found, check.do()})
	}
	return s.sendJSON(c, t)
}
