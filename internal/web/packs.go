package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/web/page"
)

// Packs lists the packs that have been made and opens them.
type Packs interface {
	// List gives the packs, newest first. Those that are damaged are left out
	// and named in the error, beside the others.
	List(ctx context.Context) ([]Pack, error)
	// Plans gives the packs that are made by themselves.
	Plans(ctx context.Context) ([]PackPlan, error)
	// Open gives one file of a pack as it was made, or a problem of kind
	// NotFound. An empty name is the page.
	Open(ctx context.Context, id, file string) (PackFile, error)
	// Record gives what is known of a pack, or a problem of kind NotFound.
	Record(ctx context.Context, id string) (PackRecord, error)
	// Check renders a pack again from what was known at its moment, compares,
	// and keeps what it found.
	Check(ctx context.Context, id string) error
}

// Pack is one stored pack.
type Pack struct {
	ID, Title string
	// Kind is the title of the plan that made it.
	Kind string
	// Held is the moment of the pack's figures; AsAt the day they speak of.
	Held    time.Time
	AsAt    delay.Day
	RuleSet string
	// Sent, Waiting and NotSent count its deliveries.
	Sent, Waiting, NotSent int
}

// PackPlan is a pack that is made by itself.
type PackPlan struct {
	Title string
	// When says in words when it is made, UpTo up to when its figures run, Of
	// what they are of.
	When, UpTo, Of string
	// Recipients and Folders count where it goes.
	Recipients, Folders int
	// Public says that its counts are suppressed and rounded.
	Public bool
	Next   []time.Time
}

// PackFile is one file of a pack.
type PackFile struct {
	Bytes []byte
	Type  string
	// Style is the hash of the page's style as policies write it.
	Style string
}

// PackRecord is what is known of a pack.
type PackRecord struct {
	Pack
	// Of says what the figures are of; Filter is the same as a filter.
	Of      string
	Filter  measure.Filter
	Version string
	// Public says that its counts are suppressed and rounded.
	Public bool
	// Unprinted says why there is no PDF; empty when there is one.
	Unprinted  string
	Files      []PackPart
	Deliveries []PackDelivery
	// Checked is the latest comparison, nil when there has been none.
	Checked *PackCheck
}

// PackPart is the name and size of a file.
type PackPart struct {
	Name  string
	Bytes int64
}

// PackDelivery is a pack on its way to one address or folder.
type PackDelivery struct {
	// Kind is mail or folder; State is Waiting, Sent or Not sent.
	Kind, Target, State, Message string
	Attempts                     int
	// At is when it was sent or given up, zero while it waits; Next when it is
	// tried next.
	At, Next time.Time
}

// PackCheck is a comparison of a pack with a second rendering.
type PackCheck struct {
	At      time.Time
	Same    bool
	Message string
}

// packPolicy allows a stored page its own style and drawings, and what it links
// to as downloads. It has no script and may load nothing at all.
func packPolicy(style string) string {
	styles := "'none'"
	if style != "" {
		styles = "'" + style + "'"
	}
	return "default-src 'none'; style-src " + styles + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"sandbox " +
		"allow-downloads"
}

// inPage are the media types that a browser shows; others are downloads.
var inPage = []string{"text/html", "image/", "application/json"}

type packsView struct {
	page.Frame
	Empty   bool
	Damaged []string
	Table   page.Table
	Plans   *page.Table
	NoPlans bool
}

