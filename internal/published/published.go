// Package published reads the national files about delays as their publishers
// issue them: England's situation reports, old return and discharge ready
// date, Scotland's bed days and Wales's pathway of care delays. What a file is
// is told from what stands in it, not from its name; a file that is not
// understood is refused whole. How values are kept and compared with our own
// lives elsewhere (sqlite, and compare.go for the sums).
package published

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// MaxBytes bounds a file as it arrives (R8).
const MaxBytes = 64 << 20

// The series that are read. A series is one count of one publisher; its files
// add to one another and revise one another.
const (
	AcuteSitrep     = "england-acute-sitrep"
	CommunitySitrep = "england-community-sitrep"
	ReadyDate       = "england-discharge-ready-date"
	OldReturn       = "england-dtoc"
	ScotlandDays    = "scotland-bed-days"
	WalesDelays     = "wales-pathway-delays"
	WalesOld        = "wales-dtoc"
)

// Series says what a series is and who publishes it. Convention is what ours
// are counted by as the definitions name it, and Words says so; both are empty
// where none of ours is its like.
type Series struct{ Name, Publisher, Title, Convention, Words string }

// AllSeries lists the series.
var AllSeries = []Series{
	{AcuteSitrep, "NHS England", "Acute discharge situation report", "england-drd",
		"people who are ready on or before the day and not out by its end, and people discharged on it"},
	{CommunitySitrep, "NHS England", "Community discharge situation report", "england-drd",
		"people who are ready on or before the day and not out by its end, and people discharged on it"},
	{ReadyDate, "NHS England", "Discharge ready date", "england-drd-statistic",
		"discharges of the month, with the days from the last ready date to discharge"},
	{OldReturn, "NHS England", "Delayed transfers of care (the old return)", "england-dtoc",
		"days after the ready day and before the day of leaving"},
	{ScotlandDays, "Public Health Scotland", "Delayed discharge bed days", "scotland-2016",
		"days after the ready day, up to the day of leaving"},
	{WalesDelays, "Welsh Government (StatsWales)", "Pathway of care delays", "wales-pocd", "people on the census day"},
	{WalesOld, "Welsh Government (StatsWales)", "Delayed transfers of care, the census until 2020", "", ""},
}

// SeriesNamed gives a series by its name.
func SeriesNamed(name string) (Series, bool) {
	for _, s := range AllSeries {
		if s.Name == name {
			return s, true
		}
	}
	return Series{}, false
}

// Grain says how long a period is.
type Grain string

// The grains: one day, a week from its first day, a calendar month.
const (
	Daily   Grain = "day"
	Weekly  Grain = "week"
	Monthly Grain = "month"
)

// Period is what a value is of: its first day and how long it is.
type Period struct {
	First delay.Day
	Grain Grain
}

// String gives 2024-01-31, "week of 2024-01-01" or 2024-01.
func (p Period) String() string {
	switch p.Grain {
	case Monthly:
		return p.First.Month().String()
	case Weekly:
		return "week of " + p.First.String()
	default:
		return p.First.String()
	}
}

// Level says what kind of area or organisation a code names.
type Level string

// The levels that are published.
const (
	Nation   Level = "nation"
	Region   Level = "region"
	ICB      Level = "icb"
	Provider Level = "provider"
	Council  Level = "council"
	Board    Level = "board"
)

// Value is one published figure, or the mark that stands in its place.
type Value struct {
	Period Period
	Level  Level
	// Code is the publisher's own; a region is its name, and an area that the
	// publisher leaves blank is blank.
	Code, Name string
	Measure    string
	// Breakdown holds dimension=value, with "; " between; empty for a total.
	Breakdown string
	// Text is the number in digits, empty where Mark stands: "-", "*", "[c]",
	// "blank".
	Text, Mark string
}

// Dimensions are the names of what the value is broken down by.
func (v *Value) Dimensions() string { return dimensions(v.Breakdown) }

func dimensions(breakdown string) string {
	if breakdown == "" {
		return ""
	}
	var out []string
	for part := range strings.SplitSeq(breakdown, "; ") {
		name, _, _ := strings.Cut(part, "=")
		out = append(out, name)
	}
	return strings.Join(out, "; ")
}

// File is what one file holds.
type File struct {
	Series, Title string
	// Published and Revised are the days that the file itself states, zero when
	// it states none.
	Published, Revised delay.Day
	Values             []Value
	// Notes say what was left out or looks odd, once each.
	Notes []string
}

// Vintage is the day by which newer and older files are told apart: that of
// the revision, else of publication, zero when the file states none.
func (f *File) Vintage() delay.Day { return max(f.Revised, f.Published) }

func (f *File) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(f.Notes, text) && len(f.Notes) < 40 {
		f.Notes = append(f.Notes, text)
	}
}

func refuse(format string, args ...any) error { return problem.New(problem.Invalid, format, args...) }

// Options are what a reader is told beside the file.
type Options struct {
	// Month is the month of a file that states none.
	Month delay.Month
}

