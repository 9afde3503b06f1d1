package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"homeward/internal/bundle"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// fortnight is the number of days of the extracts page.
const fortnight = 14

type extractsView struct {
	page.Frame
	Lede      string
	Empty     bool
	Table     page.Table
	Lists     []providerList
	Attention []attentionItem
	Period    string
	// Links lead to other days, to the form for a file for those who may take
	// files in, and to the twins.
	Links []page.Link
	// Upload is the form's address, empty for those who may not use it.
	Upload string
	// Again says that files were read with other words than today's, to those who
	// may read them again.
	Again string
}

// attentionItem is one thing that needs attention, with where to see to it.
type attentionItem struct{ Words, Href, Text string }

// providerList is the days of a hospital on a phone, the last first: the newest and
// those to look at, with the others folded below.
type providerList struct {
	Name       string
	Items      []listItem
	Folded     string
	FoldedDays []listItem
}

// newestShown is how many of a hospital's days a phone shows whatever they are.
const newestShown = 3

// lateShown is up to how many days of a late extract are each one to look at: more
// are how the hospital sends.
const lateShown = 5

// fold leaves the newest days and those whose extract is neither simply in nor not
// due.
func (l providerList) fold() providerList {
	all := l.Items
	l.Items = nil
	late := 0
	for _, item := range all {
		if item.Words == string(measure.Late) {
			late++
		}
	}
	plainly := []string{string(measure.In), string(measure.NotDue)}
	says := "in, or not due"
	if late > lateShown {
		plainly, says = append(plainly, string(measure.Late)), "in, late or not due"
	}
	for i, item := range all {
		plain := slices.Contains(plainly, item.Words)
		if i < newestShown || !plain {
			l.Items = append(l.Items, item)
		} else {
			l.FoldedDays = append(l.FoldedDays, item)
		}
	}
	if n := len(l.FoldedDays); n > 0 {
		l.Folded = plural(int64(n), "other day", "other days") + ": " + says
	}
	return l
}

type listItem struct {
	Day, Words, Tag, Rows, Href string
}

type fortnightOf struct {
	From, To, Latest delay.Day
	Lines            []measure.ExtractLine
	// Asked are the hospitals that the address names, none for all.
	Asked []string
}

// fortnightOf reads the address: 'to' is the last day shown, today unless the
// data is of long ago.
func (s *Server) fortnightOf(c echo.Context) (fortnightOf, error) {
	ctx := c.Request().Context()
	a, err := s.opts.Places.Read(c.QueryParams(), page.WordTo, page.WordView)
	if err != nil {
		return fortnightOf{}, err
	}
	now, err := s.now(ctx)
	if err != nil {
		return fortnightOf{}, err
	}
	_, last, err := now.Extent(ctx)
	if err != nil {
		return fortnightOf{}, err
	}
	f := fortnightOf{To: s.today(), Latest: last}
	if last != 0 && f.To-last >= fortnight {
		f.To = last
	}
	if a.To != 0 {
		f.To = a.To
	}
	f.From = f.To - fortnight + 1
	f.Lines, err = now.Arrivals(ctx, f.From, f.To)
	return f, err
}

