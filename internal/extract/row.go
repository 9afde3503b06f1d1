package extract

import (
	"homeward/internal/attribution"
	"homeward/internal/delay"
)

// Row is one patient as one extract states them, after the layout has been
// applied. Rows with a problem that quarantines or excludes them are not
// given out. The reader reuses the Row: copy what you keep. Strings are
// interned, so keeping them is cheap.
type Row struct {
	// Line is the line of a text file or the row of a sheet, from 1.
	Line int
	// Provider is the code of the row's provider where the layout says that a
	// file holds several (R12), and empty otherwise.
	Provider string
	// ExtractDate is the day whose end the row speaks of (R6).
	ExtractDate delay.Day
	// NHSNumber is ten digits with a good check digit, or empty. LocalID is the
	// provider's own number, or empty. One of the two, of Pseudonym and of Spell
	// is always given (R2).
	NHSNumber string
	LocalID   string
	// Who is the same for rows whose NHS number and local ID are the same because
	// they are written alike, and never the same for others of the file; zero says
	// nothing.
	Who int32
	// Pseudonym stands for the NHS number where the layout says so (R15): it is
	// known to every provider of Scheme, the name of those who gave it, and means
	// nothing beside a real number or another scheme's.
	Pseudonym, Scheme string
	// Spell is the number of one stay in hospital, given where there is no local
	// ID: it tells the rows of one stay from others, and no more (R15).
	Spell string
	// Site, Ward and Bed as given, cleaned of control characters; may be empty.
	Site, Ward, Bed string
	// Admitted is the first day of the spell, or zero.
	Admitted delay.Day
	// Ready is the discharge ready date, zero only in rows apart.
	Ready delay.Day
	// Discharged is the day of leaving when it is on or before ExtractDate, or
	// zero. A later (planned) date is not kept.
	Discharged delay.Day
	// Apart is set on rows of which no delay begins. They are given out only
	// where the layout states stays, and count as excluded (R13).
	Apart Apart
	// Age is in whole years at the ready date, else at the day of leaving, else
	// on the extract date; negative when it is not known. Age, Pathway and Left
	// are filled only where the layout states stays.
	Age     int
	Pathway string
	Left    Left
	// Given is what decides attribution: the sender's words and how the layout
	// reads them, all but the day.
	Given attribution.Given
	// BodyBlank says that the file has columns that say who is responsible, and
	// that the row has a blank in all of them.
	BodyBlank bool
}

// UnreadRow is a quarantined row that names its patient: evidence that the
// patient is in a bed (C20). Ready and Discharged are zero where they could not
// be read.
type UnreadRow struct {
	Line                     int
	Provider                 string
	ExtractDate              delay.Day
	NHSNumber, LocalID       string
	Pseudonym, Scheme, Spell string
	Ready, Discharged        delay.Day
}

// Severity says what happened to the row that a Problem is about.
type Severity uint8

// The severities: Warned rows are kept (R3), Excluded rows are outside what is
// counted (C14) and shown with the reason, Quarantined rows could not be
// understood (R2).
const (
	Warned Severity = iota
	Excluded
	Quarantined
)

// String names the severity as reports write it.
func (s Severity) String() string {
	switch s {
	case Excluded:
		return "excluded"
	case Quarantined:
		return "quarantined"
	default:
		return "warning"
	}
}

// Problem is one finding about one row, or about the file when Line is 0. The
// value of an identifying field is never in it: Found is masked (R1).
type Problem struct {
	Line int       `json:"line,omitempty"`
	Date delay.Day `json:"-"`
	// Provider is the code in a file of several providers, and empty otherwise.
	Provider string   `json:"-"`
	Severity Severity `json:"-"`
	// Rule is the rule's number, such as "R2".
	Rule string `json:"rule"`
	// Field is the heading as the file has it.
	Field string `json:"field,omitempty"`
	// Found, Expected and Do are short sentences or values for the reader.
	Found    string `json:"found"`
	Expected string `json:"expected"`
	Do       string `json:"do"`
	// ByFound is set when each Found is a cause of its own, such as a word that
	// is in no list.
	ByFound bool `json:"-"`

	// rows is how many rows a problem of the file as a whole stands for.
	rows int
}
