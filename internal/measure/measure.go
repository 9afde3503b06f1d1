// Package measure says what Homeward counts: filters, delayed days, the beds they take,
// people delayed, share, band and the words of each definition (C1, C12, C16,
// G3). It knows no SQL: a Source gives it counts.
package measure

import (
	"context"
	"strings"

	"homeward/internal/agreement"
	"homeward/internal/definition"
	"homeward/internal/delay"
)

// Dimension is something that figures can be broken down by.
type Dimension string

// The dimensions, as they stand in --by and in addresses.
const (
	ByDay         Dimension = "day"
	ByWeek        Dimension = "week"
	ByMonth       Dimension = "month"
	ByProvider    Dimension = "provider"
	ByCouncil     Dimension = "council"
	ByCare        Dimension = "care"
	ByReason      Dimension = "reason"
	ByResponsible Dimension = "responsible"
	ByState       Dimension = "state"
	ByPathway     Dimension = "pathway"
)

// Filter narrows what is counted. An empty list means no narrowing; several
// values of one list mean "or", different lists mean "and".
type Filter struct {
	Providers []string
	Councils  []delay.Council
	Care      []delay.CareType
	Reasons   []delay.Reason
	Bodies    []delay.Body
	States    []agreement.State
	Pathways  []delay.Pathway
	// Basis says which days are counted; InStates puts it and States together.
	Basis Basis
	// Book names the reasons and says by which convention the days are counted; it
	// narrows nothing. Without one, words name reasons by their codes and leave
	// unsaid which days count.
	Book *definition.Book
}

// Query asks for delayed days from From to To, both included, broken down by
// By in that order.
type Query struct {
	From, To delay.Day
	By       []Dimension
	Filter   Filter
}

// Cell is one count of delayed days. Fields that the query's By does not name
// are zero; Has tells a real zero value ("not attributed") from an absent one.
type Cell struct {
	// Period is the first day of the day, week or month, cut to the query's
	// From; zero when By names no period.
	Period   delay.Day
	Provider string
	Council  delay.Council
	Care     delay.CareType
	Reason   delay.Reason
	Body     delay.Body
	State    agreement.State
	Pathway  delay.Pathway
	// Days is the number of delayed days; on one day it is also the number of
	// people delayed (C16).
	Days int64
}

// Source gives the cells of a query that are not zero, ordered by the
// dimensions of By.
type Source interface {
	Cells(ctx context.Context, q Query) ([]Cell, error)
}

// ByBody is a count for each body, indexed by delay.Body.
type ByBody [4]int64

// Total is the sum over all bodies, not attributed among them (C12).
func (b ByBody) Total() int64 { return b[0] + b[1] + b[2] + b[3] }

// Share is one body's part of all delayed days with its band (G3), each from
// 0 to 1. Known is false when there are no days to share.
type Share struct {
	Known     bool
	Value     float64
	Low, High float64
}

// SocialCareShare gives the council-attributable share of the days and its
// band. unsettled is the number of days, already in b, that are disputed; the
// not-attributed days of b are unsettled by nature. Low supposes that each of
// them falls to the NHS, High that each falls to the council (G3). A disputed
// day is counted in b under the proposing body, so disputedCouncil of them are
// taken off the low end and disputedOther added at the high end.
func SocialCareShare(b ByBody, disputedCouncil, disputedOther int64) Share {
	total := b.Total()
	if total == 0 {
		return Share{}
	}
	t := float64(total)
	sc := b[delay.SocialCare]
	return Share{
		Known: true,
		Value: float64(sc) / t,
		Low:   float64(sc-disputedCouncil) / t,
		High:  float64(sc+disputedOther+b[delay.NotAttributed]) / t,
	}
}

// Period is one month or week of a series.
type Period struct {
	First, Last delay.Day
	Days        ByBody
	// Disputed is how many of Days are disputed, or decided by one party (G5); they stand with the proposing
	// body (G1).
	Disputed ByBody
	// Listed is the number of calendar days of the period, up to its Last, for
	// which every provider asked about has a counted extract.
	Listed int
	// Missing names the providers that have no extract for some day of the
	// period, with the number of days; charts draw and name the gap.
	Missing []Gap
	// Basis says which days are in Days. On basis agreed Disputed is empty and
	// NotAgreed is the counted days that are not in Days.
	Basis     Basis
	NotAgreed int64
}

// Share is the period's council share with its band (G3).
func (p Period) Share() Share {
	if p.Basis == BasisAgreed {
		return agreedShare(p.Days, p.NotAgreed)
	}
	return SocialCareShare(p.Days, p.Disputed[delay.SocialCare], p.Disputed[delay.NHS]+p.Disputed[delay.Joint])
}

