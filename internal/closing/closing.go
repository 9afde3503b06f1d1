// Package closing is the month close: what of a month is fixed when directors
// close it, and what stands in the way. A close changes no figure. It keeps the
// figures of its moment as bytes that never change, so that later changes show
// as revisions beside them. The package is pure and works out the figures of
// one moment from a Source; how a close is kept is package sqlite's concern,
// what has changed since is package revision's, and how it looks is package
// web's.
package closing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// Source is what a close is worked out from. All answers must be of one
// moment.
type Source interface {
	measure.Source
	// ProviderDays gives every provider that ever sent an extract or is run from
	// the log.
	ProviderDays(ctx context.Context, from, to delay.Day) ([]measure.ProviderDays, error)
	// MonthFiles gives the file that counts for each provider's day of the month
	// as the SHA-256 in hexadecimal, and the days whose short file is held.
	MonthFiles(ctx context.Context, m delay.Month) ([]File, error)
	// MonthPeople gives the people who have a delayed day in the month.
	MonthPeople(ctx context.Context, m delay.Month) (People, error)
	// MonthOpen gives the periods with days in the month that are not settled.
	MonthOpen(ctx context.Context, m delay.Month) ([]Open, error)
	// Settings gives the settings that days are counted with, as a text.
	Settings(ctx context.Context) (string, error)
	// Recount counts the month again, beside what is stored, by provider.
	Recount(ctx context.Context, m delay.Month) ([]Recounted, error)
}

// File is where one provider's day stands. SHA256 is empty when none counts.
type File struct {
	Provider string
	Day      delay.Day
	SHA256   string
	// Reading is not 0 when the file was read again; it is another number for each
	// time.
	Reading int64
	Held    bool
	// Codes are what other codes of the provider sent for the day.
	Codes []measure.CodeDay
}

// People counts people, each once: one who waited at two hospitals is one in
// All and one in each.
type People struct {
	All       int64
	Providers map[string]int64
	Councils  map[delay.Council]int64
}

// Open is how many periods of a provider and council are not settled in one
// way, with the days that they have in the month.
type Open struct {
	Provider string
	Council  delay.Council
	Body     delay.Body
	State    agreement.State
	Next     agreement.Side
	Level    agreement.Level
	Periods  int64
	Days     int64
}

// Recounted is one provider's month counted in three ways that must agree.
type Recounted struct {
	Provider string
	// Snapshot is the stored counts that every figure is read from, Days the
	// periods counted day by day, Waits the waits' own days less those paused.
	Snapshot, Days, Waits int64
	// Lines are the counts that stand otherwise than the periods give.
	Lines []Line
}

// Line is one count that stands otherwise: by council, type of care, reason,
// body and state, on a Day or, with Day zero, in the month's total.
type Line struct {
	Council  delay.Council
	Care     delay.CareType
	Reason   delay.Reason
	Body     delay.Body
	State    agreement.State
	Day      delay.Day
	Snapshot int64
	Days     int64
}

// Differs gives by how many days the ways of counting differ: by their totals,
// or, where these are the same, by the days that stand in another place.
func (r Recounted) Differs() int64 {
	var totals, days [2]int64 // more, fewer
	for _, l := range r.Lines {
		d := l.Snapshot - l.Days
		into := &totals
		if l.Day != 0 {
			into = &days
		}
		if d > 0 {
			into[0] += d
		} else {
			into[1] -= d
		}
	}
	apart := func(a, b int64) int64 { return max(a-b, b-a) }
	return max(apart(r.Snapshot, r.Days), apart(r.Waits, r.Days), totals[0], totals[1], days[0], days[1])
}

