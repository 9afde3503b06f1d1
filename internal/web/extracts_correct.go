package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// WrongRow is a row that was put aside, with its cells that may be changed.
type WrongRow struct {
	Line int
	Why  []extract.Problem
	// Cells is empty where none may be changed here.
	Cells []WrongCell
}

// WrongCell is one cell; At is its column from 0, and Wrong says that it is one of
// those for which the row was put aside.
type WrongCell struct {
	At            int
	Heading, Text string
	Wrong         bool
}

// CellText is what a cell of a row is to hold.
type CellText struct {
	Line, At int
	Text     string
}

// Correction says that cells of a file were changed by hand before it was taken in,
// and of which file they were.
type Correction struct {
	Of  string // SHA-256, in lower-case hexadecimal
	Why string
	// Words name the cells.
	Words string
}

// Note is the sentence for the receipt of the file.
func (c Correction) Note() string {
	return "Changed by hand in Homeward before it was taken in: " + c.Words + ". Reason: " + strings.TrimSuffix(c.Why, ".") +
		". The file as it was sent has the fingerprint " + c.Of[:12] + "."
}

const (
	// mostWrongRows bounds the rows of one form.
	mostWrongRows = 20
)

func correctPath(sum string) string { return "/extracts/" + sum + "/correct" }

func (s *Server) correctRoutes() []route {
	return []route{
		{http.MethodGet, "/extracts/:id/correct", s.may(people.TakeExtracts, s.correctPage), false},
		{http.MethodPost, "/extracts/:id/correct", s.may(people.TakeExtracts, s.correct), true},
	}
}

type correctView struct {
	page.Form
	Caption, Action, Back, More string
	Rows                        []wrongRowView
	Why                         page.Field
}

type wrongRowView struct {
	Name string
	Why  []string
	// Wrong are the cells for which it was put aside, Other the others, under Others.
	Wrong, Other []page.Field
	Others       string
	None         string
}

func cellID(line, at int) string { return fmt.Sprintf("row-%d-cell-%d-words", line, at) }

// wrongRowsOf gives the file of the address and its rows that were put aside.
func (s *Server) wrongRowsOf(c echo.Context) (sum, name string, rows []WrongRow, err error) {
	sum = c.Param("id")
	if !isSum(sum) {
		return "", "", nil, problem.New(problem.NotFound, "There is no receipt at this address. Receipts are listed on the extracts page.")
	}
	got, err := s.opts.Extracts.Receipt(c.Request().Context(), sum)
	if err != nil {
		return "", "", nil, err
	}
	if sees, _ := s.seesRejected(s.actor(c), got.Report); !sees || s.opts.Looks == nil {
		return "", "", nil, problem.New(problem.NotFound, "The rows of this file cannot be changed here.")
	}
	rows, err = s.opts.Extracts.WrongRows(c.Request().Context(), sum)
	return sum, got.Report.File, rows, err
}

func (s *Server) wrongRowsForm(c echo.Context, sum, name string, rows []WrongRow, typed map[string]string, why string) *correctView {
	v := &correctView{Form: page.Form{Frame: s.frame(c, "Correct rows that were put aside")}, Caption: name, Action: correctPath(sum),
		Back: "/extracts/" + sum}
	v.Why = page.Field{ID: "why", Label: "How do you know?", Value: nhsnumber.Redact(why),
		Hint: "For example, the ward was asked, or the patient system says so now. Every partner reads it: do not name people."}
	if n := len(rows) - mostWrongRows; n > 0 {
		v.More = "These are the first " + count(mostWrongRows) + " rows. Take these in first, then correct the other " +
			plural(int64(n), "row", "rows") + " from the receipt of the new file."
		rows = rows[:mostWrongRows]
	}
	for _, row := range rows {
		one := wrongRowView{Name: "Row " + count(int64(row.Line))}
		for _, p := range row.Why {
			words := p.Found + ". Expected: " + p.Expected + "."
			if p.Field != "" {
				words = p.Field + ": " + words
			}
			one.Why = append(one.Why, nhsnumber.Redact(words))
		}
		for _, cell := range row.Cells {
			f := page.Field{ID: cellID(row.Line, cell.At), Label: cell.Heading, Value: cell.Text, Complete: "off", Class: "nhsuk-input--width-20"}
			if text, ok := typed[f.ID]; ok {
				f.Value = nhsnumber.Redact(text)
			}
			if cell.Wrong {
				one.Wrong = append(one.Wrong, f)
			} else {
				one.Other = append(one.Other, f)
			}
		}
		switch {
		case len(row.Cells) == 0:
			one.None = "The cells of this row do not stand under the headings, so it is put right where it comes from."
		case len(one.Wrong) == 0:
			one.None = "What is wrong may identify somebody and is not shown here, so it is put right where it comes from."
		}
		if n := len(one.Other); n > 0 {
			one.Others = "The other cells of row " + count(int64(row.Line))
		}
		v.Rows = append(v.Rows, one)
	}
	return v
}