// Unsettled is the number of days that are disputed or not attributed, each
// once, and on basis agreed those that are not agreed: the width of the band in
// days (G3).
func (p Period) Unsettled() int64 {
	if p.Basis == BasisAgreed {
		return p.NotAgreed
	}
	return p.Disputed[delay.SocialCare] + p.Disputed[delay.NHS] + p.Disputed[delay.Joint] + p.Days[delay.NotAttributed]
}

// UnsettledWords says how many of the period's days are disputed and how many
// not attributed, or on basis agreed how many are not agreed, as the end of a
// sentence that begins with "while"; empty when every day is settled.
func (p Period) UnsettledWords() string {
	are := func(n int64, what string) string {
		if n == 1 {
			return "1 day is " + what
		}
		return Whole(n) + " days are " + what
	}
	if p.Basis == BasisAgreed {
		if p.NotAgreed == 0 {
			return ""
		}
		return are(p.NotAgreed, "not agreed")
	}
	none := p.Days[delay.NotAttributed]
	switch disputed := p.Unsettled() - none; {
	case disputed > 0 && none > 0:
		return are(disputed, "disputed") + " and " + are(none, "not attributed")
	case disputed > 0:
		return are(disputed, "disputed")
	case none > 0:
		return are(none, "not attributed")
	default:
		return ""
	}
}

// CalendarDays is the number of calendar days in the period (C12).
func (p Period) CalendarDays() int { return int(p.Last-p.First) + 1 }

// Beds is the period's beds in delays: delayed days over calendar days (C12).
func (p Period) Beds() float64 { return float64(p.Days.Total()) / float64(p.CalendarDays()) }

// BedsOf is Beds for one body.
func (p Period) BedsOf(b delay.Body) float64 {
	return float64(p.Days[b]) / float64(p.CalendarDays())
}

// Gap is a provider with no counted extract on some days of a period.
type Gap struct {
	Provider string
	Name     string
	Days     int
}

// ReasonDays is the delayed days of one reason in a period.
type ReasonDays struct {
	Reason delay.Reason
	Days   ByBody
}

// Waiting is the number of people delayed now who have waited at least so many
// delayed days.
type Waiting struct {
	AtLeast int
	People  int64
}

// Arrival says where one provider's extract for the day stands.
type Arrival string

// The arrivals, in the words of the extracts page.
const (
	In      Arrival = "In"
	Late    Arrival = "Late"
	Held    Arrival = "Short, held"
	Missing Arrival = "Missing"
	NotDue  Arrival = "Not due"
)

// ProviderArrival is one provider's line in "extracts in for today".
type ProviderArrival struct {
	Code, Name string
	// Latest is the date of the provider's latest counted extract, zero if none.
	Latest delay.Day
	// Today is where the extract for the overview's day stands.
	Today Arrival
	// Lacks names the codes whose extract of that day is missing or held while
	// another's of the same provider counts.
	Lacks []string
	// Rows is the number of rows kept from the latest extract.
	Rows int
}

// WithoutWords says in a sentence which codes' extracts are not there: " of RBZ",
// empty for none.
func WithoutWords(codes []string) string {
	if len(codes) == 0 {
		return ""
	}
	return " of " + strings.Join(codes, " and ")
}

// Overview is everything that the first page shows. It holds counts only.
type Overview struct {
	// AsAt is the day that "now" speaks of: the latest extract date held, never
	// after today. Zero when there are no extracts.
	AsAt delay.Day
	// From and To are the whole months of the series, both included; To is cut
	// to AsAt.
	From, To delay.Day
	Filter   Filter
	// Now is the people delayed on each provider's latest extract date within
	// the 14 days to AsAt; WeekBefore the same seven days earlier (C16).
	Now, WeekBefore ByBody
	// NowBy is the people of Now by the group of their reason, where the nation
	// divides delays by groups and not between bodies (A8); else nil.
	NowBy map[string]int64
	// ReadyToday is the people whose ready day is AsAt; they are beside Now,
	// not in it (C16).
	ReadyToday int64
	Months     []Period
	// Reasons is for the whole period From to To, most days first.
	Reasons []ReasonDays
	Waiting []Waiting
	// ArrivalDay is the extract date that Providers speaks of: yesterday while
	// extracts are coming in, else AsAt.
	ArrivalDay delay.Day
	Providers  []ProviderArrival
}

// Total adds up the days of all months.
func (o Overview) Total() ByBody {
	var t ByBody
	for _, m := range o.Months {
		for b, n := range m.Days {
			t[b] += n
		}
	}
	return t
}