// Content is everything that a close fixes. It holds counts and names of
// organisations only. Its JSON is what is kept; days stand in it as ISO dates,
// what is not known as "not-known".
type Content struct {
	// Version is that of this shape.
	Version     int    `json:"version"`
	Partnership string `json:"partnership"`
	Month       string `json:"month"`
	From        string `json:"from"`
	To          string `json:"to"`
	// ClosedAt is the moment in UTC, ClosedBy as what it was closed; both are
	// empty while the month is not closed.
	ClosedAt string   `json:"closed_at"`
	ClosedBy ClosedBy `json:"closed_by"`
	// Reason is why it was closed while something was open.
	Reason      string `json:"reason"`
	RuleSet     string `json:"rule_set"`
	RuleVersion string `json:"rule_version"`
	// Convention names the one that the days were counted by; months closed before
	// it was kept have none.
	Convention string `json:"convention,omitempty"`
	// Settings are those that days were counted with, as the store keeps them.
	Settings string `json:"settings"`
	AsAt     string `json:"data_as_at"`

	CalendarDays int   `json:"calendar_days"`
	DelayedDays  int64 `json:"delayed_days"`
	People       int64 `json:"people"`
	// InRange is the days that are disputed or not attributed, each once: the
	// width of the range of the share (G3). Unanswered are those that are proposed
	// to a body and not answered.
	InRange    int64      `json:"days_in_range"`
	Unanswered int64      `json:"days_not_answered"`
	Providers  []Provider `json:"providers"`
	Councils   []Council  `json:"councils"`
	// Open is what was not settled, by body and state.
	Open []OpenDays `json:"not_settled"`
	// DividedBy is groups where days are not divided between bodies (A8): then
	// nothing is agreed, there is no share, and Groups has the days. Else it is
	// empty.
	DividedBy string  `json:"divided_by,omitempty"`
	Groups    []Group `json:"groups,omitempty"`

	Cells []Cell     `json:"counts"`
	ByDay []DayCount `json:"days"`
	// EnglandSHA256 is the hash in hexadecimal of England's counts of the month,
	// which are kept beside; empty where none were.
	EnglandSHA256 string `json:"england_sha256,omitempty"`

	into func(code string) string
}

// ClosedBy is as what somebody closed a month. Who it was stands in the audit
// log only.
type ClosedBy struct {
	Role          string   `json:"role"`
	Organisations []string `json:"organisations"`
}

// Provider is one provider's month.
type Provider struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	DelayedDays int64  `json:"delayed_days"`
	People      int64  `json:"people"`
	// FromLog is set for one that sends no extracts and is run from the log.
	FromLog bool `json:"from_log"`
	// Extracts is the number of days for which an extract counts. Missing and
	// Held are the days without one since the provider's first, and those whose
	// short extract is held.
	Extracts int      `json:"extracts"`
	Missing  []string `json:"missing"`
	Held     []string `json:"held"`
}

// Council is one council's month with its share and range (G3). The share is
// nothing where there are no days.
type Council struct {
	Code          string   `json:"code"`
	DelayedDays   int64    `json:"delayed_days"`
	People        int64    `json:"people"`
	SocialCare    int64    `json:"social_care_days"`
	NHS           int64    `json:"nhs_days"`
	Joint         int64    `json:"joint_days"`
	NotAttributed int64    `json:"not_attributed_days"`
	InRange       int64    `json:"days_in_range"`
	Share         *float64 `json:"share"`
	Lowest        *float64 `json:"share_lowest"`
	Highest       *float64 `json:"share_highest"`
}

// Group is one group's month.
type Group struct {
	Name        string `json:"group"`
	DelayedDays int64  `json:"delayed_days"`
}

// ByGroups says that days are divided by groups and not between bodies.
func (c *Content) ByGroups() bool { return c.DividedBy == byGroups }

const byGroups = "groups"

// OpenDays is days that are not settled: disputed or proposed days that stand
// with a body, or days that are not attributed.
type OpenDays struct {
	Responsible string `json:"responsible"`
	State       string `json:"state"`
	Days        int64  `json:"days"`
	Periods     int64  `json:"periods"`
}

// Cell is one count of delayed days.
type Cell struct {
	Provider    string `json:"provider"`
	Council     string `json:"council"`
	Care        string `json:"type_of_care"`
	Reason      string `json:"reason"`
	Responsible string `json:"responsible"`
	State       string `json:"state"`
	Days        int64  `json:"delayed_days"`
}

