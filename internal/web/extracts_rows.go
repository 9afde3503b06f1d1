package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"homeward/internal/audit"
	"homeward/internal/ingest"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// RejectedRows are the rows of a file that were put aside, with the file's own
// headings.
type RejectedRows struct {
	Headings []string
	Rows     []RejectedRow
}

// RejectedRow is one reason for which a row was put aside, with its cells.
type RejectedRow struct {
	Line                       int
	Field, Found, Expected, Do string
	Cells                      []string
}

func (s *Server) rowsRoutes() []route {
	return []route{{http.MethodGet, "/extracts/:id/rows.csv", s.may(people.SeeRejected, s.rejectedCSV), false}}
}

// seesRejected says whether somebody sees the rows of a file that were put aside,
// and with identifiers: coordinators and reviewers those of their own hospitals,
// analysts all without (P1).
func (s *Server) seesRejected(by people.Actor, r ingest.Report) (sees, identifiers bool) {
	if !by.May(people.SeeRejected) {
		return false, false
	}
	if !by.May(people.SeeIdentifiers) {
		return true, false
	}
	own := map[string]bool{}
	for _, code := range by.Scope().Providers() {
		own[code] = true
	}
	of := r.Providers
	if len(of) == 0 {
		of = []string{r.Provider}
	}
	for _, code := range of {
		if !own[code] && !own[s.opts.Places.ShownAs(code)] {
			return false, false
		}
	}
	// Of a file that was turned away, or that holds several hospitals' rows, it is not
	// known whose every row is.
	if r.Outcome == ingest.Rejected || len(r.Providers) > 1 {
		return by.Scope().Identifiers(), false
	}
	return by.Scope().Identifiers(), by.Scope().Identifiers()
}

// rejectedCSV gives the rows that were put aside, to be put right where they come
// from. With identifiers it is noted in the audit log before any leaves (P2).
func (s *Server) rejectedCSV(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	ctx, by, sum := c.Request().Context(), s.actor(c), c.Param("id")
	if !isSum(sum) {
		return problem.New(problem.NotFound, "There is no receipt at this address. Receipts are listed on the extracts page.")
	}
	got, err := s.opts.Extracts.Receipt(ctx, sum)
	if err != nil {
		return err
	}
	sees, identifiers := s.seesRejected(by, got.Report)
	if !sees {
		return problem.New(problem.NotFound, "The rows of this file are for its own hospital's coordinators and reviewers to see.")
	}
	rows, err := s.opts.Extracts.RejectedRows(ctx, sum, identifiers)
	if err != nil {
		return err
	}
	t := page.Twin{Title: "Rows put aside", Definitions: []string{},
		Columns: []page.Column{{Name: "row", Number: true}, {Name: "column"}, {Name: "found"}, {Name: "expected"}, {Name: "what_to_do"}}}
	for _, h := range rows.Headings {
		t.Columns = append(t.Columns, page.Column{Name: h})
	}
	for _, r := range rows.Rows {
		t.Rows = append(t.Rows, append([]string{strconv.Itoa(r.Line), r.Field, r.Found, r.Expected, r.Do}, r.Cells...))
	}
	if identifiers {
		if err := s.opts.SignIn.Store.Record(ctx, audit.Entry{Who: by.Who(), As: by.As(), From: by.Address, What: audit.RowsExported,
			Record: sum, After: strconv.Itoa(len(rows.Rows)) + " rows put aside, with identifiers"}); err != nil {
			return err
		}
	}
	return s.sendCSV(c, "homeward-rows-put-aside.csv", t)
}
