package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/problem"
	"homeward/internal/revision"
	"homeward/internal/web/page"
)

// This file has England's counts (D6, D7) on the pages of the month close.

// englandClosed is England's counts of a month that is closed.
type englandClosed struct {
	// kept are those that it was closed with, nil where none were kept; now is what
	// they would be today.
	kept, now *closing.England
}

// englandOf sets what a month was closed with of England's counts beside the same
// counts of now.
func (s *Server) englandOf(ctx context.Context, m delay.Month, kept *closing.England) (englandClosed, error) {
	e := englandClosed{kept: kept}
	if !s.opts.Beds && kept == nil {
		return e, nil
	}
	present, err := s.now(ctx)
	if err != nil {
		return e, err
	}
	l, err := present.Ledger(ctx)
	if err != nil {
		return e, err
	}
	e.now = s.opts.Closings.EnglandOf(l, m)
	return e, nil
}

// noEngland says why there is nothing of England's counts to give.
func noEngland(m delay.Month) error {
	return problem.New(problem.NotFound, "No counts of England's are kept of %s: no hospital listed everybody in a bed, or the month was "+
		"closed before these counts were kept. The pages of the discharge delay and the situation report have what is counted now.", m.Long())
}

// sendEngland answers with the file of England's counts that the address asks
// for; state says what they are.
func (s *Server) sendEngland(c echo.Context, content *closing.Content, e *closing.England, frozen []byte, form, part, state string) error {
	m, err := delay.ParseMonth(content.Month)
	if err != nil {
		return err
	}
	if e == nil {
		return noEngland(m)
	}
	name := "homeward-" + content.Month + "-" + strings.ReplaceAll(state, "as ", "")
	name = strings.ReplaceAll(name, " ", "-")
	switch {
	case form == formXLSX:
		return s.sendClosedBook(c, content, e, name, state)
	case part == partEngland && form == "json":
		c.Response().Header().Set("ETag", `"`+content.EnglandSHA256+`"`)
		return c.Blob(http.StatusOK, "application/json", frozen)
	case part == partEngland:
		return problem.New(problem.Invalid, "England's counts as they are kept are JSON. Ask for .json, or for part=%s or part=%s.",
			partDischarge, partSitrep)
	}
	t, err := s.closedEnglandTwin(content, e, part, state)
	if err != nil {
		return err
	}
	if form == "json" {
		return s.sendJSON(c, t)
	}
	return s.sendCSV(c, name+"-"+part+".csv", t)
}

// closedEnglandTwin gives the rows of one of England's two counts, with the columns of
// its own page's files.
func (s *Server) closedEnglandTwin(content *closing.Content, e *closing.England, part, state string) (page.Twin, error) {
	t := page.Twin{From: e.From, To: e.To, AsAt: e.AsAt}
	if part == partDischarge {
		rows, err := closedDischarges(e)
		if err != nil {
			return t, err
		}
		t.Title, t.Measure, t.Definitions = "Discharge delay of "+e.Month+", "+state, "discharge", []string{dischargeWords}
		t.RuleVersion, t.Columns = e.ReadyDate.Convention, dischargeColumns(string(measure.ByMonth))
		for _, r := range rows {
			t.Rows = append(t.Rows, r.cells(e.Month, r.First.First(), r.Last.Last()))
		}
	} else {
		rows, err := e.Situations()
		if err != nil {
			return t, err
		}
		t.Title, t.Measure = "Discharge situation report of "+e.Month+", "+state, "sitrep"
		t.Definitions = []string{sitrepWords, s.internalWords()}
		t.RuleVersion, t.Columns = orWords(e.CodeSets, "none: no reason is stated"), situationColumns(national.Dimensions)
		for _, one := range rows {
			t.Rows = append(t.Rows, s.situationCells(national.Dimensions, one, e.Report.AgeFloor))
		}
	}
	t.Columns = append(t.Columns, page.Column{Name: "closed_at"})
	for i := range t.Rows {
		t.Rows[i] = append(t.Rows[i], content.ClosedAt)
	}
	return t, nil
}

// closedDischarges gives the statistic of each place: all, the hospitals, the
// councils.
func closedDischarges(e *closing.England) ([]dischargeRow, error) {
	counted, plans, err := e.Discharges()
	if err != nil {
		return nil, err
	}
	rows := make([]dischargeRow, len(counted))
	for i, d := range counted {
		rows[i] = dischargeRow{First: d.Month, Last: d.Month, Discharges: d, Plan: plans[i]}
	}
	order := []string{"all", string(national.ByProvider), string(national.ByCouncil)}
	slices.SortStableFunc(rows, func(a, b dischargeRow) int { return slices.Index(order, a.By) - slices.Index(order, b.By) })
	return rows, nil
}