// DayCount is one provider's day, with the file that it stands on: what later
// differences are explained by.
type DayCount struct {
	Provider      string `json:"provider"`
	Day           string `json:"day"`
	File          string `json:"extract_sha256"`
	Reading       int64  `json:"extract_reading,omitempty"` // see File
	Held          bool   `json:"held"`
	SocialCare    int64  `json:"social_care"`
	NHS           int64  `json:"nhs"`
	Joint         int64  `json:"joint"`
	NotAttributed int64  `json:"not_attributed"`
	InRange       int64  `json:"in_range"`
}

// ByBody gives the people delayed on the day by body.
func (d DayCount) ByBody() measure.ByBody {
	var b measure.ByBody
	b[delay.SocialCare], b[delay.NHS], b[delay.Joint], b[delay.NotAttributed] = d.SocialCare, d.NHS, d.Joint, d.NotAttributed
	return b
}

// version is that of the shape of Content.
const version = 1

// notKnown stands for a council, reason or type of care that is not known.
const notKnown = "not-known"

// Setup is what a close is worked out for. Now is in London time.
type Setup struct {
	Now                              time.Time
	Month                            delay.Month
	Partnership                      string
	RuleSet, RuleVersion, Convention string
	Expected                         []measure.Expected
	Clocks                           agreement.Clocks
	// Group gives the group of a reason where days are not divided between bodies
	// (A8), nil where they are.
	Group func(delay.Reason) string
	// England works out England's counts of the month, of the same moment; nil, and
	// nil in its answer, where nobody lists everybody in a bed.
	England func(context.Context) (*England, error)
}

// Check is a month as it would be closed now, and what stands in the way.
type Check struct {
	Content Content
	// Over says that every day of the month is over.
	Over bool
	// Due is the day after which the month is expected to be closed: the last
	// proposals have had their working days.
	Due       delay.Day
	Recounted []Recounted
	Open      []Open
	// England is what would be kept of England's counts, nil for nothing.
	England       *England
	englandFrozen []byte
}

// Due gives the day after which a month is expected to be closed: its last
// proposals have had the working days of an answer.
func Due(m delay.Month, c agreement.Clocks) delay.Day {
	return c.AddWorkingDays(m.Last()+1, c.Answer)
}

// Over says whether every day of the month is over at a moment of London.
func Over(m delay.Month, now time.Time) bool { return m.Last() < delay.DayOf(now) }

// Make works out a month as it would be closed now. The error is a NotFound
// problem for a month of which nothing is known.
func Make(ctx context.Context, src Source, s Setup) (*Check, error) {
	from, to := s.Month.First(), s.Month.Last()
	k := &Check{Over: Over(s.Month, s.Now), Due: Due(s.Month, s.Clocks)}
	c := &k.Content
	*c = Content{Version: version, Partnership: s.Partnership, Month: s.Month.String(), From: from.String(), To: to.String(),
		RuleSet: s.RuleSet, RuleVersion: s.RuleVersion, Convention: s.Convention,
		ClosedBy: ClosedBy{Organisations: []string{}}, CalendarDays: s.Month.Days(), Providers: []Provider{}, Councils: []Council{},
		Open: []OpenDays{}, Cells: []Cell{}, ByDay: []DayCount{}}
	today := delay.DayOf(s.Now)
	stand, err := src.ProviderDays(ctx, 0, min(to, today))
	if err != nil {
		return nil, err
	}
	first, asAt := delay.Day(0), delay.Day(0)
	for _, p := range stand {
		if p.First != 0 && (first == 0 || p.First < first) {
			first = p.First
		}
		if n := len(p.Counted); n > 0 {
			asAt = max(asAt, p.Counted[n-1])
		}
	}
	if from > today || first == 0 || first > to {
		return nil, problem.New(problem.NotFound, "No figures are held for %s. Choose a month from the list of months.", s.Month.Long())
	}
	c.AsAt = asAt.String()
	if c.Settings, err = src.Settings(ctx); err != nil {
		return nil, err
	}
	people, err := src.MonthPeople(ctx, s.Month)
	if err != nil {
		return nil, err
	}
	c.People = people.All
	if err := c.count(ctx, src, s, people); err != nil {
		return nil, err
	}
	files, err := src.MonthFiles(ctx, s.Month)
	if err != nil {
		return nil, err
	}
	if err := c.days(ctx, src, s.Month, files); err != nil {
		return nil, err
	}
	c.providers(stand, s, people, today)
	if k.Open, err = src.MonthOpen(ctx, s.Month); err != nil {
		return nil, err
	}
	if s.Group != nil {
		c.group(s.Group)
		k.Open = nil
	}
	c.openDays(k.Open)
	if k.Recounted, err = src.Recount(ctx, s.Month); err != nil || s.England == nil {
		return k, err
	}
	england, err := s.England(ctx)
	if err != nil {
		return nil, err
	}
	england.without(stand)
	return k, k.fix(england)
}

