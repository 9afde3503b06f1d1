package agreement

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/gb"

	"homeward/internal/delay"
)

// Calendar is the bank holidays of one nation. A nil Calendar is England's, as
// the library keeps it.
type Calendar struct{ closed map[delay.Day]bool }

// NewCalendar makes a calendar of bank holidays.
func NewCalendar(holidays []delay.Day) *Calendar {
	c := &Calendar{closed: map[delay.Day]bool{}}
	for _, day := range holidays {
		c.closed[day] = true
	}
	return c
}

// Clocks are a partnership's times to answer, in working days of its nation. The
// zero value is not usable; DefaultClocks are those of the screens.
type Clocks struct {
	// Answer is for a proposal and for the other side's first answer to a
	// dispute; Leads, Directors and Chair for each level after that.
	Answer, Leads, Directors, Chair int
	// At is the time of day in London by which an answer is expected, since
	// midnight.
	At time.Duration
	// DefaultAfter is after how many working days without an answer silence
	// counts as agreement (G2); 0 means that it never does.
	DefaultAfter int
	// Calendar is of the nation's bank holidays.
	Calendar *Calendar
}

// DefaultClocks are 2 working days, leads 2, directors 5 and the chair 5, each
// at 5pm, and silence that never counts.
var DefaultClocks = Clocks{Answer: 2, Leads: 2, Directors: 5, Chair: 5, At: 17 * time.Hour}

// Days gives the working days that a level has.
func (c Clocks) Days(l Level) int {
	switch l {
	case Leads:
		return c.Leads
	case Directors:
		return c.Directors
	case Chair:
		return c.Chair
	default:
		return c.Answer
	}
}

// ReplyBy gives the moment by which an answer is expected from the level, for
// what has waited since the moment since. Zone is London.
func (c Clocks) ReplyBy(since time.Time, level Level, zone *time.Location) time.Time {
	return c.after(since, c.Days(level), zone)
}

// DefaultAt gives the moment at which silence counts as agreement, the zero
// time when it never does.
func (c Clocks) DefaultAt(since time.Time, zone *time.Location) time.Time {
	if c.DefaultAfter == 0 {
		return time.Time{}
	}
	return c.after(since, c.DefaultAfter, zone)
}

func (c Clocks) after(since time.Time, days int, zone *time.Location) time.Time {
	y, m, d := c.AddWorkingDays(delay.DayOf(since.In(zone)), days).Time().Date()
	return time.Date(y, m, d, int(c.At/time.Hour), int(c.At%time.Hour/time.Minute), 0, 0, zone)
}

// england is the calendar of England's bank holidays, those of single years
// among them. Source: gov.uk/bank-holidays, as package gb keeps it.
var england = func() *cal.BusinessCalendar {
	c := cal.NewBusinessCalendar()
	c.AddHoliday(gb.Holidays...)
	// The package's list lacks the day of the Queen's funeral, 19 September 2022.
	c.AddHoliday(&cal.Holiday{Name: "State funeral of Queen Elizabeth II", Type: cal.ObservanceBank,
		Month: time.September, Day: 19, Func: cal.CalcDayOfMonth, StartYear: 2022, EndYear: 2022})
	return c
}()

// WorkingDay says whether the day is neither a weekend nor a bank holiday of
// England.
func WorkingDay(d delay.Day) bool { return england.IsWorkday(d.Time()) }

// WorkingDay says whether the day is neither a weekend nor a bank holiday of the
// nation.
func (c Clocks) WorkingDay(d delay.Day) bool {
	if c.Calendar == nil {
		return WorkingDay(d)
	}
	weekday := d.Time().Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !c.Calendar.closed[d]
}

// AddWorkingDays gives the n-th working day after d.
func (c Clocks) AddWorkingDays(d delay.Day, n int) delay.Day {
	for n > 0 {
		d++
		if c.WorkingDay(d) {
			n--
		}
	}
	return d
}
