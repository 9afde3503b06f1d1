package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/signin"
	"homeward/internal/web/page"
)

// Audit reads the audit log, and records what is exported of it.
type Audit interface {
	signin.AuditStore
	AuditEvents(ctx context.Context, f audit.Filter) ([]audit.Event, error)
}

// The query words of the audit log.
const (
	wordWho    = "who"
	wordWhat   = "what"
	wordRecord = "record"
	wordBefore = "before"
)

var auditWords = []string{page.WordFrom, page.WordTo, wordWho, wordWhat, wordRecord, wordBefore, page.WordView}

// auditKinds are the kinds of entries that the filter offers.
var auditKinds = []audit.What{
	audit.SignedIn, audit.SignInRefused, audit.CodeRefused, audit.SignedOut, audit.SignedOutAll, audit.RoleChosen, audit.PasswordChanged,
	audit.SecondFactorOn, audit.SecondFactorOff, audit.RecoveryCodeUsed, audit.PersonAdded, audit.PersonDeactivated, audit.PersonReactivated,
	audit.PersonLinked, audit.RoleGranted, audit.RoleRevoked, audit.LinkMade, audit.TokenMade, audit.TokenRevoked, audit.IdentifierSeen,
	audit.IdentifierSearched, audit.RowsExported, audit.RowsCorrected, audit.IdentifiersExported, audit.KeyRotated, audit.IdentifiersPurged,
	audit.FilesReadAgain, audit.AuditExported, audit.AuditKeyed, audit.AuditBegunAnew, audit.BackedUp, audit.Restored,
	audit.Edited, audit.Decided, audit.RuleProposed, audit.RuleAnswered,
	audit.MonthClosed, audit.SettingChanged, audit.CallWithdrawn, audit.ActionChanged, audit.ActionWithdrawn, audit.NoteAdded,
	audit.NoteWithdrawn, audit.PublishedAdded,
	audit.PersonJudged, audit.LayoutSaved, audit.PartnershipSaved,
}

// auditOnPage is how many entries a page has: a phone shows each in four lines.
const auditOnPage = 25

// auditRow is an entry. What an entry has not is left out, not said to be missing:
// Record where it is the person who acted, As of the command line, Before and After
// where nothing changed.
type auditRow struct {
	Number, When, Who, As, What, Record, Before, After string
}

type auditView struct {
	page.Frame
	Checked  string
	Rows     []auditRow
	Who      page.Field
	Record   page.Field
	From, To string
	Kinds    []page.Choice
	CSV      string
	// Older leads to the entries before these, Newest to the first page.
	Older, Newest string
	Empty         bool
}

// auditOf reads the address.
func (s *Server) auditOf(c echo.Context) (audit.Filter, page.Asked, error) {
	q := c.QueryParams()
	a, err := s.opts.Places.Read(q, auditWords...)
	if err != nil {
		return audit.Filter{}, a, err
	}
	f := audit.Filter{Who: q.Get(wordWho), What: audit.What(q.Get(wordWhat)), Record: q.Get(wordRecord), Limit: auditOnPage}
	day := func(d delay.Day) time.Time {
		y, m, date := d.Time().Date()
		return time.Date(y, m, date, 0, 0, 0, 0, s.opts.Zone)
	}
	if a.From != 0 {
		f.From = day(a.From)
	}
	if a.To != 0 {
		f.To = day(a.To + 1)
	}
	if text := q.Get(wordBefore); text != "" {
		if f.Before, err = strconv.ParseInt(text, 10, 64); err != nil || f.Before < 1 {
			return f, a, problem.New(problem.Invalid, "We do not recognise %s as a value of 'before'. Use the number of an entry.", page.Quote(text))
		}
	}
	return f, a, nil
}

func (s *Server) auditPage(c echo.Context) error {
	f, a, err := s.auditOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	events, err := s.opts.Audit.AuditEvents(ctx, f)
	if err != nil {
		return err
	}
	checked, err := s.opts.Audit.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	v := auditView{Frame: s.frame(c, "Audit log"), Empty: len(events) == 0,
		Who:    page.Field{ID: wordWho, Label: "Who", Value: f.Who, Type: "text", Complete: "off", Class: "nhsuk-input--width-20"},
		Record: page.Field{ID: wordRecord, Label: "Record", Value: f.Record, Type: "text", Complete: "off", Class: "nhsuk-input--width-20"}}
	v.BodyClass = "app-print-landscape"
	v.Crumbs = []page.Link{{Text: "Users", Href: "/admin/users"}}
	if a.From != 0 {
		v.From = a.From.String()
	}
	if a.To != 0 {
		v.To = a.To.String()
	}
	v.Checked = "Log checked to entry " + count(checked.Head.Number) + " at " + clock(s.opts.Now().In(s.opts.Zone)) + "."
	if !checked.Whole() {
		v.Checked = checked.Findings[0] + " Contact your security lead."
	}
	v.Kinds = []page.Choice{{Text: "Everything", Chosen: f.What == ""}}
	for _, k := range auditKinds {
		v.Kinds = append(v.Kinds, page.Choice{Value: string(k), Text: measure.UpperFirst(string(k)), Chosen: k == f.What})
	}
	for _, e := range events {
		r := auditRow{Number: count(e.Number), When: s.moment(e.At), Who: orWords(e.Who, "Not known"), What: measure.UpperFirst(string(e.What)),
			Record: e.Record, Before: e.Before, After: e.After, As: "from " + orWords(e.From, "this machine")}
		if e.As != "" {
			r.As = e.As + ", " + r.As
		}
		if r.Record == r.Who {
			r.Record = ""
		}
		v.Rows = append(v.Rows, r)
	}
	q := url.Values{}
	for _, w := range auditWords[:5] {
		if text := c.QueryParam(w); text != "" {
			q.Set(w, text)
		}
	}
	v.CSV = page.Address("/admin/audit.csv", q)
	if f.Before != 0 {
		v.Newest = page.Address("/admin/audit", q)
	}
	if n := len(events); n == f.Limit && events[n-1].Number > 1 {
		q.Set(wordBefore, strconv.FormatInt(events[n-1].Number, 10))
		v.Older = page.Address("/admin/audit", q)
	}
	return s.page(c, "audit", v)
}

func (s *Server) auditCSV(c echo.Context) error {
	f, _, err := s.auditOf(c)
	if err != nil {
		return err
	}
	f.Limit = 0
	var b bytes.Buffer
	if err := signin.ExportAudit(c.Request().Context(), s.opts.Audit, s.actor(c), f, &b); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="homeward-audit.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
