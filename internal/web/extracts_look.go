package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/nhsnumber"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Looks tries files before they count, and takes exactly what was looked at. Each
// look is its person's alone.
type Looks interface {
	// Begin keeps files for an hour and begins to try them. A look of the same
	// person that is not being tried goes; one that is, is a Conflict problem.
	Begin(ctx context.Context, by people.Actor, files []SentFile) (id string, err error)
	// Done keeps what became of files that were taken without a look, to be shown.
	Done(ctx context.Context, by people.Actor, reports []*ingest.Report, why string) (id string, err error)
	// Look waits for the trial as long as ctx lasts. It is a NotFound problem when
	// there is no such look, or none any more.
	Look(ctx context.Context, by people.Actor, id string) (Look, error)
	Take(ctx context.Context, by people.Actor, id string) error
	Leave(by people.Actor, id string) error
}

// SentFile is one file that somebody sends.
type SentFile struct {
	Name    string
	Content io.ReadSeeker
	// Correction is set when cells of it were changed here.
	Correction *Correction
}

// LookState says where a look stands.
type LookState uint8

// The states of a look.
const (
	LookWaiting LookState = iota
	LookTried
	LookFailed
	LookTaken
)

// Look is what files would give, or gave.
type Look struct {
	State LookState
	// Names are those of the files; Why says why they could not be tried, or all be
	// taken.
	Names []string
	Why   string
	// Files are the receipts, Days all delayed days before and after. Older says
	// that something else has come since they were tried.
	Files []*ingest.Report
	Days  []ingest.DaysChange
	Older bool
}

// lookKept says what stands behind a look.
const lookKept = "Nothing has been taken yet. The files are kept sealed for an hour. “Take in” takes exactly what was looked at."

const lookPath = "/extracts/look"

// lookWait is how long the form waits for a trial before it shows that it is
// still going on.
const lookWait = 20 * time.Second

func (s *Server) lookRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, uploadPath, s.may(people.TakeExtracts, s.uploadPage), false},
		{post, uploadPath, s.may(people.TakeExtracts, s.upload), true},
		{post, lookPath, s.may(people.TakeExtracts, s.beginLook), true},
		{get, lookPath + "/:id", s.may(people.TakeExtracts, s.lookPage), false},
		{post, lookPath + "/:id", s.may(people.TakeExtracts, s.endLook), true},
	}
}

// uploadView is the form for files.
type uploadView struct {
	page.Frame
	Error, Limit, Action string
	// Look is where the same form tries the files, empty where it cannot.
	Look string
}

func (s *Server) uploadForm(c echo.Context, said string) uploadView {
	v := uploadView{Frame: s.frame(c, "Upload extracts"), Error: said, Action: uploadPath,
		Limit: "Files must be smaller than " + strconv.FormatInt(s.opts.MaxUpload>>20, 10) + "MB together."}
	v.Crumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}}
	if s.opts.Looks != nil {
		v.Look = lookPath
	}
	if said != "" {
		v.PageTitle = "Error: " + v.PageTitle
	}
	return v
}

func (s *Server) uploadPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	return s.page(c, "upload", s.uploadForm(c, ""))
}

// upload takes files from the form and goes on to the receipt of the one file, or
// to the page of several. A file that was turned away has a receipt too.
func (s *Server) upload(c echo.Context) error {
	reports, err := s.takeSent(c)
	why := ""
	if err != nil && len(reports) > 0 {
		why, err = plural(int64(len(reports)), "file was", "files were")+" taken. The next could not be: "+problem.Sentence(err)+
			" Send the others again.", nil
	}
	if problem.KindOf(err) == problem.Invalid {
		return s.page(c, "upload", s.uploadForm(c, problem.Sentence(err)))
	}
	if err != nil {
		return err
	}
	if len(reports) == 1 && len(reports[0].Files) == 0 && why == "" || s.opts.Looks == nil {
		return c.Redirect(http.StatusSeeOther, "/extracts/"+reports[0].SHA256)
	}
	id, err := s.opts.Looks.Done(c.Request().Context(), s.actor(c), reports, why)
	if err != nil {
		// They are taken; the extracts page has them.
		s.opts.Sessions.Say(c.Request().Context(), plural(int64(len(reports)), "file was", "files were")+" taken in.")
		return c.Redirect(http.StatusSeeOther, "/extracts")
	}
	return c.Redirect(http.StatusSeeOther, lookPath+"/"+id)
}