// slug gives what stands for a value that may not be known.
func slug[T ~string](v T) string { return cmp.Or(string(v), notKnown) }

func (c *Content) count(ctx context.Context, src Source, s Setup, people People) error {
	cells, err := src.Cells(ctx, measure.Query{From: s.Month.First(), To: s.Month.Last(),
		By: []measure.Dimension{measure.ByProvider, measure.ByCouncil, measure.ByCare, measure.ByReason, measure.ByResponsible, measure.ByState}})
	if err != nil {
		return err
	}
	periods := map[delay.Council]*measure.Period{}
	for _, cell := range cells {
		c.DelayedDays += cell.Days
		c.Cells = append(c.Cells, Cell{cell.Provider, slug(cell.Council), cell.Care.Slug(), slug(cell.Reason), cell.Body.Slug(),
			cell.State.Slug(), cell.Days})
		p := periods[cell.Council]
		if p == nil {
			p = &measure.Period{}
			periods[cell.Council] = p
		}
		p.Days[cell.Body] += cell.Days
		if cell.State.Contested() {
			p.Disputed[cell.Body] += cell.Days
		}
		if cell.State == agreement.Proposed && cell.Body != delay.NotAttributed {
			c.Unanswered += cell.Days
		}
	}
	for code, p := range periods {
		one := Council{Code: slug(code), DelayedDays: p.Days.Total(), People: people.Councils[code], InRange: p.Unsettled(),
			SocialCare: p.Days[delay.SocialCare], NHS: p.Days[delay.NHS], Joint: p.Days[delay.Joint], NotAttributed: p.Days[delay.NotAttributed]}
		if share := p.Share(); share.Known {
			one.Share, one.Lowest, one.Highest = part(share.Value), part(share.Low), part(share.High)
		}
		c.InRange += one.InRange
		c.Councils = append(c.Councils, one)
	}
	slices.SortFunc(c.Councils, func(a, b Council) int {
		return cmp.Or(unknownLast(a.Code, b.Code), cmp.Compare(a.Code, b.Code))
	})
	return nil
}

// group divides the month by groups: there is nothing to agree on and no share
// (A8).
func (c *Content) group(of func(delay.Reason) string) {
	c.DividedBy, c.InRange, c.Unanswered = byGroups, 0, 0
	for i := range c.Councils {
		one := &c.Councils[i]
		one.InRange, one.Share, one.Lowest, one.Highest = 0, nil, nil, nil
	}
	for i := range c.ByDay {
		c.ByDay[i].InRange = 0
	}
	for _, cell := range c.Cells {
		reason := delay.Reason(cell.Reason)
		if cell.Reason == notKnown {
			reason = delay.ReasonNotKnown
		}
		name := of(reason)
		at := slices.IndexFunc(c.Groups, func(g Group) bool { return g.Name == name })
		if at < 0 {
			at, c.Groups = len(c.Groups), append(c.Groups, Group{Name: name})
		}
		c.Groups[at].DelayedDays += cell.Days
	}
	slices.SortFunc(c.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.DelayedDays, a.DelayedDays), cmp.Compare(a.Name, b.Name))
	})
}

