// Package definition reads what the nations count: code sets of reasons (D1)
// and counting conventions with their worked examples (D2). They are tables;
// no list of reasons, bodies or groups stands in the program. It counts the
// days of one period by one convention, knows no extract, no store and no
// clock.
package definition

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/problem"
)

// Tables is every code set and convention that a program knows, with those
// that a partnership added.
type Tables struct {
	CodeSets    []*CodeSet
	Conventions []*Convention
	Examples    []Example
	// Holidays are the bank holidays of each nation.
	Holidays map[string][]delay.Day
}

// Provenance says where a definition comes from and when it was in force.
type Provenance struct {
	Name, Title, Nation, Version string
	// From and Until bound the days on which it was in force, zero when open.
	From, Until             delay.Day
	Source, Certainty, Note string
}

// InForce says whether the definition was in force on the day.
func (p Provenance) InForce(day delay.Day) bool {
	return (p.From == 0 || p.From <= day) && (p.Until == 0 || day <= p.Until)
}

// Load reads codesets/*.csv, conventions.csv and examples.csv of each folder
// in turn; a later folder's table stands in place of an earlier one's of the
// same name. The error is an Invalid problem that names file and line.
func Load(folders ...fs.FS) (*Tables, error) {
	t := &Tables{}
	for _, folder := range folders {
		files, err := fs.Glob(folder, "codesets/*.csv")
		if err != nil {
			return nil, problem.Wrap(err, problem.Internal, "the code sets could not be listed")
		}
		for _, file := range files {
			tab, err := readTable(folder, file)
			if err != nil {
				return nil, err
			}
			set, err := parseCodeSet(strings.TrimSuffix(path.Base(file), ".csv"), tab)
			if err != nil {
				return nil, problem.New(problem.Invalid, "%s: %v", file, err)
			}
			t.CodeSets = put(t.CodeSets, set, func(s *CodeSet) string { return s.Name })
		}
		if err := t.loadConventions(folder); err != nil {
			return nil, err
		}
		if err := t.loadHolidays(folder); err != nil {
			return nil, err
		}
	}
	return t, t.check()
}

func (t *Tables) loadConventions(folder fs.FS) error {
	tab, err := readTable(folder, "conventions.csv")
	if err != nil || tab == nil {
		return err
	}
	for i := range tab.rows {
		c, err := parseConvention(tab.row(i))
		if err != nil {
			return problem.New(problem.Invalid, "conventions.csv, line %d: %v", tab.lines[i], err)
		}
		t.Conventions = put(t.Conventions, c, func(c *Convention) string { return c.Name })
	}
	tab, err = readTable(folder, "examples.csv")
	if err != nil || tab == nil {
		return err
	}
	for i := range tab.rows {
		e, err := parseExample(tab.row(i))
		if err != nil {
			return problem.New(problem.Invalid, "examples.csv, line %d: %v", tab.lines[i], err)
		}
		t.Examples = append(t.Examples, e)
	}
	return nil
}

// loadHolidays adds the bank holidays of a folder to those before.
func (t *Tables) loadHolidays(folder fs.FS) error {
	tab, err := readTable(folder, "holidays.csv")
	if err != nil || tab == nil {
		return err
	}
	if t.Holidays == nil {
		t.Holidays = map[string][]delay.Day{}
	}
	for i := range tab.rows {
		r := tab.row(i)
		nation, day := r.text("nation"), r.day("day")
		if nation == "" || day == 0 {
			r.fail("expected a nation and a day")
		}
		if r.err != nil {
			return problem.New(problem.Invalid, "holidays.csv, line %d: %v", tab.lines[i], r.err)
		}
		t.Holidays[nation] = append(t.Holidays[nation], day)
	}
	return nil
}

func put[T any](list []T, item T, name func(T) string) []T {
	if i := slices.IndexFunc(list, func(other T) bool { return name(other) == name(item) }); i >= 0 {
		list[i] = item
		return list
	}
	return append(list, item)
}

// check recomputes nothing; it finds what a table refers to and is not there.
func (t *Tables) check() error {
	for _, e := range t.Examples {
		if _, err := t.Convention(e.Convention); err != nil {
			return problem.New(problem.Invalid, "examples.csv: the example %q is of a convention %q that is not there.", e.Name, e.Convention)
		}
	}
	return nil
}