func (s *Server) takeSent(c echo.Context) ([]*ingest.Report, error) {
	r := c.Request()
	s.wholeBody(r, s.opts.MaxUpload)
	files, done, err := s.sentFiles(r, mostFiles, "Put more into a ZIP file.")
	defer done()
	if err != nil {
		return nil, err
	}
	var out []*ingest.Report
	for _, f := range files {
		// They are here: half of them taken is no answer to somebody who goes away.
		report, err := s.opts.Ingest.FileOf(context.WithoutCancel(r.Context()), f.Name, f.Content, nil)
		if err != nil {
			return out, err
		}
		out = append(out, report)
	}
	return out, nil
}

// beginLook keeps files and tries them.
func (s *Server) beginLook(c echo.Context) error {
	if s.opts.Looks == nil {
		return problem.New(problem.Unavailable, "Files cannot be looked at first on this machine.")
	}
	r := c.Request()
	s.wholeBody(r, s.opts.MaxUpload)
	files, done, err := s.sentFiles(r, mostFiles, "Put more into a ZIP file.")
	defer done()
	var id string
	if err == nil {
		id, err = s.opts.Looks.Begin(r.Context(), s.actor(c), files)
	}
	if kind := problem.KindOf(err); kind == problem.Invalid || kind == problem.Conflict {
		return s.page(c, "upload", s.uploadForm(c, problem.Sentence(err)))
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(r.Context(), lookWait)
	defer stop()
	if _, err := s.opts.Looks.Look(ctx, s.actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, lookPath+"/"+id)
}

// lookView is what files would give, or gave.
type lookView struct {
	page.Frame
	Caption, Lede, Why, Moved, Older, Kept string
	Waiting                                bool
	// Self is the page's own address, Take that of the form, empty when there is
	// nothing to take.
	Self, Take string
	Buttons    []page.Button
	Files      page.Table
	Of         []lookedFile
	Days       []page.Table
	JSON       string
}

// lookedFile is one file with what was found in it.
type lookedFile struct {
	Name    string
	Changed string
	// Why are the reasons for which it is turned away or held.
	Why    []string
	Causes page.Table
	// Summary opens the causes where several files have some: what matters of
	// them stands above.
	Summary string
}

func (s *Server) lookOf(c echo.Context) (string, string, Look, error) {
	if s.opts.Looks == nil {
		return "", "", Look{}, problem.New(problem.Unavailable, "Files cannot be looked at first on this machine.")
	}
	id, ext, _ := strings.Cut(c.Param("id"), ".")
	if ext != "" && ext != "json" {
		return "", "", Look{}, problem.New(problem.NotFound, "There is no page at this address.")
	}
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return "", "", Look{}, err
	}
	now, stop := context.WithCancel(c.Request().Context())
	stop() // It shows what there is.
	l, err := s.opts.Looks.Look(now, s.actor(c), id)
	return id, ext, l, err
}

func (s *Server) lookPage(c echo.Context) error {
	id, ext, l, err := s.lookOf(c)
	if err != nil {
		return err
	}
	if ext == "json" {
		if l.State == LookWaiting || l.State == LookFailed {
			return problem.New(problem.Unavailable, "What these files would give is not known yet, or could not be worked out.")
		}
		return c.JSON(http.StatusOK, struct {
			Taken bool                `json:"taken"`
			Files []*ingest.Report    `json:"files"`
			Days  []ingest.DaysChange `json:"delayed_days"`
		}{l.State == LookTaken, l.Files, ingest.Differing(l.Days)})
	}
	v := lookView{Frame: s.frame(c, "Look before it counts"), Self: lookPath + "/" + id, JSON: lookPath + "/" + id + ".json"}
	v.Crumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}, {Text: "Upload", Href: uploadPath}}
	take, leave := page.Button{Text: "Take in", Name: "what", Value: "take"},
		page.Button{Text: "Leave", Name: "what", Value: "leave", Class: "nhsuk-button--secondary"}
	names := nhsnumber.Redact(strings.Join(l.Names, ", "))
	switch l.State {
	case LookWaiting:
		v.Waiting, v.Lede = true, "What would change is being worked out."
		v.Take, v.Buttons = v.Self, []page.Button{leave}
		return s.page(c, "look", v)
	case LookFailed:
		v.Lede, v.Why = "What would change could not be worked out.", l.Why
		v.Take, v.Buttons, v.Kept = v.Self, []page.Button{take, leave}, lookKept
		return s.page(c, "look", v)
	case LookTaken:
		v.Frame = s.frame(c, "Taken in")
		v.Crumbs = []page.Link{{Text: "Extracts", Href: "/extracts"}}
		v.Lede, v.Why = lookWords(l.Files, ""), l.Why
	default:
		v.Lede = lookWords(l.Files, "would be ")
		v.Take, v.Buttons, v.Kept = v.Self, []page.Button{take, leave}, lookKept
		v.Moved = "No delayed day would change."
		if l.Older {
			v.Older = "Something else has arrived or been decided since this was worked out. Taking these files in may change other days than " +
				"are shown. Leave them and send them again to see."
		}
	}
	if names != "" {
		v.Caption = names
	}
	v.Files = s.lookFiles(l)
	for _, r := range flat(l.Files) {
		f := lookedFile{Name: r.File, Causes: causesTable(r.Groups)}
		f.Causes.ID = "causes-" + strconv.Itoa(len(v.Of)+1)
		f.Causes.Caption += ": " + r.File
		if r.Changed != nil {
			f.Changed = r.Changed.Delays.Words()
		}
		if r.Reason != "" {
			f.Why = append(f.Why, r.Reason)
		}
		for _, e := range r.Extracts {
			if e.Held != "" {
				f.Why = append(f.Why, e.Held)
			}
		}
		if len(r.Groups)+len(f.Why) > 0 || f.Changed != "" {
			v.Of = append(v.Of, f)
		}
	}
	for i := range v.Of {
		if n := len(v.Of[i].Causes.Rows); n > 0 && len(v.Of) > 1 {
			v.Of[i].Summary = "What was found in it: " + plural(int64(n), "cause", "causes")
		}
	}
	v.Days = s.daysTables("days-", "Before", "After", l.Days)
	switch n := len(ingest.Differing(l.Days)); {
	case len(v.Days) > 0:
		v.Moved = ""
	case n > 0 && v.Moved != "":
		v.Moved = "Delayed days would change places, and no sum would change: " + plural(int64(n), "line", "lines") + ", as JSON."
	}
	return s.page(c, "look", v)
}