func (s *Server) correctPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	sum, name, rows, err := s.wrongRowsOf(c)
	if err != nil {
		return err
	}
	return s.page(c, "correct", s.wrongRowsForm(c, sum, name, rows, nil, ""))
}

// correct has the file with the changed cells looked at, like one that is sent: what
// it would give is seen before it counts.
func (s *Server) correct(c echo.Context) error {
	sum, name, rows, err := s.wrongRowsOf(c)
	if err != nil {
		return err
	}
	why := strings.Join(strings.Fields(typed(c, "why")), " ")
	entered := map[string]string{}
	var cells []CellText
	var words []string
	form, err := c.FormParams()
	if err != nil {
		return problem.Wrap(err, problem.Invalid, "The form could not be read")
	}
	wrong, sentence := "", ""
	for _, row := range rows[:min(len(rows), mostWrongRows)] {
		var changed []string
		for _, cell := range row.Cells {
			id := cellID(row.Line, cell.At)
			if !form.Has(id) {
				continue
			}
			text := typed(c, id)
			entered[id] = text
			if text == cell.Text {
				continue
			}
			if nhsnumber.In(text) && wrong == "" {
				wrong, sentence = id, "Remove the NHS number. Numbers that identify a person are not typed here"
			}
			cells = append(cells, CellText{row.Line, cell.At, text})
			changed = append(changed, cell.Heading)
		}
		if len(changed) > 0 {
			words = append(words, "row "+count(int64(row.Line))+" ("+strings.Join(changed, ", ")+")")
		}
	}
	switch {
	case wrong != "":
	case len(cells) == 0:
		wrong, sentence = "main", "Change a cell, or go back to the receipt"
	case why == "":
		wrong, sentence = "why", "Enter how you know"
	case len([]rune(why)) > decisionLimit:
		wrong, sentence = "why", "How you know must be "+count(decisionLimit)+" characters or less"
	case nhsnumber.In(why):
		wrong, sentence = "why", "Remove the NHS number. Do not type numbers that identify a person here"
	}
	var id string
	if sentence == "" {
		id, err = s.lookAtCorrected(c, sum, cells, Correction{Of: sum, Why: why, Words: strings.Join(words, ", ")})
		if kind := problem.KindOf(err); kind == problem.Invalid || kind == problem.Conflict {
			wrong, sentence, err = "main", problem.Sentence(err), nil
		}
	}
	switch {
	case err != nil:
		return err
	case sentence != "":
		v := s.wrongRowsForm(c, sum, name, rows, entered, why)
		v.Wrong(wrong, sentence)
		v.mark(wrong, sentence)
		return s.pageAs(c, http.StatusUnprocessableEntity, "correct", v)
	}
	return c.Redirect(http.StatusSeeOther, lookPath+"/"+id)
}

// mark puts an error beside its field.
func (v *correctView) mark(id, sentence string) {
	fields := []*page.Field{&v.Why}
	for _, row := range v.Rows {
		for i := range row.Wrong {
			fields = append(fields, &row.Wrong[i])
		}
		for i := range row.Other {
			fields = append(fields, &row.Other[i])
		}
	}
	for _, f := range fields {
		if f.ID == id {
			f.Error = sentence
		}
	}
}

func (s *Server) lookAtCorrected(c echo.Context, sum string, cells []CellText, how Correction) (string, error) {
	ctx, by := c.Request().Context(), s.actor(c)
	file, err := s.opts.Extracts.Corrected(ctx, sum, cells)
	if err != nil {
		return "", err
	}
	file.Correction = &how
	id, err := s.opts.Looks.Begin(ctx, by, []SentFile{file})
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithTimeout(ctx, lookWait)
	defer stop()
	_, err = s.opts.Looks.Look(ctx, by, id)
	return id, err
}