func (s *Server) extractsPage(c echo.Context) error {
	f, err := s.fortnightOf(c)
	if err != nil {
		return err
	}
	v := extractsView{Frame: s.frame(c, "Extracts"), Period: span(f.From, f.To)}
	v.BodyClass = "app-print-landscape"
	v.Empty = len(f.Lines) == 0
	v.Links = []page.Link{{Text: "Earlier fortnight", Href: page.Address("/extracts", url.Values{page.WordTo: {(f.From - 1).String()}})}}
	if f.To < max(s.today(), f.Latest) {
		v.Links = append(
			v.Links,
			page.Link{Text: "Later fortnight", Href: page.Address("/extracts", url.Values{page.WordTo: {(f.To + fortnight).String()}})},
		)
	}
	if s.opens(uploadPath, s.actor(c)) {
		v.Upload = uploadPath
		v.Links = append(v.Links, page.Link{Text: "Upload an extract", Href: uploadPath})
	}
	if s.opts.Layouts != nil && s.opens(layoutsPath, s.actor(c)) {
		v.Links = append(v.Links, page.Link{Text: "Layouts", Href: layoutsPath})
	}
	if s.opens(samePeoplePath, s.actor(c)) {
		v.Links = append(v.Links, page.Link{Text: "Same person or not", Href: samePeoplePath})
	}
	v.Links = append(v.Links, page.Link{Text: "Calendar", Href: calendarPath}, page.Link{Text: "Data quality", Href: qualityPath})
	if v.Again, err = s.againBanner(c); err != nil {
		return err
	}
	q := url.Values{page.WordTo: {f.To.String()}}
	v.Links = append(
		v.Links,
		page.Link{Text: "CSV", Href: page.Address("/extracts.csv", q)},
		page.Link{Text: "JSON", Href: page.Address("/extracts.json", q)},
	)
	v.Lede, v.Attention = arrivalWords(f, s.opens(uploadPath, s.actor(c)))
	v.Table, v.Lists = gridOf(f)
	return s.page(c, "extracts", v)
}

// arrivalWords says how many extracts are in for the latest day on which any
// was due, and what needs attention. decides says that the reader may accept
// what is held.
func arrivalWords(f fortnightOf, decides bool) (string, []attentionItem) {
	held := int64(0)
	var attention []attentionItem
	heldItem := func(line measure.ExtractLine, d measure.ExtractDay) attentionItem {
		a := attentionItem{Words: line.Name + ", " + d.Day.Long() + ": the file (" + plural(int64(d.HeldRows), "row", "rows") +
			") is short or in doubt and is held. It counts for nothing until it is accepted, discarded or sent again.",
			Href: "/extracts/" + d.Held, Text: "Receipt"}
		if d.Arrival != measure.Held {
			a.Words = line.Name + ", " + d.Day.Long() + ": a later file (" + plural(int64(d.HeldRows), "row", "rows") +
				") is short or in doubt and is held. The earlier one counts until the later is accepted, discarded or sent again."
		}
		if decides {
			a.Href, a.Text = decisionPath(d.Held), "Decide"
		}
		return a
	}
	for _, line := range f.Lines {
		for _, d := range line.Days {
			if d.Held != "" {
				held++
				attention = append(attention, heldItem(line, d))
			}
			if d.Arrival == measure.Missing {
				attention = append(attention, attentionItem{Words: line.Name + ", " + d.Day.Long() + ": no extract" +
					measure.WithoutWords(d.Lacks) + " has arrived."})
			}
		}
	}
	words := "No extract was due in these 14 days."
	for day := f.To; day >= f.From; day-- {
		if in, due := measure.ExtractsIn(f.Lines, day); due > 0 {
			words = count(in) + " of " + plural(due, "extract", "extracts") + " for " + day.Long() + " " + isAre(in) + " in."
			break
		}
	}
	if held > 0 {
		words += " " + measure.UpperFirst(plural(held, "file", "files")) + " in this fortnight " + isAre(held) + " held."
	}
	const most = 20
	if n := len(attention); n > most {
		attention = append(attention[:most:most], attentionItem{Words: "And " + count(int64(n-most)) + " more, shown in the table."})
	}
	return words, attention
}