// CodeSet gives the code set of that name, or an Invalid problem that lists
// those that are there.
func (t *Tables) CodeSet(name string) (*CodeSet, error) {
	for _, s := range t.CodeSets {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, problem.New(
		problem.Invalid,
		"Found the code set %q. Use one of %s.",
		name,
		names(t.CodeSets, func(s *CodeSet) string { return s.Name }),
	)
}

// Convention gives the convention of that name, or an Invalid problem that
// lists those that are there.
func (t *Tables) Convention(name string) (*Convention, error) {
	for _, c := range t.Conventions {
		if c.Name == name {
			return c, nil
		}
	}
	return nil, problem.New(
		problem.Invalid,
		"Found the counting convention %q. Use one of %s.",
		name,
		names(t.Conventions, func(c *Convention) string { return c.Name }),
	)
}

// ExamplesOf gives the worked examples of a convention in the order of the
// table.
func (t *Tables) ExamplesOf(convention string) []Example {
	var out []Example
	for _, e := range t.Examples {
		if e.Convention == convention {
			out = append(out, e)
		}
	}
	return out
}

func names[T any](list []T, name func(T) string) string {
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = name(item)
	}
	return strings.Join(out, ", ")
}

// table is a CSV whose first lines may be "# key: value".
type table struct {
	meta  map[string]string
	names []string
	rows  [][]string
	lines []int
}

// readTable reads one table, nil when the folder has none of that name.
func readTable(folder fs.FS, name string) (*table, error) {
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		if _, statErr := fs.Stat(folder, name); statErr != nil {
			return nil, nil // A folder need not hold every table.
		}
		return nil, problem.Wrap(err, problem.Internal, "%s could not be read", name)
	}
	t := &table{meta: map[string]string{}}
	for line := range bytes.Lines(data) {
		text, ok := strings.CutPrefix(string(line), "#")
		if !ok {
			break
		}
		if key, value, ok := strings.Cut(strings.TrimSpace(text), ": "); ok && !strings.Contains(key, " ") {
			t.meta[key] = strings.TrimSpace(value)
		}
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comment = '#'
	for {
		row, err := reader.Read()
		if row == nil {
			break
		}
		if err != nil {
			return nil, problem.Wrap(err, problem.Invalid, "%s could not be read as CSV", name)
		}
		line, _ := reader.FieldPos(0)
		if t.names == nil {
			t.names = row
			continue
		}
		t.rows, t.lines = append(t.rows, row), append(t.lines, line)
	}
	if len(t.rows) == 0 {
		return nil, problem.New(problem.Invalid, "%s has no rows.", name)
	}
	return t, nil
}

// row gives a row by the names of its columns, and remembers the first cell
// that could not be read.
func (t *table) row(i int) *row { return &row{names: t.names, cells: t.rows[i]} }

type row struct {
	names, cells []string
	err          error
}

func (r *row) text(name string) string {
	i := slices.Index(r.names, name)
	if i < 0 {
		r.fail("expected a column %s", name)
		return ""
	}
	return r.cells[i]
}

// given is text of a column that a table need not have.
func (r *row) given(name string) string {
	if !slices.Contains(r.names, name) {
		return ""
	}
	return r.text(name)
}

func (r *row) list(name string) []string { return list(r.text(name)) }

func (r *row) day(name string) delay.Day {
	text := r.text(name)
	if text == "" {
		return 0
	}
	day, err := delay.ParseDay(text)
	if err != nil {
		r.fail("%s: %v", name, err)
	}
	return day
}

func (r *row) yes(name string) bool {
	switch text := r.text(name); text {
	case "yes":
		return true
	case "no", "":
	default:
		r.fail("%s: found %q, expected yes or no", name, text)
	}
	return false
}

func (r *row) number(name string) int {
	var n int
	if text := r.text(name); text != "" {
		if _, err := fmt.Sscanf(text, "%d", &n); err != nil || n < 0 {
			r.fail("%s: found %q, expected a whole number", name, text)
		}
	}
	return n
}

func (r *row) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "|")
}
