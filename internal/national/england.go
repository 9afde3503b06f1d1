package national

import (
	"cmp"
	"slices"

	"homeward/internal/delay"
)

// Daily is one day of one provider in England's situation report (D6).
type Daily struct {
	Date     delay.Day
	Provider string
	AgeFloor int
	// Remaining are people who are ready on or before the day and not out by
	// its end.
	Remaining int
	// DischargedDated and DischargedBlank are people who left the day while
	// ready, with a ready date and with a blank one; alive, after a night or
	// more, and not to another acute hospital. Died, Transferred and ZeroNight
	// stand beside them.
	DischargedDated, DischargedBlank, Died, Transferred, ZeroNight int
}

// Discharged is everybody who left the day while ready.
func (d Daily) Discharged() int { return d.DischargedDated + d.DischargedBlank }

// NoLongerMeets is everybody who did not meet the criteria to reside on the
// day.
func (d Daily) NoLongerMeets() int { return d.Remaining + d.Discharged() }

// counted says whether the person is of the age floor or older. An age that
// is not known leaves nobody out.
func counted(years, floor int) bool { return years < 0 || years >= floor }

// readyOn gives the period in which the person is ready at the end of the
// day, nil when they are not.
func (s *Stay) readyOn(day delay.Day) *Period {
	for i := range s.Periods {
		p := &s.Periods[i]
		if max(p.Ready, p.From) <= day && (p.End == 0 || day < p.End) && (p.To == 0 || day <= p.To) {
			return p
		}
	}
	return nil
}

// dated says whether the person left with a ready date: a last period that
// lasted to the end of the stay. Who leaves without one was ready on the day
// of leaving, and waited no day (R13).
func (s *Stay) dated() bool {
	n := len(s.Periods)
	return n > 0 && s.Periods[n-1].End == s.Out
}

// readyAt is the ready date with which the person left.
func (s *Stay) readyAt() delay.Day {
	if s.dated() {
		return s.Periods[len(s.Periods)-1].Ready
	}
	return s.Out
}

// ageAtReady is the age at the ready date with which the person left.
func (s *Stay) ageAtReady() int {
	if s.dated() {
		return s.Periods[len(s.Periods)-1].Age
	}
	return s.AgeAt
}

// Sitrep counts the situation report by day, provider and age floor, of the
// days from from to to.
func Sitrep(stays []Stay, from, to delay.Day, floors ...int) []Daily {
	type key struct {
		day      delay.Day
		provider string
		floor    int
	}
	at := map[key]*Daily{}
	var out []*Daily
	for _, provider := range providers(stays) {
		for day := from; day <= to; day++ {
			for _, floor := range floors {
				d := &Daily{Date: day, Provider: provider, AgeFloor: floor}
				at[key{day, provider, floor}], out = d, append(out, d)
			}
		}
	}
	for i := range stays {
		s := &stays[i]
		for _, floor := range floors {
			for day := from; day <= to; day++ {
				if p := s.readyOn(day); p != nil && s.in(day) && counted(p.Age, floor) {
					at[key{day, s.Provider, floor}].Remaining++
				}
			}
			if s.Out < from || s.Out > to || s.Out == 0 {
				continue
			}
			if !counted(s.ageAtReady(), floor) {
				continue
			}
			d := at[key{s.Out, s.Provider, floor}]
			switch {
			case s.How == Died:
				d.Died++
			case s.How == Transferred:
				d.Transferred++
			case s.zeroNight():
				d.ZeroNight++
			case s.dated():
				d.DischargedDated++
			default:
				d.DischargedBlank++
			}
		}
	}
	rows := make([]Daily, len(out))
	for i, d := range out {
		rows[i] = *d
	}
	slices.SortStableFunc(rows, func(a, b Daily) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.AgeFloor, b.AgeFloor))
	})
	return rows
}

// Thresholds are the days of the weekly snapshot: nested, never to be summed.
var Thresholds = [3]int{7, 14, 21}

// Snapshot is one Monday of one provider: of the people remaining, those who
// have stayed, and apart those who have been ready, for 7, 14 and 21 days or
// more, and the days past the ready date of the first.
type Snapshot struct {
	Monday                      delay.Day
	Provider                    string
	AgeFloor                    int
	Stay, SinceReady, ExtraDays [3]int
}