func gridOf(f fortnightOf) (page.Table, []providerList) {
	t := page.Table{ID: "grid", Caption: "Extracts by hospital and day, " + span(f.From, f.To), HiddenCaption: true,
		Head: []page.Head{{Text: "Hospital"}}}
	for d := f.From; d <= f.To; d++ {
		t.Head = append(t.Head, page.Head{Text: d.Time().Format("Mon 2 Jan")})
	}
	var lists []providerList
	for _, line := range f.Lines {
		name := line.Name
		if line.Due != "" {
			name += ", by " + dueWords(line.Due)
		}
		row := []page.Cell{{Text: name, Header: true}}
		list := providerList{Name: name}
		for _, d := range line.Days {
			cell := page.Cell{Tag: tags[d.Arrival], Text: string(d.Arrival)}
			item := listItem{Day: d.Day.Time().Format("Monday 2 January"), Words: string(d.Arrival), Tag: tags[d.Arrival]}
			if d.File != "" {
				cell.Href = "/extracts/" + d.File
				cell.Class = count(int64(d.Rows))
				item.Href, item.Rows = cell.Href, plural(int64(d.Rows), "row", "rows")
			}
			row = append(row, cell)
			list.Items = append([]listItem{item}, list.Items...)
		}
		t.Rows = append(t.Rows, row)
		lists = append(lists, list.fold())
	}
	return t, lists
}

// dueWords writes 07:00 as 7am.
func dueWords(due string) string {
	h, m, ok := strings.Cut(due, ":")
	hour, err := strconv.Atoi(h)
	if !ok || err != nil {
		return due
	}
	switch {
	case due == "12:00":
		return "midday"
	case m == "00":
		m = ""
	default:
		m = ":" + m
	}
	half := "am"
	if hour >= 12 {
		half = "pm"
	}
	if hour = hour % 12; hour == 0 {
		hour = 12
	}
	return strconv.Itoa(hour) + m + half
}

func (s *Server) extractsTwin(f fortnightOf) page.Twin {
	t := page.Twin{Title: "Extracts", From: f.From.String(), To: f.To.String(), Definitions: []string{}, AsAt: f.Latest.String(),
		Columns: []page.Column{
			{Name: "provider"},
			{Name: "provider_name"},
			{Name: "day"},
			{Name: "status"},
			{Name: "rows", Number: true},
			{Name: "file"},
			{Name: "missing_from"},
		}}
	for _, line := range f.Lines {
		for _, d := range line.Days {
			rows := ""
			if d.File != "" {
				rows = strconv.Itoa(d.Rows)
			}
			t.Rows = append(t.Rows, []string{line.Code, line.Name, d.Day.String(), string(d.Arrival), rows, d.File,
				strings.Join(d.Lacks, " ")})
		}
	}
	return t
}

func (s *Server) extractsCSV(c echo.Context) error {
	f, err := s.fortnightOf(c)
	if err != nil {
		return err
	}
	return s.sendCSV(c, "homeward-extracts.csv", s.extractsTwin(f))
}

func (s *Server) extractsJSON(c echo.Context) error {
	f, err := s.fortnightOf(c)
	if err != nil {
		return err
	}
	return s.sendJSON(c, s.extractsTwin(f))
}

// receiptView is one file's receipt.
type receiptView struct {
	page.Frame
	// Said is a sentence about what was just done.
	Said     string
	Caption  string
	Lede     string
	Banner   string
	Rejected string
	Facts    []page.Fact
	Dates    page.Table
	// Causes has a line for each cause, Problems one for each row.
	Causes   page.Table
	Problems page.Table
	// ByRow opens the rows where there are many: the causes stand above.
	ByRow string
	More  string
	JSON  string
	// Rows leads to the rows that were put aside, for those who may see them.
	Rows, RowsWords string
	// Correct leads to the form that puts them right, for those who take files in.
	Correct string
	// Changed says what became of delays when it was taken, empty for a file that
	// changed nothing or came before that was kept; ChangedDays are the tables.
	Changed     string
	ChangedDays []page.Table
	ChangedMore string
	// Decide leads to the form that accepts what is held, for those who may.
	Decide string
	// Differs says in what the file is unlike its layout (R5), Layout names it; Offer
	// is the form's address that works the next version out of it, for those who may.
	Differs       []string
	Layout, Offer string
}