// sendClosedBook gives the month as a workbook: what it is of, the delayed days,
// and England's counts, with dates as dates and numbers as numbers.
func (s *Server) sendClosedBook(c echo.Context, content *closing.Content, e *closing.England, name, state string) error {
	about := extract.Sheet{Name: "About", Head: []string{"What", "Which"}, Widths: []float64{34, 90}}
	add := func(what string, which any) { about.Rows = append(about.Rows, []any{what, which}) }
	add("Partnership", content.Partnership)
	add("Month", content.Month)
	for _, day := range []struct{ what, iso string }{{"From", e.From}, {"To", e.To}, {"Delayed days as at", content.AsAt},
		{"Lists of everybody in a bed as at", e.AsAt}} {
		d, err := delay.ParseDay(day.iso)
		if err != nil {
			return err
		}
		add(day.what, d)
	}
	add("These figures are", state)
	if content.ClosedAt != "" {
		add("Closed at", content.ClosedAt)
		add("Closed as", s.closedAs(content.ClosedBy.Role, content.ClosedBy.Organisations))
		add("SHA-256 of England's counts", content.EnglandSHA256)
	}
	add("Before you pass it on", notToPublish)
	add("Delayed days counted by", content.Convention)
	add("Rule set of the delayed days", content.RuleSet+" "+content.RuleVersion)
	add("Discharge delay", dischargeWords)
	add("Discharge delay counted by", e.ReadyDate.Convention)
	add("Discharge delay, age on the ready date from", int64(e.ReadyDate.AgeFloor))
	add("Situation report", sitrepWords)
	add("Situation report counted by", e.Report.Convention)
	add("Situation report, age on the ready date from", int64(e.Report.AgeFloor))
	add("Code sets of the reasons", e.CodeSets)
	for _, h := range e.Hospitals {
		add("Lists of "+h.Name, listWords(h))
	}
	sheets := []extract.Sheet{about}
	for _, part := range []string{partDischarge, partSitrep} {
		t, err := s.closedEnglandTwin(content, e, part, state)
		if err != nil {
			return err
		}
		sheets = append(sheets, typedSheet(map[string]string{partDischarge: "Discharge delay", partSitrep: "Situation report"}[part], t))
	}
	sheets = append(sheets, typedSheet("Delayed days", s.countsTwin(content, state)))
	return s.sendSheets(c, name, sheets)
}

// listWords says how far a hospital's lists reach.
func listWords(h closing.Listing) string {
	words := plural(int64(h.Lists), "day", "days") + " listed, the first of all on " + longDay(h.First)
	if len(h.Missing) > 0 {
		words += "; without a list: " + dayRuns(h.Missing)
	}
	return words
}

// englandSection shows England's counts of a content.
func (s *Server) englandSection(e *closing.England, heading string) (closeSection, error) {
	sec := closeSection{ID: "england", Heading: heading}
	rows, err := closedDischarges(e)
	if err != nil {
		return sec, err
	}
	situations, err := e.Situations()
	if err != nil {
		return sec, err
	}
	sec.Words = []string{"Counted as England's two national statistics count, and kept with the month."}
	sec.Method = []string{"Discharge delay is counted as England's discharge ready date statistic does (" + e.ReadyDate.Convention + "), " +
		fmt.Sprintf("people of %d and over on the ready date. ", e.ReadyDate.AgeFloor) + dischargeWords,
		"People remaining are counted as England's discharge situation report does (" + e.Report.Convention + "), " +
			fmt.Sprintf("people of %d and over. ", e.Report.AgeFloor) + "Reasons are of the code sets " +
			orWords(e.CodeSets, "none: no reason is stated") + "."}
	sec.Tables = append(sec.Tables, listsTable(e))
	sec.Tables = append(sec.Tables, s.closedDischargeTables(e, rows)...)
	return s.closedSituationTables(sec, e, situations)
}

// listsTable says which hospitals are counted, and on which days.
func listsTable(e *closing.England) page.Table {
	t := page.Table{ID: "england-lists", Caption: "Hospitals that list everybody in a bed", Head: []page.Head{{Text: "Hospital"},
		{Text: "First list"}, {Text: "Lists of the month", Numeric: true}, {Text: "Days without one"}}}
	for _, h := range e.Hospitals {
		t.Rows = append(t.Rows, []page.Cell{{Text: h.Name, Header: true}, {Text: longDay(h.First)}, numeric(h.Lists), {Text: dayRuns(h.Missing)}})
	}
	return t
}

