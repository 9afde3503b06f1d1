package closing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"homeward/internal/definition"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/problem"
)

// England is England's counts of a month as a close fixes them: its discharge
// ready date statistic (D7) and its situation report (D6), of the hospitals that
// list everybody in a bed. It holds counts and names of organisations only. Its
// JSON is what is kept, beside the Content, which names its SHA-256.
type England struct {
	// Version is that of this shape.
	Version     int    `json:"version"`
	Partnership string `json:"partnership"`
	Month       string `json:"month"`
	From        string `json:"from"`
	To          string `json:"to"`
	AsAt        string `json:"data_as_at"`
	// CodeSets names those that the reasons are of, with their versions.
	CodeSets  string    `json:"code_sets"`
	Hospitals []Listing `json:"hospitals"`
	ReadyDate ReadyDate `json:"discharge_ready_date"`
	Report    Report    `json:"situation_report"`
}

// Listing is how far one hospital's lists of everybody in a bed reach: nothing is
// counted of it before its first and after its last.
type Listing struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	First string `json:"first_list"`
	Last  string `json:"last_list_of_month"`
	Lists int    `json:"lists_of_month"`
	// Missing are the days of the month from the first list on that have none, or
	// not those of both codes of trusts that merged: these have counts of one.
	Missing []string `json:"missing"`
}

// ReadyDate is the discharge ready date statistic of the month.
type ReadyDate struct {
	Convention string      `json:"convention"`
	AgeFloor   int         `json:"age_floor"`
	Rows       []Discharge `json:"rows"`
	// Days are the same discharges by provider and day of leaving: what later
	// differences are explained by.
	Days []LeavingDay `json:"days"`
}

// Discharge is the statistic of one place: of a provider, a council, or all.
// Averages are nothing where there is nothing to divide by.
type Discharge struct {
	By         string `json:"by"`
	Code       string `json:"code"`
	Discharges int    `json:"discharges"`
	SameDay    int    `json:"same_day"`
	Delayed    int    `json:"delayed"`
	BedDays    int    `json:"bed_days"`
	// AverageDelay is the Better Care Fund's figure: ShareDelayed times
	// MeanDelayed, in days.
	AverageDelay *float64 `json:"average_delay"`
	ShareDelayed *float64 `json:"share_delayed"`
	MeanDelayed  *float64 `json:"mean_days_of_delayed"`
	// AgreedLevel is the plan for the average delay that stood on the last day.
	AgreedLevel *float64 `json:"agreed_level"`
	// Days counts discharges by their length, by national.BandNames; LeftOut those
	// that are not counted, by LeftOutNames.
	Days    map[string]int `json:"discharges_by_days"`
	LeftOut map[string]int `json:"left_out"`
}

// LeavingDay is the statistic of one provider's day of leaving.
type LeavingDay struct {
	Provider   string `json:"provider"`
	Day        string `json:"day"`
	Discharges int    `json:"discharges"`
	SameDay    int    `json:"same_day"`
	BedDays    int    `json:"bed_days"`
	LeftOut    int    `json:"left_out"`
}

// Report is the situation report of each day of the month.
type Report struct {
	Convention string      `json:"convention"`
	AgeFloor   int         `json:"age_floor"`
	Rows       []Situation `json:"rows"`
}

// Situation is one row of the report. Counts that are 0 are left out.
type Situation struct {
	Day      string         `json:"day"`
	Provider string         `json:"provider"`
	Council  string         `json:"council"`
	Pathway  string         `json:"pathway"`
	Group    string         `json:"group"`
	Reason   string         `json:"reason"`
	Counts   map[string]int `json:"counts"`
}

// LeftOutNames are the keys of those whom the statistic leaves out, in the order
// of national.LeftOutCauses.
var LeftOutNames = [4]string{"under_age_floor", "died", "transferred", "no_night"}

const (
	// The conventions that England's counts are of.
	conventionReport    = "england-drd"
	conventionReadyDate = string(national.ReadyDate)
)

// EnglandSetup is what England's counts of a month are worked out from.
type EnglandSetup struct {
	Month       delay.Month
	Partnership string
	Ledger      *national.Ledger
	Defs        *definition.Tables
	// AgeFloor is that of the discharge ready date statistic.
	AgeFloor int
	// Name gives a provider's name; Plan the agreed level of the average delay of a
	// place on a day, zero for none.
	Name func(provider string) string
	Plan func(by, code string, on delay.Day) float64
}