// receipt answers for a receipt and its JSON twin.
func (s *Server) receipt(c echo.Context) error {
	sum, ext, _ := strings.Cut(c.Param("id"), ".")
	if !isSum(sum) || ext != "" && ext != "json" {
		return problem.New(problem.NotFound, "There is no receipt at this address. Receipts are listed on the extracts page.")
	}
	if _, err := s.opts.Places.Read(c.QueryParams(), "banner"); err != nil {
		return err
	}
	got, err := s.opts.Extracts.Receipt(c.Request().Context(), sum)
	if err != nil {
		return err
	}
	if ext == "json" {
		return c.JSON(http.StatusOK, got.Report)
	}
	r := got.Report
	v := receiptView{Frame: s.frame(c, "Receipt"), JSON: "/extracts/" + sum + ".json"}
	v.Crumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}}
	v.Caption = r.File
	if r.Provider != "" {
		v.Caption = s.opts.Places.ProviderWords(r.Provider) + ", " + r.File
	} else if len(r.Providers) > 0 {
		v.Caption = strings.Join(r.Providers, ", ") + ", " + r.File
	}
	v.Said = s.opts.Sessions.Said(c.Request().Context())
	v.Banner = s.standingWords(got)
	if len(got.Decidable()) > 0 && s.opens(decisionPath(sum), s.actor(c)) {
		v.Decide = decisionPath(sum)
	}
	v.Rejected = r.Reason
	for _, c := range r.Changes {
		v.Differs = append(v.Differs, c.Says)
	}
	if v.Layout = r.Layout; r.Layout != "" && len(r.Changes) > 0 && s.opts.Layouts != nil && s.opens(newLayoutPath, s.actor(c)) {
		v.Offer = offerPath(sum)
	}
	v.Lede = plural(int64(r.RowsRead), "row", "rows") + " read: " + count(int64(r.Kept)) + " kept, " +
		count(int64(r.Quarantined)) + " could not be understood, " + count(int64(r.Excluded)) + " outside what is counted."
	v.Facts = []page.Fact{
		{Name: "On arrival", Value: measure.UpperFirst(string(r.Outcome))}, {Name: "File", Value: r.File},
		{Name: "Arrived", Value: s.moment(got.At)}, {Name: "Size", Value: size(got.Bytes)},
		{Name: "Layout", Value: orWords(r.Layout, "Not recognised")}, {Name: "Encoding", Value: orWords(r.Encoding, "Not known")},
		{Name: "Lines that are not patients", Value: count(int64(r.Skipped))}, {Name: "Warnings", Value: count(int64(r.Warnings))},
		{Name: "Fingerprint", Value: r.SHA256},
	}
	if !got.ReadAgain.IsZero() {
		v.Facts = append(v.Facts, page.Fact{Name: "Read again", Value: s.moment(got.ReadAgain)})
	}
	if r.Note != "" {
		v.Facts = append(v.Facts, page.Fact{Name: "Note", Value: r.Note})
	}
	v.Dates, v.Problems = receiptTables(got)
	if n := len(v.Problems.Rows); n > 5 {
		v.ByRow = "Show each row: " + plural(int64(n), "finding", "findings")
	}
	v.Causes = causesTable(r.Groups)
	if sees, identifiers := s.seesRejected(s.actor(c), r); sees && r.Quarantined > 0 {
		v.Rows, v.RowsWords = "/extracts/"+sum+"/rows.csv", "Numbers of people are not shown in it."
		if identifiers {
			v.RowsWords = "It holds people's numbers: each download is noted in the audit log."
		}
		if s.opts.Looks != nil && s.actor(c).May(people.TakeExtracts) {
			v.Correct = correctPath(sum)
		}
	}
	if r.Changed != nil {
		v.Changed, v.ChangedDays = r.Changed.Delays.Words(), s.daysTables("changed-", "Before", "After",
			changedOfFile(r.Changed))
		if r.Changed.MoreDays > 0 {
			v.ChangedMore = "The latest months are shown: " + plural(int64(r.Changed.MoreDays), "line", "lines") + " of earlier ones are not."
		}
	}
	if r.MoreProblems > 0 {
		v.More = "And " + plural(int64(r.MoreProblems), "more finding", "more findings") + " of the same file that are not listed."
	}
	return s.page(c, "receipt", v)
}