func unknownLast(a, b string) int {
	switch {
	case a == notKnown && b != notKnown:
		return 1
	case a != notKnown && b == notKnown:
		return -1
	default:
		return 0
	}
}

// part rounds a share to six places, as twins have it.
func part(v float64) *float64 {
	r := math.Round(v*1e6) / 1e6
	return &r
}

// days notes each provider's days, with the file that each stands on.
func (c *Content) days(ctx context.Context, src Source, m delay.Month, files []File) error {
	cells, err := src.Cells(ctx, measure.Query{From: m.First(), To: m.Last(), By: []measure.Dimension{measure.ByDay, measure.ByProvider,
		measure.ByResponsible, measure.ByState}})
	if err != nil {
		return err
	}
	type spot struct {
		provider string
		day      delay.Day
	}
	at := map[spot]*DayCount{}
	of := func(provider string, day delay.Day) *DayCount {
		key := spot{provider, day}
		if at[key] == nil {
			at[key] = &DayCount{Provider: provider, Day: day.String()}
		}
		return at[key]
	}
	for _, cell := range cells {
		d := of(cell.Provider, cell.Period)
		switch cell.Body {
		case delay.SocialCare:
			d.SocialCare += cell.Days
		case delay.NHS:
			d.NHS += cell.Days
		case delay.Joint:
			d.Joint += cell.Days
		default:
			d.NotAttributed += cell.Days
		}
		if InRange(cell) {
			d.InRange += cell.Days
		}
	}
	for _, f := range files {
		d := of(f.Provider, f.Day)
		d.File, d.Reading, d.Held = f.SHA256, f.Reading, f.Held
	}
	for _, d := range at {
		c.ByDay = append(c.ByDay, *d)
	}
	slices.SortFunc(c.ByDay, func(a, b DayCount) int { return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Day, b.Day)) })
	return nil
}

// InRange says whether the days of a cell are in the range of the share: not
// attributed, disputed, or decided by one party (G3, G5).
func InRange(c measure.Cell) bool {
	return c.Body == delay.NotAttributed || c.State.Contested()
}

// providers notes each provider's month, in the partnership's order, then those
// that it no longer names.
func (c *Content) providers(stand []measure.ProviderDays, s Setup, people People, today delay.Day) {
	from, to := s.Month.First(), s.Month.Last()
	names := make([]measure.Expected, 0, len(s.Expected))
	names = append(names, s.Expected...)
	for _, p := range stand {
		if !slices.ContainsFunc(names, func(e measure.Expected) bool { return e.Code == p.Code }) {
			names = append(names, measure.Expected{Code: p.Code, Name: p.Code})
		}
	}
	totals := map[string]int64{}
	for _, cell := range c.Cells {
		totals[cell.Provider] += cell.Days
	}
	for _, e := range names {
		i := slices.IndexFunc(stand, func(p measure.ProviderDays) bool { return p.Code == e.Code })
		one := Provider{Code: e.Code, Name: e.Name, DelayedDays: totals[e.Code], People: people.Providers[e.Code], Missing: []string{},
			Held: []string{}}
		if i < 0 || stand[i].First > to && one.DelayedDays == 0 {
			// It had not begun to send: its days are not reported at all (C9).
			continue
		}
		p := stand[i]
		one.FromLog = p.FromLog
		for day := max(from, p.First); day <= min(to, today-1); day++ {
			in := p.Whole(day)
			_, held := slices.BinarySearch(p.Held, day)
			switch {
			case p.FromLog: // No extract is expected.
			case in:
				one.Extracts++
			case held:
				one.Held = append(one.Held, day.String())
			case p.First != 0 && (e.Sends(day) || day > p.Latest || len(p.Lacking[day]) > 0):
				one.Missing = append(one.Missing, day.String())
			}
		}
		c.Providers = append(c.Providers, one)
	}
}

