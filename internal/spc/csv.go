package spc

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeward/internal/csvout"
	"homeward/internal/delay"
	"homeward/internal/problem"
)

// The bounds of what RunCSV reads (R8).
const (
	maxBytes = 64 << 20
	maxRows  = 1_000_000
	maxCell  = 2_000
)

// Refused names the series that could not be judged and why, in the order of
// the settings. Series named only in the readings come last.
type Refused struct {
	Series []RefusedSeries
}

// RefusedSeries is one series that could not be judged.
type RefusedSeries struct {
	ID  string
	Err error
}

// Error names each series with its reason, at most twenty of them.
func (r *Refused) Error() string {
	const most = 20
	var b strings.Builder
	for i, s := range r.Series {
		if i == most {
			fmt.Fprintf(&b, " And %d more.", len(r.Series)-most)
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "Series %s: %s", quote(s.ID), problem.Sentence(s.Err))
	}
	return b.String()
}

// pointHead are the columns of RunCSV, those of the R package's answers.
var pointHead = []string{
	"series_id", "seq", "date", "value", "rebase_group",
	"mean", "amr", "lpl", "upl", "nlpl", "nupl",
	"relative_to_mean", "outside_limits", "close_to_limits",
	"part_seven_point_trend", "part_two_in_three", "part_seven_point_one_side_mean",
	"special_cause_type", "special_cause_flag", "point_type", "short_group_warning", "target",
}

// RunCSV judges many series at once. It reads the readings from input
// (series_id, date, value) and the settings from params (series_id,
// improvement_direction, target, screen_outliers, fix_after_n_points, rebase;
// then, if there, trend_length, beyond_counts, least_points), both CSV in UTF-8
// with a heading row, columns in any order and others ignored. It writes one
// row for each reading to out, ordered as the settings and by date, with the
// columns of the R package's answers. Dates are ISO 8601; a blank or NA value is
// missing; several rebase dates are separated by semicolons; booleans are TRUE
// or FALSE, 1 or 0, and 1 or 0 in what is written, where blank is "not known".
// What settings leave blank is as in the R package (Package); a direction must
// be given.
//
// A file that cannot be read is a problem and nothing is written. A series that
// cannot be judged is left out, all others are written, and the error then holds
// a *Refused.
func RunCSV(input, params io.Reader, out io.Writer) error {
	return runCSV(input, params, out, pointHead, func(w *csvout.Writer, id string, r Result) error {
		target := ""
		if r.Params.Target != nil {
			target = format(*r.Params.Target)
		}
		record := make([]string, len(pointHead))
		for i := range r.Points {
			p := &r.Points[i]
			value := ""
			if !p.Missing {
				value = format(p.Value)
			}
			copy(record, []string{
				id, strconv.Itoa(p.Seq), p.Day.String(), value, strconv.Itoa(p.Group),
				p.Mean.field(), p.AMR.field(), p.LPL.field(), p.UPL.field(), p.NLPL.field(), p.NUPL.field(),
				p.RelativeToMean.field(), p.Outside.field(), p.Close.field(),
				p.Trend.field(), p.TwoInThree.field(), p.Shift.field(),
				p.Label, bit(p.Flag), p.Kind.String(), bit(p.ShortGroup), target,
			})
			if err := w.WriteMixed(record, func(i int) bool { return i != 0 }); err != nil {
				return err
			}
		}
		return nil
	})
}

// iconHead are the columns of RunIconsCSV.
var iconHead = []string{
	"series_id", "variation_type", "variation_icon", "variation_words",
	"assurance_type", "assurance_icon", "assurance_words", "settings", "notes",
}

// RunIconsCSV reads what RunCSV reads and writes one row for each series: its
// variation and assurance with their words, the settings and the notes.
func RunIconsCSV(input, params io.Reader, out io.Writer) error {
	return runCSV(input, params, out, iconHead, func(w *csvout.Writer, id string, r Result) error {
		return w.Write([]string{
			id, r.Variation.Kind.String(), r.Variation.Icon, r.Variation.Words,
			r.Assurance.Kind.String(), r.Assurance.Icon, r.Assurance.Words,
			r.Params.Words(), strings.Join(r.Notes(), " "),
		})
	})
}