func isSum(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func outcomeWords(o ingest.Outcome) string {
	switch o {
	case ingest.Taking:
		return "This file was read and counts."
	case ingest.ReadAgain:
		return "This file was read again with other words, and counts."
	case ingest.Already:
		return "This file was taken before. Sending it again changed nothing."
	case ingest.Held:
		return "This file is held. What is held counts for nothing until it is accepted, discarded or sent again."
	default:
		return "This file could not be taken. Nothing in it counts."
	}
}

func receiptTables(got ingest.Arrived) (dates, problems page.Table) {
	r := got.Report
	type extractOf struct{ provider, day string }
	now := map[extractOf]ingest.StandsNow{}
	for _, st := range got.Standings {
		k := extractOf{day: st.Day.String()}
		if len(r.Providers) > 0 {
			k.provider = st.Provider
		}
		now[k] = st
	}
	dates = page.Table{
		ID:      "dates",
		Caption: "Extracts in this file",
		Stack:   true,
		Head: []page.Head{{Text: "Extract date"}, {Text: "Rows read", Numeric: true},
			{Text: "Kept", Numeric: true}, {Text: "Not understood", Numeric: true}, {Text: "Not counted", Numeric: true},
			{Text: "New people", Numeric: true},
			{Text: "No longer listed", Numeric: true}, {Text: "Standing"}},
	}
	number := func(n int) page.Cell { return page.Cell{Text: count(int64(n)), Class: page.Numeric} }
	for _, e := range r.Extracts {
		standing := "Counts"
		if e.Held != "" {
			standing = "Held: " + e.Held
		} else if e.Replaces != nil {
			standing = "Counts, replaces an earlier file of " + plural(int64(*e.Replaces), "row", "rows")
		}
		switch st, known := now[extractOf{e.Provider, e.Date}]; {
		case !known:
		case st.Counted && e.Held != "":
			standing = "Counts"
			if !st.Accepted.IsZero() {
				standing = "Counts, because it was accepted"
			}
		case st.Discarded:
			standing = "Discarded, counts for nothing"
		case !st.Counted && !st.Held:
			standing = "A later file counts in its place"
		}
		day := e.Date
		if d, err := delay.ParseDay(e.Date); err == nil {
			day = d.Long()
		}
		if e.Provider != "" {
			day = e.Provider + ", " + day
		}
		dates.Rows = append(dates.Rows, []page.Cell{{Text: day, Header: true}, number(e.RowsRead), number(e.Kept), number(e.Quarantined),
			number(e.Excluded), number(e.New), number(e.Gone), {Text: standing}})
	}
	problems = page.Table{ID: "problems", Caption: "What was found, by row", Stack: true, Head: []page.Head{{Text: "Where"}, {Text: "Effect"},
		{Text: "Column"},
		{Text: "Found"}, {Text: "Expected"}, {Text: "What to do"}, {Text: "Rule"}}}
	for _, p := range r.Problems {
		where := "The whole file"
		if p.Problem.Line > 0 {
			where = "Row " + strconv.Itoa(p.Problem.Line)
		}
		problems.Rows = append(problems.Rows, []page.Cell{{Text: where, Header: true}, {Text: effectWords[p.Severity]},
			{Text: orWords(p.Field, "Not applicable")}, {Text: orWords(p.Found, "Not stated")}, {Text: orWords(p.Expected, "Not stated")},
			{Text: orWords(p.Do, "Nothing")}, {Text: p.Rule}})
	}
	return dates, problems
}

// causesTable has a line for each cause of what was found, the worst first.
func causesTable(groups []extract.Group) page.Table {
	t := page.Table{
		ID:      "causes",
		Caption: "What was found, by cause",
		Stack:   true,
		Head:    []page.Head{{Text: "Cause"}, {Text: "Rows", Numeric: true}, {Text: "Effect"}},
	}
	for _, g := range groups {
		rows := page.Cell{Text: "Whole file", Class: page.Numeric + " " + page.Whole}
		if g.Rows > 0 {
			rows.Text = count(int64(g.Rows))
		}
		t.Rows = append(t.Rows, []page.Cell{{Text: g.Says, Header: true, Class: page.Words}, rows,
			{Text: effectWords[g.Severity], Class: page.Whole}})
	}
	return t
}

// effectWords says what a finding did to its row.
var effectWords = map[string]string{
	"warning": "Kept, with a warning", "excluded": "Not counted", "quarantined": "Put aside",
}

// takeExtract takes a file as the body, or as the part "file" of a form, and
// answers with its receipt: 201 when it was taken or held, 200 when it was known
// already, 422 when it was turned away.
func (s *Server) takeExtract(c echo.Context) error {
	r := c.Request()
	s.wholeBody(r, s.opts.MaxUpload)
	body, name, err := uploaded(r)
	if err != nil {
		return err
	}
	spool, done, err := s.spooled(body)
	if err != nil {
		return err
	}
	defer done()
	var may func(string) bool
	if a := s.actor(c); a.Kind == people.AProgram {
		may = a.Token.MayUpload
	}
	take := func() (ingest.SentAnswer, error) {
		report, err := s.opts.Ingest.FileOf(r.Context(), name, spool, may)
		if err != nil {
			return ingest.SentAnswer{}, err
		}
		a := ingest.SentAnswer{Status: http.StatusCreated}
		switch report.Outcome {
		case ingest.Already:
			a.Status = http.StatusOK
		case ingest.Rejected:
			a.Status = http.StatusUnprocessableEntity
		}
		a.Answer, err = json.Marshal(report)
		return a, err
	}
	answer, err := s.answeredOnce(c, name, spool, take)
	if err != nil {
		return err
	}
	return c.JSONBlob(answer.Status, answer.Answer)
}

// spooled keeps a file that arrives in the data folder until done: it is read
// more than once or as a whole, and a backfill does not fit in memory. It may
// hold patients: nobody else may read it, and it goes as soon as it is read.
func (s *Server) spooled(body io.Reader) (spool *os.File, done func(), err error) {
	spool, err = os.CreateTemp(s.opts.Spool, ".arriving-*")
	if err != nil {
		return nil, nil, problem.Wrap(err, problem.Unavailable, "The file could not be stored while it is read. Nothing was changed")
	}
	done = func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
	}
	n, err := io.Copy(spool, body)
	switch {
	case tooLarge(err), tooSlow(err):
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = problem.Wrap(err, problem.Invalid, "The file did not arrive whole. Send it again")
	case err != nil:
		err = problem.Wrap(err, problem.Unavailable, "The file could not be stored while it is read. Nothing was changed")
	case n == 0:
		err = problem.New(problem.Invalid, "The selected file is empty.")
	default:
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return spool, done, nil
}

// uploaded finds the file in a request: the part "file" of a form, or the body
// with its name as the word "name" of the address.
func uploaded(r *http.Request) (io.Reader, string, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		file, name, _, err := sentFile(r)
		return file, name, err
	}
	if kind == "application/x-www-form-urlencoded" && r.URL.Query().Get("name") == "" {
		return nil, "", problem.New(problem.Invalid, "Select a file.")
	}
	name := cleanName(r.URL.Query().Get("name"))
	if name == "" {
		return nil, "", problem.New(problem.Invalid, "The file has no name. Add its name to the address, like ?name=MHS_RWV_20180401.csv, or "+
			"send it as the part \"file\" of a form.")
	}
	return r.Body, name, nil
}