// openDays notes what is not settled by body and state; not attributed first.
func (c *Content) openDays(open []Open) {
	type key struct {
		body  delay.Body
		state agreement.State
	}
	sums := map[key]*OpenDays{}
	var keys []key
	for _, o := range open {
		k := key{o.Body, o.State}
		if sums[k] == nil {
			sums[k] = &OpenDays{Responsible: o.Body.Slug(), State: o.State.Slug()}
			keys = append(keys, k)
		}
		sums[k].Days += o.Days
		sums[k].Periods += o.Periods
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(slices.Index(delay.Bodies[:], a.body), slices.Index(delay.Bodies[:], b.body)), cmp.Compare(a.state, b.state))
	})
	for _, k := range keys {
		c.Open = append(c.Open, *sums[k])
	}
}

// Differing gives the providers whose ways of counting differ.
func (k *Check) Differing() []Recounted {
	var out []Recounted
	for _, r := range k.Recounted {
		if r.Differs() != 0 {
			out = append(out, r)
		}
	}
	return out
}

// Refused says why the month cannot be closed, as a Conflict problem; nil when
// it can.
func (k *Check) Refused() error {
	m, err := delay.ParseMonth(k.Content.Month)
	if err != nil {
		return err
	}
	if !k.Over {
		return problem.New(problem.Conflict, "%s cannot be closed. It is not over.", m.Long())
	}
	var parts []string
	for _, r := range k.Differing() {
		by := "differ by " + fmt.Sprint(r.Differs())
		if len(parts) > 0 {
			by = "by " + fmt.Sprint(r.Differs())
		}
		parts = append(parts, by+" at "+k.Content.Named(r.Provider))
	}
	if len(parts) > 0 {
		return problem.New(problem.Conflict, "%s cannot be closed. Snapshot and days %s. See the reconciliation.", m.Long(), listed(parts))
	}
	return nil
}

func listed(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// Named gives the name of a provider as it was when the content was made.
func (c *Content) Named(code string) string {
	for _, p := range c.Providers {
		if p.Code == code {
			return p.Name
		}
	}
	return code
}

// Loose is what is open in a month that can be closed: days without an extract,
// days whose extract is held, and delayed days that are not settled.
type Loose struct {
	Missing, Held                       int
	Unanswered, Disputed, NotAttributed int64
}

// Any says whether anything is open.
func (l Loose) Any() bool { return l != Loose{} }

// Loose gives what is open.
func (c *Content) Loose() Loose {
	l := Loose{Unanswered: c.Unanswered}
	for _, p := range c.Providers {
		l.Missing += len(p.Missing)
		l.Held += len(p.Held)
	}
	for _, o := range c.Open {
		switch {
		case o.Responsible == delay.NotAttributed.Slug():
			l.NotAttributed += o.Days
		case o.State == agreement.Disputed.Slug(), o.State == agreement.Decided.Slug():
			l.Disputed += o.Days
		}
	}
	return l
}

// Fingerprint is a short text that changes with any figure of the content: a
// page carries it, so that nobody closes other figures than those they saw.
func (c *Content) Fingerprint() string {
	figures := *c
	figures.ClosedAt, figures.ClosedBy, figures.Reason = "", ClosedBy{}, ""
	b, err := figures.Encode()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return fmt.Sprintf("%x", sum[:8])
}

// Encode gives the bytes that are kept: JSON of the fields in their order, with
// nothing in it that depends on when or where it is written.
func (c *Content) Encode() ([]byte, error) { return encode(c) }

// Record is a close as it is kept.
type Record struct {
	Month delay.Month
	At    time.Time
	// Role and Codes are as what it was closed; who it was is in the audit log.
	Role                 string
	Codes                []string
	RuleSet, RuleVersion string
	// Days is the delayed days of the month as closed.
	Days int64
	// Frozen is the content as encoded, SHA256 its hash. Lists leave Frozen out.
	Frozen []byte
	SHA256 [sha256.Size]byte
	// England is England's counts as encoded, whose hash the content names; none
	// where none are kept. Only a record that is about to be kept has it.
	England []byte
}

// Seal makes the record of a month that is closed at a moment, in a role, for a
// reason.
func (k *Check) Seal(at time.Time, role string, codes []string, reason string) (Record, error) {
	if err := k.Refused(); err != nil {
		return Record{}, err
	}
	m, err := delay.ParseMonth(k.Content.Month)
	if err != nil {
		return Record{}, err
	}
	c := k.Content
	at = time.UnixMicro(at.UnixMicro()).UTC()
	c.ClosedAt, c.Reason = at.Format(time.RFC3339Nano), reason
	c.ClosedBy = ClosedBy{Role: role, Organisations: append([]string{}, codes...)}
	frozen, err := c.Encode()
	if err != nil {
		return Record{}, err
	}
	return Record{Month: m, At: at, Role: role, Codes: codes, RuleSet: c.RuleSet, RuleVersion: c.RuleVersion, Days: c.DelayedDays,
		Frozen: frozen, SHA256: sha256.Sum256(frozen), England: k.englandFrozen}, nil
}

// Content reads what was kept. Bytes that are not those of the hash are an
// Unavailable problem.
func (r Record) Content() (*Content, error) {
	if sha256.Sum256(r.Frozen) != r.SHA256 {
		return nil, problem.New(problem.Unavailable, "What %s was closed with does not have the fingerprint that it had. Restore the data "+
			"folder "+
			"from your backup.", r.Month.Long())
	}
	c := &Content{}
	if err := json.Unmarshal(r.Frozen, c); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "What %s was closed with could not be read. Restore the data folder from your backup",
			r.Month.Long())
	}
	return c, nil
}