func runCSV(input, params io.Reader, out io.Writer, head []string, write func(*csvout.Writer, string, Result) error) error {
	series, order, err := readParams(params)
	if err != nil {
		return err
	}
	if order, err = readInput(input, series, order); err != nil {
		return err
	}
	w := csvout.New(out)
	if err := w.Write(head); err != nil {
		return unwritable(err)
	}
	refused := &Refused{}
	for _, id := range order {
		s := series[id]
		var r Result
		err := s.err
		if err == nil {
			r, err = Analyse(s.points, s.params)
		}
		if err != nil {
			refused.Series = append(refused.Series, RefusedSeries{ID: id, Err: err})
			continue
		}
		if err := write(w, id, r); err != nil {
			return unwritable(err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return unwritable(err)
	}
	if n := len(refused.Series); n > 0 {
		return problem.Wrap(refused, problem.Invalid, "%d of %d series could not be judged; the others were written", n, len(order))
	}
	return nil
}

func unwritable(err error) error {
	return problem.Wrap(err, problem.Unavailable, "The answers could not be written")
}

// loaded is a series as it is being read; err is the first thing wrong with it.
type loaded struct {
	points []Point
	params Params
	err    error
}

func (s *loaded) refuse(format string, args ...any) {
	if s.err == nil {
		s.err = problem.New(problem.Invalid, format, args...)
	}
}

func readParams(r io.Reader) (map[string]*loaded, []string, error) {
	t, err := openTable(r, "settings", "series_id", "improvement_direction")
	if err != nil {
		return nil, nil, err
	}
	series := map[string]*loaded{}
	var order []string
	for {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			return series, order, nil
		}
		if err != nil {
			return nil, nil, err
		}
		id := row.get("series_id")
		if s, ok := series[id]; ok {
			s.refuse("There are two rows of settings for it, the second on line %d. Keep one.", row.line)
			continue
		}
		s := &loaded{}
		series[id] = s
		order = append(order, id)
		checkID(s, id, row.line)
		s.params, err = paramsOf(row)
		if err != nil && s.err == nil {
			s.err = err
		}
	}
}

func readInput(r io.Reader, series map[string]*loaded, order []string) ([]string, error) {
	t, err := openTable(r, "readings", "series_id", "date", "value")
	if err != nil {
		return nil, err
	}
	for {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			return order, nil
		}
		if err != nil {
			return nil, err
		}
		id := row.get("series_id")
		s, ok := series[id]
		if !ok {
			s = &loaded{}
			s.refuse("There are readings on line %d but no row of settings. Add one.", row.line)
			series[id] = s
			order = append(order, id)
		}
		if s.err != nil {
			continue
		}
		day, err := delay.ParseDay(row.get("date"))
		if err != nil {
			s.refuse("On line %d the date is %s. Give a date like 2019-03-31.", row.line, quote(row.get("date")))
			continue
		}
		value, missing, ok := parseValue(row.get("value"))
		if !ok {
			s.refuse("On line %d the value is %s. Give a number like 12.5, or leave it blank when it is missing.",
				row.line, quote(row.get("value")))
			continue
		}
		s.points = append(s.points, Point{Day: day, Value: value, Missing: missing})
	}
}

// checkID refuses names that a spreadsheet would run or a terminal obey (R8).
func checkID(s *loaded, id string, line int) {
	switch {
	case id == "":
		s.refuse("On line %d the series has no name. Give it one.", line)
	case !utf8.ValidString(id):
		s.refuse("On line %d the series' name is not UTF-8. Save the file as UTF-8.", line)
	case csvout.Harmless(id) != id || strings.IndexFunc(id, unicode.IsControl) >= 0:
		s.refuse("On line %d the series' name begins with a sign that spreadsheets take for a formula, or holds a control character. Begin it "+
			"with a letter or digit.", line)
	}
}

// paramsOf reads one row of settings; blank fields are as in the R package.
func paramsOf(row record) (Params, error) {
	d, err := ParseDirection(strings.ToLower(row.get("improvement_direction")))
	if err != nil {
		return Params{}, err
	}
	p := Package(d)
	target, none, ok := parseValue(row.get("target"))
	if !ok {
		return p, problem.New(problem.Invalid, "The target is %s. Give a number or leave it blank.", quote(row.get("target")))
	}
	if !none {
		p.Target = &target
	}
	if p.Screen, err = parseBool(row, "screen_outliers", p.Screen); err != nil {
		return p, err
	}
	if p.BeyondCounts, err = parseBool(row, "beyond_counts", p.BeyondCounts); err != nil {
		return p, err
	}
	if p.FixAfter, err = parseCount(row, "fix_after_n_points", p.FixAfter, LeastFixAfter); err != nil {
		return p, err
	}
	if p.TrendLength, err = parseCount(row, "trend_length", p.TrendLength, 1); err != nil {
		return p, err
	}
	if p.LeastPoints, err = parseCount(row, "least_points", p.LeastPoints, 1); err != nil {
		return p, err
	}
	for s := range strings.SplitSeq(row.get("rebase"), ";") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		day, err := delay.ParseDay(s)
		if err != nil {
			return p, problem.New(problem.Invalid, "A rebase date is %s. Give dates like 2019-03-31, separated by semicolons.", quote(s))
		}
		p.Rebase = append(p.Rebase, day)
	}
	return p, nil
}

