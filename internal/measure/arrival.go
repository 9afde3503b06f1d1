package measure

import (
	"time"

	"homeward/internal/delay"
)

// backfilled is how long after its time an extract may arrive and be called
// late; after that it is a backfill, which nobody waited for.
const backfilled = 31 * 24 * time.Hour

// Deadline gives the moment by which the extract of a day is expected: on the
// morning after, because it speaks of the day's end, at the provider's time by
// the zone's clocks, also where they change that night. Without a time it is the
// beginning of that morning.
func (e Expected) Deadline(day delay.Day, zone *time.Location) time.Time {
	due := max(e.Due, 0)
	y, m, d := (day + 1).Time().Date()
	return time.Date(y, m, d, int(due/time.Hour), int(due%time.Hour/time.Minute), int(due%time.Minute/time.Second), 0, zone)
}

// Received is what there is of one provider's extract for a day.
type Received struct {
	// Counted says that an extract counts for the day, Lacks that another code of
	// the provider should have sent one too and none of its counts, Held that a
	// short one waits; At is when it arrived.
	Counted, Lacks, Held bool
	At                   time.Time
}

// Standing says where the extract of a day stands at a moment, in the zone of
// now. began is the first day of which the provider ever sent one, zero for
// none: what is before it was never due.
func (e Expected) Standing(day delay.Day, r Received, began delay.Day, now time.Time) Arrival {
	deadline := e.Deadline(day, now.Location())
	r.Counted = r.Counted && !r.Lacks
	switch {
	case r.Held && !r.Counted:
		return Held
	case r.Counted && e.Due >= 0 && r.At.After(deadline) && r.At.Before(deadline.Add(backfilled)):
		return Late
	case r.Counted:
		return In
	case began == 0 || day < began || now.Before(deadline):
		return NotDue
	case !e.Sends(day) && !r.Lacks:
		return NotDue
	default:
		return Missing
	}
}

// ExtractLine is one provider's line of the extracts page.
type ExtractLine struct {
	Code, Name string
	// Due is the London time by which an extract is expected, such as "07:00";
	// empty when no time is expected.
	Due string
	// Sends names the days of the week of which it sends extracts, empty for every
	// day.
	Sends string
	Days  []ExtractDay
}

// ExtractDay is where one provider's extract for one day stands.
type ExtractDay struct {
	Day     delay.Day
	Arrival Arrival
	// Rows is the number of rows kept; File the SHA-256 of the file in
	// hexadecimal, empty when none has arrived for the day.
	Rows int
	File string
	// Reading is not 0 when the file was read again; it is another number for each
	// time.
	Reading int64
	// Held and HeldRows are of a short file that is held for the day, also when
	// an earlier one counts.
	Held     string
	HeldRows int
	// Doubt says why a file is held whatever its rows, empty when it is held for
	// being short or for rows that could not be read.
	Doubt string
	// Files is how many files have come for the day, each counted once however often
	// it was read; Rejected the SHA-256 of files that were turned away the morning
	// after, as far as it is known whose they were.
	Files    int
	Rejected []string
	// Lacks names the codes of the provider whose extract of the day is not there
	// while the one in File counts.
	Lacks []string
	// Codes are what other codes of the provider sent for the day.
	Codes []CodeDay
}

// Marks says in words where the day stands and what else befell it.
func (d ExtractDay) Marks() []string {
	marks := []string{string(d.Arrival)}
	if d.Arrival == Held && d.Doubt != "" {
		marks[0] = InDoubt
	}
	if d.Held != "" && d.Arrival != Held {
		marks = append(marks, "a later file is held")
	}
	if d.Files > 1 {
		marks = append(marks, "corrected")
	}
	if d.Reading != 0 {
		marks = append(marks, "read again")
	}
	if len(d.Rejected) > 0 {
		marks = append(marks, "a file rejected")
	}
	return marks
}

// InDoubt is said of a file that is held for what was read, whatever its rows.
const InDoubt = "In doubt, held"

// Raised is a provider whose latest extract that was due is not there.
type Raised struct {
	Name string
	// Day is that of the extract, Latest that of the latest that counts, zero when
	// none of the days looked at has one. Days is how many days are missing or held
	// among those looked at.
	Day, Latest delay.Day
	Held        bool
	Days        int
}

// Words says it in a sentence; looked names the days that were looked at, such as
// "in this fortnight".
func (r Raised) Words(looked string) string {
	words := r.Name + ": the extract for " + r.Day.Long() + " has not arrived."
	if r.Held {
		words = r.Name + ": the file for " + r.Day.Long() + " is held and counts for nothing yet."
	}
	switch {
	case r.Latest == 0:
		words += " None has come " + looked + "."
	case r.Days > 1:
		words += " The latest is of " + r.Latest.Long() + "; " + Plural(int64(r.Days), "day is", "days are") + " missing " + looked + "."
	default:
		words += " The latest is of " + r.Latest.Long() + "."
	}
	return words
}

// Raise names the providers whose latest extract that was due has not come or is
// held, in their order.
func Raise(lines []ExtractLine) []Raised {
	var out []Raised
	for _, line := range lines {
		r := Raised{Name: line.Name}
		for _, d := range line.Days {
			switch d.Arrival {
			case Missing, Held:
				r.Day, r.Held = d.Day, d.Arrival == Held
				r.Days++
			case In, Late:
				r.Latest = d.Day
			}
		}
		if r.Day > r.Latest {
			out = append(out, r)
		}
	}
	return out
}

// CodeDay is the extract that another code of a provider, which merged into it,
// sent for a day.
type CodeDay struct {
	Code, File string
	// Counted says that it counts; else it is held.
	Counted bool
	// Began is when the first extract of the code for the day arrived, Came when the
	// one in File did or was read again, which Again says.
	Began, Came time.Time
	Again       bool
}

// Since says whether what the code sent for the day is another than at a moment.
func (c CodeDay) Since(at time.Time) bool {
	return c.Came.After(at) && (c.Counted || !c.Began.After(at))
}

// ExtractsIn counts the extracts of a day that were due, and those of them that
// are in.
func ExtractsIn(lines []ExtractLine, day delay.Day) (in, due int64) {
	for _, line := range lines {
		for _, d := range line.Days {
			if d.Day != day {
				continue
			}
			if d.Arrival != NotDue {
				due++
			}
			if d.Arrival == In || d.Arrival == Late {
				in++
			}
		}
	}
	return in, due
}
