// Package synth makes synthetic extracts: eighteen months of a fictional
// partnership, Northshire, whose three trusts and two councils do not exist.
// It serves demonstrations, tests and measurements of speed. What is random
// comes from one seed, so the same options give the same bytes.
//
// Nobody in the files is real: NHS numbers come from the 999 range that the
// NHS keeps for tests, and every other number, name and date is drawn. What
// the files mean is said by data/examples/northshire; reading them is package
// extract's concern.
package synth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"homeward/internal/delay"
	"homeward/internal/durable"
	"homeward/internal/problem"
)

// Options say what to make.
type Options struct {
	// Seed decides everything that is drawn.
	Seed uint64
	// From and To are the first and last extract dates, both included. To must
	// be given; a zero From means eighteen months up to To.
	From, To delay.Day
	// Beds is about how many people are delayed on an average day in the whole
	// partnership; zero means 105.
	Beds int
	// BedsFrom, when not zero, is the first extract date on which the trusts send
	// what England's acute trusts have sent since 2024: everybody in a bed, with
	// the criteria to reside and the 37 reasons. From it on a mental-health trust
	// sends too. Before it, and always when it is zero, lists are of the delayed
	// alone, and the same with and without it.
	BedsFrom delay.Day
	// Reference holds the code sets whose reasons such lists are in; it may be nil
	// when BedsFrom is zero.
	Reference fs.FS
	// Hostile adds what real exports contain on a bad day: markup, formulas and
	// control characters in cells, rows that cannot be understood, and files
	// that are not extracts at all.
	Hostile bool
	// Partnership holds the partnership file and its layouts, which are copied
	// beside the extracts; nil copies nothing.
	Partnership fs.FS
}

// The bounds of Options, so that a slip of the keyboard does not fill a disk.
const (
	defaultBeds = 105
	maximumBeds = 20_000
	maximumDays = 20 * 366
)

// withDefaults gives the options with what was left out filled in, or an
// Invalid problem.
func (o Options) withDefaults() (Options, error) {
	if o.To == 0 {
		return o, problem.New(problem.Invalid, "No last extract date is given. Give one like 2026-11-04.")
	}
	if o.From == 0 {
		y, m, d := o.To.Time().Date()
		o.From = delay.Date(y, m-18, d) + 1
	}
	if o.Beds == 0 {
		o.Beds = defaultBeds
	}
	switch {
	case o.From > o.To:
		return o, problem.New(problem.Invalid,
			"The first extract date is %s and the last is %s. The first must be the same or earlier.", o.From, o.To)
	case int(o.To-o.From) >= maximumDays:
		return o, problem.New(problem.Invalid,
			"From %s to %s is more than 20 years. Choose a shorter period.", o.From, o.To)
	case o.BedsFrom != 0 && (o.BedsFrom < o.From || o.BedsFrom > o.To):
		return o, problem.New(problem.Invalid, "Everybody in a bed is listed from %s. Choose a day from %s to %s.", o.BedsFrom, o.From, o.To)
	case o.Beds < 1 || o.Beds > maximumBeds:
		return o, problem.New(problem.Invalid,
			"The size is %d people delayed a day. Choose from 1 to %d.", o.Beds, maximumBeds)
	}
	return o, nil
}

// arrival gives when a file would have arrived: early on the morning after its
// day, a re-send some hours later.
func arrival(day delay.Day, trust int, name string) time.Time {
	y, m, d := (day + 1).Time().Date()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		london = time.UTC
	}
	at := time.Date(y, m, d, 6, 10+3*trust, int(day)%60, 0, london)
	if strings.Contains(name, "_v2") {
		at = at.Add(5 * time.Hour)
	}
	return at
}

// Write makes the folder dir/extracts with one file for each trust and day,
// and copies the partnership file and its layouts into dir when the options
// hold them. Sorted by name, the files are in an order in which they may be
// taken in: a re-send (_v2) comes after the file that it corrects. An extracts
// folder that already holds something is left alone with a Conflict problem.
// progress, when not nil, is told after each day how many of all days are
// done.
func Write(ctx context.Context, dir string, o Options, progress func(done, total int)) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	extracts := filepath.Join(dir, "extracts")
	if err := durable.MkdirAll(extracts); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The folder for the extracts could not be made. Check its permissions.")
	}
	entries, err := os.ReadDir(extracts)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The folder for the extracts could not be read. Check its permissions.")
	}
	if len(entries) > 0 {
		return problem.New(problem.Conflict, "The folder extracts is not empty. Choose another folder, or empty it first.")
	}
	if err := copyPartnership(dir, o.Partnership); err != nil {
		return err
	}
	words, err := o.labels()
	if err != nil {
		return err
	}
	senders := sendersOf(o)
	total := 0
	for _, t := range senders {
		total += int(o.To-t.from(o)) + 1
	}
	done := 0
	people := &register{}
	for i, t := range senders {
		w := newWriter(t, i, o, people)
		w.labels = words
		for day := t.from(o); day <= o.To; day++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			files, err := w.files(day)
			if err != nil {
				return err
			}
			for _, f := range files {
				// The files are 0640 like all that Homeward writes: real
				// extracts will stand in the same place.
				path := filepath.Join(extracts, f.name)
				if err := os.WriteFile(path, f.body, durable.FileMode); err != nil {
					return problem.Wrap(err, problem.Unavailable, "The extract %s could not be written. Check the space and the permissions of the "+
						"folder.", f.name)
				}
				at := arrival(day, i, f.name)
				if err := os.Chtimes(path, at, at); err != nil {
					return problem.Wrap(err, problem.Unavailable, "The time of the extract %s could not be set. Check the permissions of the folder.",
						f.name)
				}
			}
			done++
			if progress != nil {
				progress(done, total)
			}
		}
	}
	return nil
}

// copyPartnership writes the partnership file and its layouts into dir.
func copyPartnership(dir string, from fs.FS) error {
	if from == nil {
		return nil
	}
	err := os.CopyFS(dir, from)
	if errors.Is(err, fs.ErrExist) {
		return problem.Wrap(err, problem.Conflict, "The folder already holds a partnership file. Choose another folder.")
	}
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "The partnership file could not be written. Check the space and the permissions of the "+
			"folder.")
	}
	return nil
}

// file is one extract as it stands in the folder.
type file struct {
	name string
	body []byte
}

// compact gives a day as 20261104.
func compact(d delay.Day) string { return d.Time().Format("20060102") }

// british gives a day as 04/11/2026, or nothing for the zero Day.
func british(d delay.Day) string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("02/01/2006")
}

// dayOfYear counts from 1 on 1 January.
func dayOfYear(d delay.Day) int { return d.Time().YearDay() }

// weekday is the day's day of the week.
func weekday(d delay.Day) time.Weekday { return d.Time().Weekday() }

// numbered gives a name with a number padded to six digits.
func numbered(prefix string, n int) string { return fmt.Sprintf("%s%06d", prefix, n) }