// MakeEngland works out England's counts of a month; nil when no hospital listed
// everybody in a bed on a day of it.
func MakeEngland(s EnglandSetup) *England {
	from, to := s.Month.First(), s.Month.Last()
	e := &England{Version: version, Partnership: s.Partnership, Month: s.Month.String(), From: from.String(), To: to.String(),
		ReadyDate: ReadyDate{Convention: conventionReadyDate, AgeFloor: s.AgeFloor, Rows: []Discharge{}, Days: []LeavingDay{}},
		Report:    Report{Convention: conventionReport, AgeFloor: national.Adult, Rows: []Situation{}}}
	var codes []string
	asAt := delay.Day(0)
	for _, code := range s.Ledger.Beds {
		on := s.Ledger.Days[code]
		if len(on) == 0 || on[0] > to || on[len(on)-1] < from {
			continue
		}
		one := Listing{Code: code, Name: s.Name(code), First: on[0].String(), Missing: []string{}}
		for day := max(from, on[0]); day <= to; day++ {
			if _, listed := slices.BinarySearch(on, day); !listed {
				one.Missing = append(one.Missing, day.String())
				continue
			}
			one.Lists++
			one.Last, asAt = day.String(), max(asAt, day)
		}
		codes, e.Hospitals = append(codes, code), append(e.Hospitals, one)
	}
	if asAt == 0 {
		return nil
	}
	e.AsAt = asAt.String()
	l := s.Ledger.OfBeds(codes)
	for _, d := range national.ReadyDates(l.Stays, []delay.Month{s.Month}, s.AgeFloor) {
		row := dischargeOf(d)
		if plan := s.Plan(d.By, d.Code, to); plan > 0 {
			row.AgreedLevel = &plan
		}
		e.ReadyDate.Rows = append(e.ReadyDate.Rows, row)
	}
	for _, d := range national.Leavings(l.Stays, s.Month, s.AgeFloor) {
		day := LeavingDay{Provider: d.Provider, Day: d.Day.String(), Discharges: d.Discharges.Discharges, SameDay: d.SameDay, BedDays: d.BedDays}
		for _, n := range d.LeftOut {
			day.LeftOut += n
		}
		e.ReadyDate.Days = append(e.ReadyDate.Days, day)
	}
	e.report(s, l)
	return e
}

// without names the days on which one of two codes of a hospital sent no list as
// days without one. Such a day is not whole, for the list of the other code came
// and whom it has are counted: a day in Missing may have counts, fewer than there
// were people.
func (e *England) without(stand []measure.ProviderDays) {
	if e == nil {
		return
	}
	for i := range e.Hospitals {
		h := &e.Hospitals[i]
		for _, p := range stand {
			if p.Code != h.Code {
				continue
			}
			for day := range p.Lacking {
				if text := day.String(); e.From <= text && text <= e.To && h.First <= text && !slices.Contains(h.Missing, text) {
					h.Missing = append(h.Missing, text)
					h.Lists--
				}
			}
		}
		slices.Sort(h.Missing)
	}
}

// report counts the situation report of each day.
func (e *England) report(s EnglandSetup, l *national.Ledger) {
	asked := national.Asked{AgeFloor: national.Adult, By: national.Dimensions, Evidence: l.Days}
	for day := s.Month.First(); day <= s.Month.Last(); day++ {
		asked.Days = append(asked.Days, day)
	}
	var sets []string
	seen := map[delay.Reason]bool{}
	for _, one := range national.Situations(l.Stays, s.Defs, asked) {
		e.Report.Rows = append(e.Report.Rows, Situation{Day: one.Day.String(), Provider: one.Provider, Council: slug(one.Council),
			Pathway: slug(one.Pathway), Group: slug(one.Group), Reason: slug(one.Reason), Counts: one.Named()})
		if seen[one.Reason] {
			continue
		}
		seen[one.Reason] = true
		set, _, ok := s.Defs.Reason(one.Reason, s.Month.Last())
		if ok && !slices.Contains(sets, set.Name+" "+set.Version) {
			sets = append(sets, set.Name+" "+set.Version)
		}
	}
	slices.Sort(sets)
	e.CodeSets = strings.Join(sets, ", ")
}