// flat gives the receipts of files, those of a ZIP file in its place.
func flat(reports []*ingest.Report) []*ingest.Report {
	var out []*ingest.Report
	for _, r := range reports {
		if len(r.Files) > 0 {
			out = append(out, r.Files...)
			continue
		}
		out = append(out, r)
	}
	return out
}

// lookWords says what becomes of files.
func lookWords(reports []*ingest.Report, would string) string {
	counts := map[ingest.Outcome]int64{}
	for _, r := range flat(reports) {
		counts[r.Outcome]++
	}
	var words []string
	for _, o := range []ingest.Outcome{ingest.Taking, ingest.Held, ingest.Rejected, ingest.Already} {
		if n := counts[o]; n > 0 {
			said := string(o)
			if o == ingest.Already {
				said = "taken before"
			}
			words = append(words, plural(n, "file", "files")+" "+would+said)
		}
	}
	return measure.UpperFirst(strings.Join(words, ", ")) + "."
}

func (s *Server) lookFiles(l Look) page.Table {
	t := page.Table{ID: "files", Caption: "Files", HiddenCaption: true, Stack: true, Head: []page.Head{{Text: "File"}, {Text: "Outcome"},
		{Text: "Read", Numeric: true}, {Text: "Kept", Numeric: true}, {Text: "Put aside", Numeric: true},
		{Text: "Not counted", Numeric: true}}}
	number := func(n int) page.Cell { return page.Cell{Text: count(int64(n)), Class: page.Numeric} }
	for _, r := range flat(l.Files) {
		name := page.Cell{Text: r.File, Header: true}
		if l.State == LookTaken && r.SHA256 != "" {
			name.Href = "/extracts/" + r.SHA256
		}
		outcome := measure.UpperFirst(string(r.Outcome))
		if l.State == LookTried && r.Outcome != ingest.Already {
			outcome = "Would be " + string(r.Outcome)
		}
		t.Rows = append(t.Rows, []page.Cell{name, {Text: outcome}, number(r.RowsRead), number(r.Kept),
			number(r.Quarantined), number(r.Excluded)})
	}
	return t
}

// endLook takes the files in that were looked at, or leaves them.
func (s *Server) endLook(c echo.Context) error {
	id, _, _, err := s.lookOf(c)
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), s.actor(c)
	switch typed(c, "what") {
	case "take":
		if err := s.opts.Looks.Take(ctx, by, id); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, lookPath+"/"+id)
	case "leave":
		if err := s.opts.Looks.Leave(by, id); err != nil {
			return err
		}
		s.opts.Sessions.Say(ctx, "The files were left. Nothing of them was taken, and what was kept of them is deleted.")
		return c.Redirect(http.StatusSeeOther, "/extracts")
	}
	return problem.New(problem.Invalid, "Select whether to take the files in or to leave them.")
}