// parseValue reads a plain decimal number; blank and NA are missing. Go's own
// reader would also take hexadecimal, infinity and underscores.
func parseValue(s string) (value float64, missing, ok bool) {
	if s == "" || s == "NA" {
		return 0, true, true
	}
	if strings.Trim(s, "0123456789.eE+-") != "" {
		return 0, false, false
	}
	value, err := strconv.ParseFloat(s, 64)
	return value, false, err == nil && usable(value)
}

func parseBool(row record, column string, blank bool) (bool, error) {
	switch strings.ToUpper(row.get(column)) {
	case "", "NA":
		return blank, nil
	case "TRUE", "1":
		return true, nil
	case "FALSE", "0":
		return false, nil
	default:
		return false, problem.New(problem.Invalid, "%s is %s. Give TRUE or FALSE, or leave it blank.", column, quote(row.get(column)))
	}
}

// parseCount reads a number of at least least. A fraction is cut off, as the R
// package does.
func parseCount(row record, column string, blank, least int) (int, error) {
	n, none, ok := parseValue(row.get(column))
	switch {
	case !ok || !none && n < float64(least):
		return 0, problem.New(problem.Invalid, "%s is %s. Give a number of %d or more, or leave it blank.", column, quote(row.get(column)), least)
	case none:
		return blank, nil
	default:
		// No series is longer than this, so a larger number acts the same.
		return int(math.Min(n, maxRows)), nil
	}
}

// table is a CSV file read row by row under the bounds.
type table struct {
	name    string
	reader  *csv.Reader
	bounded *io.LimitedReader
	columns map[string]int
	rows    int
}

// record is one row; line is where it begins in the file, counted from 1.
type record struct {
	fields  []string
	columns map[string]int
	line    int
}

// get gives a field without outer spaces, empty when there is no such column.
func (r record) get(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.fields[i])
}

func openTable(r io.Reader, name string, needed ...string) (*table, error) {
	bounded := &io.LimitedReader{R: r, N: maxBytes + 1}
	buffered := bufio.NewReader(bounded)
	if mark, _, err := buffered.ReadRune(); err == nil && mark != '\uFEFF' {
		// Only a byte order mark is dropped.
		_ = buffered.UnreadRune()
	}
	t := &table{name: name, reader: csv.NewReader(buffered), bounded: bounded, columns: map[string]int{}}
	t.reader.ReuseRecord = true
	head, err := t.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "The file of %s is empty. It needs a heading row with %s.", name, strings.Join(needed, ", "))
	}
	if err != nil {
		return nil, t.unreadable(err)
	}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(h))
		if _, twice := t.columns[h]; twice && slices.Contains(needed, h) {
			return nil, problem.New(problem.Invalid, "The file of %s has two columns %s. Keep one.", name, h)
		}
		t.columns[h] = i
	}
	for _, n := range needed {
		if _, ok := t.columns[n]; !ok {
			return nil, problem.New(problem.Invalid, "The file of %s has no column %s. It needs %s.", name, n, strings.Join(needed, ", "))
		}
	}
	return t, nil
}

// next gives the next row, io.EOF after the last. A row's fields hold until the
// row after it is read.
func (t *table) next() (record, error) {
	fields, err := t.reader.Read()
	if t.bounded.N <= 0 {
		return record{}, problem.New(problem.Invalid, "The file of %s is larger than %d MB. Split it by series.", t.name, maxBytes>>20)
	}
	if err == io.EOF {
		return record{}, io.EOF
	}
	if err != nil {
		return record{}, t.unreadable(err)
	}
	line, _ := t.reader.FieldPos(0)
	if t.rows++; t.rows > maxRows {
		return record{}, problem.New(problem.Invalid, "The file of %s has more than %d rows. Split it by series.", t.name, maxRows)
	}
	for _, f := range fields {
		if len(f) > maxCell {
			return record{}, problem.New(problem.Invalid, "On line %d of the %s a cell is longer than %d characters. Shorten it.", line, t.name,
				maxCell)
		}
	}
	return record{fields: fields, columns: t.columns, line: line}, nil
}

func (t *table) unreadable(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		what := "the quotation marks do not pair up"
		if errors.Is(err, csv.ErrFieldCount) {
			what = "the number of columns is not that of the heading row"
		}
		return problem.Wrap(err, problem.Invalid, "On line %d of the %s %s. Save the file as CSV with commas and send it again", parse.Line,
			t.name, what)
	}
	return problem.Wrap(err, problem.Unavailable, "The file of %s could not be read", t.name)
}

func (n Number) field() string {
	if !n.Known {
		return ""
	}
	return format(n.Value)
}

func (t Truth) field() string {
	switch t {
	case Yes:
		return "1"
	case No:
		return "0"
	default:
		return ""
	}
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// format writes the shortest decimal that reads back as the same number, with
// an exponent only where the digits would be mostly zeros.
func format(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x+0, 'f', -1, 64)
}