// closedDischargeTables are the average delay of each place and who is left out.
func (s *Server) closedDischargeTables(e *closing.England, rows []dischargeRow) []page.Table {
	text := func(words string) page.Cell { return page.Cell{Text: words, Class: page.Numeric} }
	t := page.Table{ID: "england-discharges", Caption: "Discharge delay: the average is the Better Care Fund's figure",
		Head: []page.Head{{Text: "Place"}}}
	for _, name := range []string{"Discharges", "On the ready date", "Bed days", "Share on the ready date", "Mean days of later ones",
		"Average delay, days", "Agreed plan", "Left out"} {
		t.Head = append(t.Head, page.Head{Text: name, Numeric: true})
	}
	out := page.Table{ID: "england-left-out", Caption: "Everybody who left", Head: []page.Head{{Text: "Counted, or why not"},
		{Text: "Discharges", Numeric: true}}}
	for _, r := range rows {
		all, without, plan := r.Discharges.Discharges, 0, "None"
		for _, n := range r.LeftOut {
			without += n
		}
		if r.Plan > 0 {
			plan = measure.Exact(r.Plan)
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: s.closedPlace(e, r), Header: true}, numeric(all), numeric(r.SameDay), numeric(r.BedDays),
			text(shareWords(r.SameDay, all)), text(twoDecimals(r.BedDays, r.Delayed())), text(twoDecimals(r.BedDays, all)), text(plan),
			numeric(without)})
		if r.By != "all" {
			continue
		}
		out.Rows = append(out.Rows, []page.Cell{{Text: "Counted", Header: true}, numeric(all)})
		for i, why := range national.LeftOutCauses {
			words := measure.UpperFirst(why)
			if i == 0 {
				words = fmt.Sprintf("Under %d on the ready date", e.ReadyDate.AgeFloor)
			}
			out.Rows = append(out.Rows, []page.Cell{{Text: words, Header: true}, numeric(r.LeftOut[i])})
		}
		out.Foot = []page.Cell{{Text: "All who left", Header: true}, numeric(all + without)}
	}
	if len(rows) == 0 {
		t.Rows = [][]page.Cell{{{Text: "Nobody left", Header: true}}}
		return []page.Table{t}
	}
	return []page.Table{t, out}
}

// closedPlace names the place of a discharge row as it was named when it was
// counted.
func (s *Server) closedPlace(e *closing.England, r dischargeRow) string {
	switch {
	case r.By == string(national.ByProvider) && e.Named(r.Code) != r.Code:
		return e.Named(r.Code)
	case r.By == string(national.ByCouncil) && r.Code == "":
		return "Council not known" // Hospitals stand in the same table.
	}
	return s.dischargePlace(r)
}

// closedSituationTables adds the situation report by each thing that it is broken
// down by.
func (s *Server) closedSituationTables(sec closeSection, e *closing.England, situations []national.Situation) (closeSection, error) {
	last, err := delay.ParseDay(e.AsAt)
	if err != nil {
		return sec, err
	}
	var counted, ended sitrepCounted
	counted.now = situations
	for _, one := range situations {
		if one.Day == last {
			ended.now = append(ended.now, one)
		}
	}
	heads := []page.Head{{Text: "Left while ready", Numeric: true}, {Text: "Remaining, person-days", Numeric: true},
		{Text: "Remaining, " + last.Long(), Numeric: true}}
	for _, since := range []string{"since admission", "since ready"} {
		for _, n := range national.Thresholds {
			heads = append(heads, page.Head{Text: fmt.Sprintf("%d+ %s", n, since), Numeric: true})
		}
	}
	cells := func(month, end national.Numbers) []page.Cell {
		out := []page.Cell{numeric(month.Discharged()), numeric(month.Remaining), numeric(end.Remaining)}
		for _, n := range slices.Concat(end.Stay[:], end.SinceReady[:]) {
			out = append(out, numeric(n))
		}
		return out
	}
	for _, d := range []national.Dimension{national.ByProvider, national.ByCouncil, national.ByPathway, national.ByGroup} {
		at := map[national.Key]national.Numbers{}
		for _, one := range ended.nowBy(d) {
			at[one.Key] = one.Numbers
		}
		t := page.Table{ID: "england-by-" + string(d), Caption: "Situation report by " + strings.ToLower(sitrepHeads[d]),
			Head: append([]page.Head{{Text: sitrepHeads[d]}}, heads...)}
		var all, end national.Numbers
		for _, one := range counted.nowBy(d) {
			name := s.sitrepCell(d, one.Key)
			if d == national.ByProvider {
				name = e.Named(one.Provider)
			}
			t.Rows = append(t.Rows, append([]page.Cell{{Text: name, Header: true}}, cells(one.Numbers, at[one.Key])...))
			all.Add(one.Numbers)
			end.Add(at[one.Key])
		}
		t.Foot = append([]page.Cell{{Text: "All", Header: true}}, cells(all, end)...)
		sec.Tables = append(sec.Tables, t)
	}
	m := last.Month()
	sec.Method = append(sec.Method, "Person-days are one person on one day, over the month. Who had been there, or ready, for 7, 14 and 21 "+
		"days or more is of "+last.Long()+", the last day with a list.")
	sec.Links = []page.Link{{Text: "Excel", Href: closeHref(m) + "." + formXLSX}}
	for _, link := range []struct{ text, form, part string }{{"Discharge delay as CSV", "csv", partDischarge},
		{"Situation report as CSV", "csv", partSitrep}, {"The counts as JSON, as they are kept", "json", partEngland}} {
		sec.Links = append(sec.Links, page.Link{Text: link.text,
			Href: page.Address(closeHref(m)+"."+link.form, url.Values{wordPart: {link.part}})})
	}
	return sec, nil
}