func (s *Server) packsPage(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	ctx := c.Request().Context()
	packs, err := s.opts.Packs.List(ctx)
	if err != nil && len(packs) == 0 && problem.KindOf(err) != problem.Unavailable {
		return err
	}
	v := packsView{Frame: s.frame(c, "Packs"), Empty: len(packs) == 0}
	if err != nil {
		s.opts.Log.Error("some packs could not be read", "error", err)
		v.Damaged = sentences(err)
	}
	v.Table = page.Table{ID: "packs", Caption: "Packs, newest first", HiddenCaption: true, Stack: true,
		Head: []page.Head{{Text: "Pack"}, {Text: "Data as at"}, {Text: "Figures held at"}, {Text: "Rule set"}, {Text: "Sent"},
			{Text: "About it"}}}
	for _, p := range packs {
		v.Table.Rows = append(v.Table.Rows, []page.Cell{
			{Text: p.Title, Header: true, Href: "/packs/" + p.ID + "/"}, {Text: orWords(p.AsAt.Long(), "No data")}, {Text: s.moment(p.Held)},
			{Text: p.RuleSet},
			{Text: sentWords(p)}, {Text: "Details of " + p.Title, Href: "/packs/" + p.ID + "/about"},
		})
	}
	plans, err := s.opts.Packs.Plans(ctx)
	if err != nil {
		return err
	}
	v.NoPlans = len(plans) == 0
	if len(plans) > 0 {
		t := &page.Table{ID: "plans", Caption: "Packs that make themselves", HiddenCaption: true, Stack: true,
			Head: []page.Head{{Text: "Pack"}, {Text: "When"}, {Text: "Figures up to"}, {Text: "Of"}, {Text: "Goes to"}, {Text: "Next"}}}
		for _, p := range plans {
			var next []string
			for _, at := range p.Next {
				next = append(next, s.moment(at))
			}
			t.Rows = append(
				t.Rows,
				[]page.Cell{{Text: publicTitle(p), Header: true}, {Text: measure.UpperFirst(p.When)}, {Text: measure.UpperFirst(p.UpTo)},
					{Text: p.Of},
					{Text: goesTo(p)}, {Text: strings.Join(next, "; ")}},
			)
		}
		v.Plans = t
	}
	return s.page(c, "packs", v)
}

// sentences gives what several errors joined in one say.
func sentences(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []string
		for _, one := range joined.Unwrap() {
			out = append(out, sentences(one)...)
		}
		return out
	}
	return []string{problem.Sentence(err)}
}

func sentWords(p Pack) string {
	var words []string
	for _, n := range []struct {
		count int
		words string
	}{{p.Sent, "sent"}, {p.Waiting, "waiting"}, {p.NotSent, "not sent"}} {
		if n.count > 0 {
			words = append(words, count(int64(n.count))+" "+n.words)
		}
	}
	return orWords(strings.Join(words, ", "), "To nobody")
}

func publicTitle(p PackPlan) string {
	if p.Public {
		return p.Title + ", public copy"
	}
	return p.Title
}

func goesTo(p PackPlan) string {
	words := "This page"
	if p.Recipients > 0 {
		words += ", " + plural(int64(p.Recipients), "e-mail address", "e-mail addresses")
	}
	if p.Folders > 0 {
		words += ", a folder"
	}
	return words
}

func (s *Server) packsJSON(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams()); err != nil {
		return err
	}
	packs, err := s.opts.Packs.List(c.Request().Context())
	if err != nil && len(packs) == 0 {
		return err
	}
	t := page.Twin{
		Title:       "Packs",
		Definitions: []string{},
		Columns: []page.Column{{Name: "id"}, {Name: "title"}, {Name: "as_at"}, {Name: "held"},
			{Name: "rule_set"},
			{Name: "sent", Number: true}, {Name: "waiting", Number: true}, {Name: "not_sent", Number: true}},
	}
	for _, p := range packs {
		t.Rows = append(t.Rows, []string{p.ID, p.Title, p.AsAt.String(), p.Held.In(s.opts.Zone).Format(time.RFC3339), p.RuleSet,
			strconv.Itoa(p.Sent), strconv.Itoa(p.Waiting), strconv.Itoa(p.NotSent)})
	}
	return s.sendJSON(c, t)
}

// packHome leads to the page with a slash at its end, below which the page's
// own links to its files lie.
func (s *Server) packHome(c echo.Context) error {
	// What is not the name of a pack does not become part of an address.
	if _, err := s.opts.Packs.Open(c.Request().Context(), c.Param("id"), ""); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/packs/"+c.Param("id")+"/")
}

// pack answers with the stored bytes of a pack's file, as they were made.
func (s *Server) pack(c echo.Context) error {
	id, name := c.Param("id"), c.Param("file")
	f, err := s.opts.Packs.Open(c.Request().Context(), id, name)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", packPolicy(f.Style))
	shown := false
	for _, t := range inPage {
		shown = shown || strings.HasPrefix(f.Type, t)
	}
	if !shown {
		// Open has checked both parts of the name.
		h.Set("Content-Disposition", `attachment; filename="homeward-`+id+"-"+name+`"`)
	}
	return c.Blob(http.StatusOK, f.Type, f.Bytes)
}