// mostFiles bounds the files of one form; more go into a ZIP file.
const mostFiles = 50

// sentFiles keeps every part "file" of a form until done, by their names, and at most
// so many; more says what to do with more. Its proof stands before them.
func (s *Server) sentFiles(r *http.Request, most int, more string) (files []SentFile, done func(), err error) {
	var all []func()
	done = func() {
		for _, one := range all {
			one()
		}
	}
	proved := !visitOf(r.Context()).Unproved
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, done, problem.Wrap(err, problem.Invalid, "The form could not be read")
	}
	const mostFields, longest = 20, 200
	for parted := 0; ; {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF) && len(files) == 0:
			return nil, done, problem.New(problem.Invalid, "Select a file.")
		case errors.Is(err, io.EOF):
			// A browser sends them in an order of its own.
			slices.SortStableFunc(files, func(a, b SentFile) int { return bundle.ByName(a.Name, b.Name) })
			return files, done, nil
		case tooLarge(err), tooSlow(err):
			return nil, done, err
		case err != nil:
			return nil, done, problem.Wrap(err, problem.Invalid, "The form could not be read")
		}
		if part.FormName() != "file" {
			text, err := io.ReadAll(io.LimitReader(part, longest))
			if tooLarge(err) || tooSlow(err) {
				return nil, done, err
			}
			if parted++; err != nil || parted > mostFields {
				return nil, done, problem.New(problem.Invalid, "The form could not be read.")
			}
			if part.FormName() == wordToken {
				proved = proved || visitOf(r.Context()).proves(string(text))
			}
			continue
		}
		if !proved {
			return nil, done, unproved()
		}
		content, name, err := filePart(part)
		if err != nil {
			return nil, done, err
		}
		if len(files) == most {
			return nil, done, problem.New(problem.Invalid, "You can send %d files at once. %s", most, more)
		}
		spool, gone, err := s.spooled(content)
		if err != nil {
			return nil, done, err
		}
		all = append(all, gone)
		files = append(files, SentFile{Name: name, Content: spool})
	}
}