// Read reads a file whole. The error is a problem that says what was found,
// what was expected and what to do; nothing of the file is kept then.
func Read(data []byte, o Options) (*File, error) {
	if len(data) > MaxBytes {
		return nil, refuse("The file is too large: %d MB, and the limit is %d MB. Cut it into parts, such as one month each.",
			len(data)>>20, MaxBytes>>20)
	}
	grids, err := extract.ReadGrids(data, extract.DefaultLimits())
	if err != nil {
		return nil, err
	}
	f, err := read(grids, o)
	if err != nil {
		return nil, err
	}
	return f, f.check()
}

func read(grids []extract.Grid, o Options) (*File, error) {
	shown := make([]extract.Grid, 0, len(grids))
	var hidden []string
	for _, g := range grids {
		if g.Hidden {
			hidden = append(hidden, plain(g.Name))
			continue
		}
		shown = append(shown, g)
	}
	var f *File
	var err error
	for _, kind := range []func([]extract.Grid, Options) (*File, error){sitrepBook, readyDateBook, oldBook, flatFile} {
		if f, err = kind(shown, o); err != nil || f != nil {
			break
		}
	}
	switch {
	case err != nil:
		return nil, err
	case f == nil:
		return nil, unknown(shown)
	}
	if len(hidden) > 0 {
		f.note("Hidden sheets were passed over: %s.", strings.Join(hidden, ", "))
	}
	return f, nil
}

// check refuses what no aggregate holds, and values that contradict each other.
func (f *File) check() error {
	if len(f.Values) == 0 {
		return refuse("The file is %s, and no figure stands below its headings. Send the file as it was published.", f.Title)
	}
	// Few texts stand in many values, so each is looked at once.
	seen := map[string]bool{}
	for i := range f.Values {
		v := &f.Values[i]
		for _, text := range []string{v.Code, v.Name, v.Measure, v.Breakdown} {
			if seen[text] {
				continue
			}
			if seen[text] = true; nhsnumber.In(text) {
				return refuse("A cell of the file reads as an NHS number. A published file holds counts of areas and providers, and nothing " +
					"of a person. Nothing was kept; check which file this is.")
			}
		}
	}
	slices.SortStableFunc(f.Values, func(a, b Value) int {
		return cmp.Or(cmp.Compare(a.Period.First, b.Period.First), cmp.Compare(a.Period.Grain, b.Period.Grain),
			cmp.Compare(a.Level, b.Level), cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Breakdown, b.Breakdown))
	})
	same := func(a, b *Value) bool {
		return a.Period == b.Period && a.Level == b.Level && a.Measure == b.Measure && a.Code == b.Code && a.Breakdown == b.Breakdown
	}
	kept := f.Values[:1]
	for i := 1; i < len(f.Values); i++ {
		v, last := &f.Values[i], &kept[len(kept)-1]
		if !same(v, last) {
			kept = append(kept, *v)
			continue
		}
		if v.Text != last.Text || v.Mark != last.Mark {
			return refuse("The file states the same figure twice and differently: %s, %s %s, %s %s is %s and %s. Which one stands is not "+
				"guessed. Look at these rows, and send the file as it was published.", v.Period, v.Level, v.Code, v.Measure, v.Breakdown,
				cmp.Or(last.Text, last.Mark), cmp.Or(v.Text, v.Mark))
		}
		f.note("Some figures stand twice in the file with the same value; each was taken once.")
	}
	f.Values = kept
	return nil
}

var wordy, longNumber = regexp.MustCompile(`^\pL`), regexp.MustCompile(`\d{3}`)

// unknown says that a file is none that is read, by its sheets and headings.
// Cells with numbers are never shown: a list of patients may have been sent by
// mistake.
func unknown(grids []extract.Grid) error {
	found := "no table"
	for _, g := range grids {
		for _, r := range g.Rows[:min(len(g.Rows), 20)] {
			var words []string
			for _, c := range r.Cells {
				if c = plain(c); wordy.MatchString(c) && len(c) < 60 && !longNumber.MatchString(c) {
					words = append(words, c)
				}
			}
			if len(words) >= 3 && found == "no table" {
				found = "the headings " + strings.Join(words[:min(len(words), 8)], ", ")
			}
		}
	}
	var sheets []string
	for _, g := range grids {
		if g.Name != "" {
			sheets = append(sheets, plain(g.Name))
		}
	}
	if len(sheets) > 0 {
		found += ", on the sheets " + strings.Join(sheets[:min(len(sheets), 12)], ", ")
	}
	return refuse("The file is no published file that can be read: found %s. Expected one of these as it is published: NHS England's acute "+
		"or community discharge situation report (monthly workbook, time series or CSV), discharge ready date (workbook or CSV) or "+
		"delayed transfers of care (monthly CSV); Public Health Scotland's delayed discharge bed days (CSV); StatsWales pathway of care "+
		"delays (CSV). Download the file again from its publisher and send it unchanged.", found)
}