// ShowUnder says under which provider each is shown today, so that what a former
// code was closed with stands beside its successor's figures of now.
func (c *Content) ShowUnder(into func(code string) string) { c.into = into }

// Into gives the code of the provider under which one is shown today.
func (c *Content) Into(code string) string {
	if c.into == nil {
		return code
	}
	return c.into(code)
}

// Counted gives the counts of the content that a filter lets through, each under
// the provider under which it is shown today.
func (c *Content) Counted(f measure.Filter) ([]measure.Cell, error) {
	var out []measure.Cell
	for _, one := range c.Cells {
		cell := measure.Cell{Provider: c.Into(one.Provider), Days: one.Days}
		if one.Council != notKnown {
			cell.Council = delay.Council(one.Council)
		}
		if one.Reason != notKnown {
			cell.Reason = delay.Reason(one.Reason)
		}
		var err error
		if cell.Care, err = delay.ParseCareType(one.Care); err != nil {
			return nil, err
		}
		if cell.Body, err = delay.ParseBody(one.Responsible); err != nil {
			return nil, err
		}
		if cell.State, err = agreement.ParseState(one.State); err != nil {
			return nil, err
		}
		if lets(f.Providers, cell.Provider) && lets(f.Councils, cell.Council) && lets(f.Care, cell.Care) && lets(f.Reasons, cell.Reason) &&
			lets(f.Bodies, cell.Body) && lets(f.InStates(), cell.State) {
			out = append(out, cell)
		}
	}
	return out, nil
}

func lets[T comparable](values []T, v T) bool { return len(values) == 0 || slices.Contains(values, v) }

// Moved says how a month's figures stand beside those closed: how many days
// more there are, and how many more stand in another place. place gives what of
// a count is its place, such as its hospital and body.
func Moved(closed, now []measure.Cell, place func(measure.Cell) measure.Cell) (more, elsewhere int64) {
	sums := map[measure.Cell]int64{}
	for _, c := range closed {
		sums[place(c)] -= c.Days
		more -= c.Days
	}
	for _, c := range now {
		sums[place(c)] += c.Days
		more += c.Days
	}
	var up, down int64
	for _, n := range sums {
		if n > 0 {
			up += n
		} else {
			down -= n
		}
	}
	return more, min(up, down)
}