type packView struct {
	page.Frame
	Pack       string
	Facts      []page.Fact
	Files      page.Table
	Unprinted  string
	Deliveries *page.Table
	Check      string
	Compare    string
	Action     string
}

// packAbout is the page about a pack: what it holds, where it went, and
// whether it still comes out the same.
func (s *Server) packAbout(c echo.Context) error {
	if _, err := s.opts.Places.Read(c.QueryParams(), page.WordView); err != nil {
		return err
	}
	r, err := s.opts.Packs.Record(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	home := "/packs/" + r.ID + "/"
	v := packView{Frame: s.frame(c, "Pack of "+r.Title), Pack: home, Unprinted: r.Unprinted, Action: home + "check"}
	v.Crumbs = []page.Link{{Text: "Packs", Href: "/packs"}}
	v.Facts = []page.Fact{
		{Name: "Figures of", Value: r.Of},
		{Name: "Data as at", Value: orWords(r.AsAt.Long(), "No data")},
		{Name: "Figures held at", Value: s.moment(r.Held)},
		{Name: "Rule set", Value: r.RuleSet},
		{Name: "Made by", Value: "Homeward " + r.Version},
	}
	if r.Kind != "" {
		v.Facts = append([]page.Fact{{Name: "Kind", Value: r.Kind}}, v.Facts...)
	}
	if r.Public {
		v.Facts = append(
			v.Facts,
			page.Fact{Name: "Who may have it", Value: "Anybody: it is a public copy. Counts under 5 are not shown, others are rounded " +
				"to the " +
				"nearest 5."},
		)
	} else {
		v.Facts = append(
			v.Facts,
			page.Fact{Name: "Who may have it", Value: "The partnership. Counts under 5 are shown as they are, so do not publish it."},
		)
	}
	q := page.FilterQuery(r.Filter)
	// To the microsecond, as files arrive; whole seconds stay short.
	q.Set(page.WordKnown, r.Held.In(s.opts.Zone).Format(momentForms[1]+".999999"))
	v.Compare = page.Address("/overview", q)
	v.Files = page.Table{
		ID:            "files",
		Caption:       "Files of the pack",
		HiddenCaption: true,
		Head:          []page.Head{{Text: "File"}, {Text: "Size", Numeric: true}},
	}
	for _, f := range r.Files {
		v.Files.Rows = append(v.Files.Rows, []page.Cell{{Text: f.Name, Header: true, Href: home + f.Name},
			{Text: size(f.Bytes), Class: page.Numeric}})
	}
	if len(r.Deliveries) > 0 {
		t := &page.Table{ID: "deliveries", Caption: "Where the pack went", HiddenCaption: true,
			Head: []page.Head{{Text: "To"}, {Text: "How"}, {Text: "State"}, {Text: "When"}, {Text: "What was said"}}}
		for _, d := range r.Deliveries {
			when := "Next try at " + s.moment(d.Next)
			if !d.At.IsZero() {
				when = s.moment(d.At)
			}
			t.Rows = append(t.Rows, []page.Cell{{Text: d.Target, Header: true}, {Text: measure.UpperFirst(d.Kind)},
				{Text: d.State, Tag: deliveryTags[d.State]},
				{Text: when}, {Text: orWords(d.Message, "Nothing")}})
		}
		v.Deliveries = t
	}
	v.Check = "It has not been checked yet."
	if r.Checked != nil {
		v.Check = "Checked at " + s.moment(r.Checked.At) + ". " + r.Checked.Message
	}
	return s.page(c, "pack", v)
}

// deliveryTags are the colours of the words for deliveries.
var deliveryTags = map[string]string{"Sent": "nhsuk-tag--green", "Waiting": "nhsuk-tag--blue", "Not sent": "nhsuk-tag--yellow"}

func (s *Server) checkPack(c echo.Context) error {
	if err := s.opts.Packs.Check(c.Request().Context(), c.Param("id")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/packs/"+c.Param("id")+"/about#check")
}