// englandSections are those of a closed month: what has changed since, and what
// was closed, or that nothing was.
func (s *Server) englandSections(r closing.Record, e englandClosed, revised *revision.Revised) ([]closeSection, error) {
	if e.kept != nil {
		kept, err := s.englandSection(e.kept, "England's counts as closed")
		if err != nil {
			return nil, err
		}
		return []closeSection{englandRevisions(r, revised.England), kept}, nil
	}
	if e.now == nil {
		return nil, nil
	}
	q := url.Values{page.WordFrom: {r.Month.First().String()}, page.WordTo: {r.Month.Last().String()}}
	return []closeSection{{ID: "england", Heading: "England's counts", Words: []string{"The discharge delay and the situation report of " +
		r.Month.Long() + " were not frozen when it was closed, so nothing can be set beside what they are now."}, Links: []page.Link{
		{Text: "Discharge delay as it is counted now", Href: page.Address("/discharge", q)},
		{Text: "Situation report as it is counted now", Href: page.Address("/sitrep", q)}}}}, nil
}

// englandRevisions is what has changed of England's counts since a month was
// closed.
func englandRevisions(r closing.Record, e *revision.England) closeSection {
	sec := closeSection{ID: "england-revisions", Stays: e.Changed(), Heading: "Revisions of England's counts since", Words: []string{
		"The same days are counted from the lists that are known now. What was closed stays as it is. The causes add up to each difference of " +
			"a count. Totals are always listed, hospitals, councils, pathways, groups and reasons where their count is another now."}}
	if !e.Changed() {
		sec.Words = []string{"England's counts of the month are the same today."}
	}
	sec.Tables = []page.Table{changesTable("england-revisions-table", r.Month.Long()+" as closed, and the same counts of England's now",
		"As closed", e.Lines())}
	sec.Links = []page.Link{{Text: "Revisions of England's counts as CSV",
		Href: page.Address(closeHref(r.Month)+".csv", url.Values{wordPart: {partEnglandRevisions}})}}
	return sec
}

// englandRevisionsTwin gives each of England's counts as closed and now, as
// revisionsTwin does with delayed days.
func (s *Server) englandRevisionsTwin(rec closing.Record, kept *closing.England, r *revision.England) page.Twin {
	t := revisionTable(rec, ", revisions of England's counts since it was closed", r.Figures)
	t.Measure, t.AsAt, t.Definitions = "", s.today().String(), []string{dischargeWords, sitrepWords}
	t.Convention, t.RuleVersion = kept.ReadyDate.Convention+", "+kept.Report.Convention, orWords(kept.CodeSets, "none: no reason is stated")
	cell := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', 6, 64)
	}
	for _, a := range r.Averages {
		difference, cause := "", noChange
		if a.Changed() {
			cause = strings.ToLower(revision.Follows[:1]) + revision.Follows[1:]
		}
		if a.Then != nil && a.Is != nil {
			d := *a.Is - *a.Then
			difference = cell(&d)
		}
		t.Rows = append(t.Rows, []string{a.Name, cell(a.Then), cell(a.Is), cause, difference})
	}
	return t
}