// Snapshots counts the weekly snapshot of the Mondays from from to to.
func Snapshots(stays []Stay, from, to delay.Day, floors ...int) []Snapshot {
	var out []Snapshot
	for monday := from.Week(); monday <= to; monday += 7 {
		if monday < from {
			continue
		}
		for _, provider := range providers(stays) {
			for _, floor := range floors {
				row := Snapshot{Monday: monday, Provider: provider, AgeFloor: floor}
				for i := range stays {
					s := &stays[i]
					p := s.readyOn(monday)
					if s.Provider != provider || p == nil || !s.in(monday) || !counted(p.Age, floor) {
						continue
					}
					for n, days := range Thresholds {
						if s.Admitted != 0 && int(monday-s.Admitted) >= days {
							row.Stay[n]++
							row.ExtraDays[n] += int(monday - p.Ready)
						}
						if int(monday-p.Ready) >= days {
							row.SinceReady[n]++
						}
					}
				}
				out = append(out, row)
			}
		}
	}
	return out
}

// Bands are the lengths by which discharges are published, by their first day.
var Bands = [7]int{0, 1, 2, 4, 7, 14, 21}

// BandNames are their names in the published tables.
var BandNames = [7]string{"0", "1", "2-3", "4-6", "7-13", "14-20", "21+"}

func band(days int) int {
	for i := len(Bands) - 1; i > 0; i-- {
		if days >= Bands[i] {
			return i
		}
	}
	return 0
}

// Discharges is the discharge ready date statistic of one group (D7): the
// discharges of a month, each with the days since its last ready date, all in
// the month of discharge.
type Discharges struct {
	Month    delay.Month
	AgeFloor int
	By, Code string
	// Discharges, SameDay and BedDays; Bands counts discharges by length.
	Discharges, SameDay, BedDays int
	Bands                        [7]int
	// LeftOut counts those of the month that the statistic leaves out, by
	// cause, in the order of LeftOutCauses.
	LeftOut [4]int
}

// LeftOutCauses names who the statistic leaves out.
var LeftOutCauses = [4]string{"under the age floor", "died", "transferred", "no night in hospital"}

// Add adds the discharges of another month or place.
func (d *Discharges) Add(o Discharges) {
	d.Discharges += o.Discharges
	d.SameDay += o.SameDay
	d.BedDays += o.BedDays
	for i := range d.Bands {
		d.Bands[i] += o.Bands[i]
	}
	for i := range d.LeftOut {
		d.LeftOut[i] += o.LeftOut[i]
	}
}

// leave adds one person who left, as waited gives them.
func (d *Discharges) leave(days, leftOut int) {
	if leftOut >= 0 {
		d.LeftOut[leftOut]++
		return
	}
	d.Discharges++
	d.BedDays += days
	d.Bands[band(days)]++
	if days == 0 {
		d.SameDay++
	}
}

// Delayed is the discharges after the ready date.
func (d Discharges) Delayed() int { return d.Discharges - d.SameDay }

// waited gives the days that the statistic counts for a stay, and why it is
// left out, -1 when it is not.
func (s *Stay) waited(floor int) (days, leftOut int) {
	switch {
	case s.How == Died:
		return 0, 1
	case s.How == Transferred:
		return 0, 2
	case s.zeroNight():
		return 0, 3
	case !counted(s.ageAtReady(), floor):
		return 0, 0
	}
	return int(s.Out - s.readyAt()), -1
}

// ReadyDates counts the discharge ready date statistic by month, by provider,
// council and all together, for each age floor.
func ReadyDates(stays []Stay, months []delay.Month, floors ...int) []Discharges {
	type key struct {
		month    delay.Month
		floor    int
		by, code string
	}
	at := map[key]*Discharges{}
	for i := range stays {
		s := &stays[i]
		if s.Out == 0 || !slices.Contains(months, s.Out.Month()) {
			continue
		}
		for _, floor := range floors {
			days, leftOut := s.waited(floor)
			for _, k := range []key{
				{s.Out.Month(), floor, "provider", s.Provider}, {s.Out.Month(), floor, "council", string(s.Council)}, {s.Out.Month(), floor, "all",
					"all"},
			} {
				d := at[k]
				if d == nil {
					d = &Discharges{Month: k.month, AgeFloor: floor, By: k.by, Code: k.code}
					at[k] = d
				}
				d.leave(days, leftOut)
			}
		}
	}
	out := make([]Discharges, 0, len(at))
	for _, d := range at {
		out = append(out, *d)
	}
	order := []string{"provider", "council", "all"}
	slices.SortFunc(out, func(a, b Discharges) int {
		return cmp.Or(cmp.Compare(a.AgeFloor, b.AgeFloor), cmp.Compare(a.Month, b.Month),
			cmp.Compare(slices.Index(order, a.By), slices.Index(order, b.By)), cmp.Compare(known(a.Code), known(b.Code)))
	})
	return out
}

func providers(stays []Stay) []string {
	var out []string
	for i := range stays {
		if !slices.Contains(out, stays[i].Provider) {
			out = append(out, stays[i].Provider)
		}
	}
	slices.Sort(out)
	return out
}