// sentFile finds the part "file" of a form, and the fields that stand before it;
// its proof is one of them.
func sentFile(r *http.Request) (file io.Reader, name string, fields url.Values, err error) {
	proved := !visitOf(r.Context()).Unproved
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", nil, problem.Wrap(err, problem.Invalid, "The form could not be read")
	}
	const mostFields, longest = 20, 200
	fields = url.Values{}
	for parted := 0; ; parted++ {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, "", fields, problem.New(problem.Invalid, "Select a file.")
		case tooLarge(err), tooSlow(err):
			return nil, "", fields, err
		case err != nil:
			return nil, "", fields, problem.Wrap(err, problem.Invalid, "The form could not be read")
		}
		if part.FormName() == "file" {
			if !proved {
				return nil, "", fields, unproved()
			}
			file, name, err := filePart(part)
			return file, name, fields, err
		}
		text, err := io.ReadAll(io.LimitReader(part, longest))
		switch {
		case tooLarge(err), tooSlow(err):
			return nil, "", fields, err
		case err != nil || parted == mostFields: // One name many times is many fields (R8).
			return nil, "", fields, problem.New(problem.Invalid, "The form could not be read.")
		}
		if part.FormName() == wordToken {
			proved = proved || visitOf(r.Context()).proves(string(text))
			continue
		}
		fields.Add(part.FormName(), string(text))
	}
}

func filePart(part *multipart.Part) (io.Reader, string, error) {
	name := cleanName(part.FileName())
	if name == "" {
		return nil, "", problem.New(problem.Invalid, "Select a file.")
	}
	return part, name, nil
}

// cleanName keeps the last part of a file's name without control characters,
// bounded in length: a name is shown and decides the layout, but is never a
// path here.
func cleanName(name string) string {
	name = path.Base("/" + strings.ReplaceAll(name, `\`, "/"))
	if name == "/" || name == "." || name == ".." {
		return ""
	}
	clean := []rune(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, name))
	if len(clean) > 200 {
		clean = clean[len(clean)-200:]
	}
	return string(clean)
}