// dischargeOf gives the statistic of one place as it is kept.
func dischargeOf(d national.Discharges) Discharge {
	out := Discharge{By: d.By, Code: slug(d.Code), Discharges: d.Discharges, SameDay: d.SameDay, Delayed: d.Delayed(), BedDays: d.BedDays,
		Days: map[string]int{}, LeftOut: map[string]int{}}
	for i, name := range national.BandNames {
		out.Days[name] = d.Bands[i]
	}
	for i, name := range LeftOutNames {
		out.LeftOut[name] = d.LeftOut[i]
	}
	if d.Discharges > 0 {
		out.AverageDelay = part(float64(d.BedDays) / float64(d.Discharges))
		out.ShareDelayed = part(float64(d.Delayed()) / float64(d.Discharges))
	}
	if d.Delayed() > 0 {
		out.MeanDelayed = part(float64(d.BedDays) / float64(d.Delayed()))
	}
	return out
}

// Discharges gives the statistic back as it is counted, with the agreed level of
// the place, zero for none.
func (e *England) Discharges() (out []national.Discharges, plans []float64, err error) {
	m, err := delay.ParseMonth(e.Month)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range e.ReadyDate.Rows {
		d := national.Discharges{Month: m, AgeFloor: e.ReadyDate.AgeFloor, By: row.By, Code: unslug[string](row.Code), Discharges: row.Discharges,
			SameDay: row.SameDay, BedDays: row.BedDays}
		for i, name := range national.BandNames {
			d.Bands[i] = row.Days[name]
		}
		for i, name := range LeftOutNames {
			d.LeftOut[i] = row.LeftOut[name]
		}
		plan := 0.0
		if row.AgreedLevel != nil {
			plan = *row.AgreedLevel
		}
		out, plans = append(out, d), append(plans, plan)
	}
	return out, plans, nil
}

// Situations gives the rows of the report back as they are counted.
func (e *England) Situations() ([]national.Situation, error) {
	out := make([]national.Situation, 0, len(e.Report.Rows))
	for _, row := range e.Report.Rows {
		day, err := delay.ParseDay(row.Day)
		if err != nil {
			return nil, err
		}
		out = append(out, national.Situation{Key: national.Key{Day: day, Provider: row.Provider, Council: unslug[delay.Council](row.Council),
			Pathway: unslug[string](row.Pathway), Group: unslug[string](row.Group), Reason: unslug[delay.Reason](row.Reason)},
			Numbers: national.NumbersOf(row.Counts)})
	}
	return out, nil
}

// Named gives the name of a hospital as it was when the counts were made.
func (e *England) Named(code string) string {
	for _, h := range e.Hospitals {
		if h.Code == code {
			return h.Name
		}
	}
	return code
}

// unslug gives the value that a slug stands for.
func unslug[T ~string](text string) T {
	if text == notKnown {
		return ""
	}
	return T(text)
}

// Encode gives the bytes that are kept, as those of the Content are.
func (e *England) Encode() ([]byte, error) { return encode(e) }

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// fix takes England's counts into what is closed: their bytes, whose SHA-256 the
// content names.
func (k *Check) fix(e *England) (err error) {
	if k.England = e; e == nil {
		return nil
	}
	if k.englandFrozen, err = e.Encode(); err != nil {
		return err
	}
	sum := sha256.Sum256(k.englandFrozen)
	k.Content.EnglandSHA256 = hex.EncodeToString(sum[:])
	return nil
}

// EnglandBytes gives England's counts as they would be kept.
func (k *Check) EnglandBytes() []byte { return k.englandFrozen }

// ReadEngland reads what was kept of England's counts beside a content; nil when
// none were fixed. Bytes that are not those that the content names are an
// Unavailable problem.
func (c *Content) ReadEngland(frozen []byte) (*England, error) {
	if c.EnglandSHA256 == "" && len(frozen) == 0 {
		return nil, nil
	}
	m, err := delay.ParseMonth(c.Month)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(frozen)
	if hex.EncodeToString(sum[:]) != c.EnglandSHA256 {
		return nil, problem.New(problem.Unavailable, "What %s was closed with of England's counts does not have the fingerprint that it had. "+
			"Restore the data folder from your backup.", m.Long())
	}
	e := &England{}
	if err := json.Unmarshal(frozen, e); err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "What %s was closed with of England's counts could not be read. Restore the data "+
			"folder from your backup", m.Long())
	}
	return e, nil
}
