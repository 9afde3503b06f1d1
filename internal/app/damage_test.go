package app_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"homeward/internal/delay"
)

// damage is one way in which an export goes wrong, as people who do this job
// have reported (extracts/field/manifest.csv). do breaks the sheet, and says
// whether it could.
type damage struct {
	name string
	do   func(r *rand.Rand, s *sheet) bool
}

// some gives a few rows of the sheet, or all of them.
func some(r *rand.Rand, s *sheet) []int {
	var out []int
	whole := r.IntN(3) == 0
	for i := range s.rows {
		if whole || r.IntN(3) == 0 {
			out = append(out, i)
		}
	}
	if len(out) == 0 && len(s.rows) > 0 {
		out = append(out, r.IntN(len(s.rows)))
	}
	return out
}

// each breaks some cells under a heading.
func each(what string, f func(r *rand.Rand, s *sheet, v any) any) func(*rand.Rand, *sheet) bool {
	return func(r *rand.Rand, s *sheet) bool {
		if _, ok := s.at[what]; !ok || len(s.rows) == 0 {
			return false
		}
		for _, i := range some(r, s) {
			s.set(i, what, f(r, s, s.cell(i, what)))
		}
		return true
	}
}

func both(a, b func(*rand.Rand, *sheet) bool) func(*rand.Rand, *sheet) bool {
	return func(r *rand.Rand, s *sheet) bool { one := a(r, s); return b(r, s) || one }
}

func blank(*rand.Rand, *sheet, any) any { return "" }

func written(format string) func(*rand.Rand, *sheet, any) any {
	return func(_ *rand.Rand, _ *sheet, v any) any {
		if v == "" || v == nil {
			return v
		}
		return fmt.Sprintf(format, v)
	}
}

// oneOf puts one of some texts in a cell.
func oneOf(texts ...string) func(*rand.Rand, *sheet, any) any {
	return func(r *rand.Rand, _ *sheet, _ any) any { return texts[r.IntN(len(texts))] }
}

// dated are the columns of days.
var dated = []string{"extract", "born", "admitted", "ready", "left"}

// days writes every day of some columns anew.
func days(columns []string, f func(s *sheet, d delay.Day) any) func(*rand.Rand, *sheet) bool {
	return func(_ *rand.Rand, s *sheet) bool {
		for i := range s.rows {
			for _, what := range columns {
				if d, ok := s.cell(i, what).(delay.Day); ok && d != 0 {
					s.set(i, what, f(s, d))
				}
			}
		}
		return len(s.rows) > 0
	}
}

func layoutOf(layout string) func(*sheet, delay.Day) any {
	return func(_ *sheet, d delay.Day) any { return d.Time().Format(layout) }
}

// serialOf gives the number of days by which a workbook keeps a day.
func serialOf(d delay.Day) float64 { return float64(d - delay.Date(1899, 12, 30)) }

// swapped is a day in a sheet that has been through a US spreadsheet: with day
// and month exchanged where that is a date, else left as text.
func swapped(s *sheet, d delay.Day) any {
	y, m, day := d.Time().Date()
	if day > 12 {
		return d.Time().Format("02/01/2006")
	}
	other := delay.Date(y, time.Month(day), int(m))
	if s.book {
		return other
	}
	return other.String()
}

// utcMidnight is the moment at which a day begins in London.
func utcMidnight(d delay.Day) time.Time {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	y, m, day := d.Time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, london).UTC()
}

var damages = []damage{
	{"cells missing, so that columns shift", func(r *rand.Rand, s *sheet) bool {
		at, n := r.IntN(len(s.head)-2), 1+r.IntN(2)
		for _, i := range some(r, s) {
			s.rows[i] = slices.Delete(s.rows[i], at, at+n)
		}
		return len(s.rows) > 0
	}},
	{"cells added, so that columns shift", func(r *rand.Rand, s *sheet) bool {
		at := r.IntN(len(s.head) - 1)
		for _, i := range some(r, s) {
			s.rows[i] = slices.Insert(s.rows[i], at, any("x"))
		}
		return len(s.rows) > 0
	}},
	{"NHS numbers lost", each("nhs", blank)},
	{"local numbers lost", each("local", blank)},
	{"both numbers lost", both(each("nhs", blank), each("local", blank))},
	{"NHS numbers mistyped", each("nhs", func(r *rand.Rand, _ *sheet, v any) any {
		text := fmt.Sprint(v)
		if len(text) != 10 {
			return v
		}
		at := r.IntN(10)
		return text[:at] + string('0'+(text[at]-'0'+1)%10) + text[at+1:]
	})},
	{"NHS numbers rounded by a spreadsheet", each("nhs", oneOf("9.99E+09"))},
	{"numbers as spreadsheet text", both(each("nhs", written(`="%v"`)), each("local", written(`="%v"`)))},
	{"numbers with an apostrophe", both(each("nhs", written("'%v")), each("local", written("'%v")))},
	{"local numbers written otherwise", each("local", func(r *rand.Rand, _ *sheet, v any) any {
		text := strings.ToLower(fmt.Sprint(v))
		switch r.IntN(3) {
		case 0:
			return text[:2] + " " + text[2:]
		case 1:
			return text + "_x000D_"
		}
		if strings.Trim(text, "0123456789") == "" {
			return "00" + text
		}
		return text
	})},
	{"NHS numbers spaced otherwise", each("nhs", func(r *rand.Rand, _ *sheet, v any) any {
		text := fmt.Sprint(v)
		if len(text) != 10 {
			return v
		}
		mark := []string{" ", ".", "-", "/", "\u00a0", " - "}[r.IntN(6)]
		return text[:3] + mark + text[3:6] + mark + text[6:]
	})},
	{
		"placeholders for numbers",
		both(
			each("nhs", oneOf("NULL", "N/K", "0000000000", "9999999999", ".")),
			each("local", oneOf("XXXX", "0000000", "*", "N/K", "TBC", "1111111")),
		),
	},
	{"placeholders for local numbers", each("local", oneOf("XXXX", "0000000", "UNKNOWN", "N/K", "."))},
	{"day and month swapped by a spreadsheet", days(dated, swapped)},
	{"dates in the American order", days(dated, layoutOf("01/02/2006"))},
	{"dates as statistics packages write them", days(dated, layoutOf("02Jan2006"))},
	{"years of two digits", days(dated, layoutOf("02/01/06"))},
	{"birth years of two digits", days([]string{"born"}, layoutOf("02/01/06"))},
	{"serials just under midnight", func(_ *rand.Rand, s *sheet) bool {
		return s.book && days(dated, func(_ *sheet, d delay.Day) any { return serialOf(d) - 1e-11 })(nil, s)
	}},
	{"midnight in UTC", days([]string{"ready", "admitted", "born"}, func(_ *sheet, d delay.Day) any {
		return utcMidnight(d).Format("2006-01-02T15:04:05Z")
	})},
	{"midnight in UTC without a mark", days([]string{"ready", "admitted"}, func(_ *sheet, d delay.Day) any {
		return utcMidnight(d).Format("2006-01-02 15:04:05")
	})},
	{"dates that stand for none", func(r *rand.Rand, s *sheet) bool {
		text := []string{"1900-01-01", "1899-12-30", "9999-12-31", "2999-12-31", "1753-01-01", "31/12/9999"}[r.IntN(6)]
		for i := range s.rows {
			if s.cell(i, "left") == delay.Day(0) {
				s.set(i, "left", text)
			}
		}
		_, ok := s.at["left"]
		return ok && len(s.rows) > 0
	}},
	{"words for a blank", func(r *rand.Rand, s *sheet) bool {
		word := []string{"NULL", "N/A", "None", "(null)", "-", "nan"}[r.IntN(6)]
		for i := range s.rows {
			for j, v := range s.rows[i] {
				if v == nil || v == "" || v == delay.Day(0) {
					s.rows[i][j] = word
				}
			}
		}
		return len(s.rows) > 0
	}},
	{"escapes in headings", func(_ *rand.Rand, s *sheet) bool {
		for i, h := range s.head {
			s.head[i] = strings.Replace(h, " ", "_x000D_\n", 1) + "_x000D_"
		}
		return true
	}},
	{"a heading renamed", func(r *rand.Rand, s *sheet) bool {
		s.head[r.IntN(len(s.head))] = "Column"
		return true
	}},
	{"a column left out", func(r *rand.Rand, s *sheet) bool {
		at := r.IntN(len(s.head))
		s.head = slices.Delete(s.head, at, at+1)
		for i := range s.rows {
			s.rows[i] = slices.Delete(s.rows[i], at, at+1)
		}
		return true
	}},
	{"a stray cell", func(r *rand.Rand, s *sheet) bool {
		if len(s.rows) == 0 {
			return false
		}
		i := r.IntN(len(s.rows))
		if s.book {
			s.rows[i] = append(s.rows[i], make([]any, 600)...)
		}
		s.rows[i] = append(s.rows[i], "x")
		return true
	}},
	{"stray quotation marks in a comment", strayMark("comment", true)},
	{"a stray quotation mark in a ward", strayMark("ward", false)},
	{"trailing empty cells dropped", func(_ *rand.Rand, s *sheet) bool {
		for i, row := range s.rows {
			for len(row) > 0 && (row[len(row)-1] == nil || row[len(row)-1] == "" || row[len(row)-1] == delay.Day(0)) {
				row = row[:len(row)-1]
			}
			s.rows[i] = row
		}
		return len(s.rows) > 0
	}},
	{"trailing columns dropped", func(r *rand.Rand, s *sheet) bool {
		// A cell that a workbook does not have is a blank, so that of the last
		// column alone, dates of leaving, nothing shows.
		n := 2 + r.IntN(3)
		for i := range s.rows {
			s.rows[i] = s.rows[i][:len(s.rows[i])-n]
		}
		return len(s.rows) > 0
	}},
	{"councils written otherwise", each("council", func(r *rand.Rand, _ *sheet, v any) any {
		for _, names := range sheetCouncils {
			if names[0] == v {
				return names[r.IntN(len(names))]
			}
		}
		return v
	})},
	{"councils that nobody knows", each("council", oneOf("Narnia", "E06009999", "999", ""))},
	{"reasons that nobody knows", each("reason", oneOf("Awaiting POC", "Z9", "", "NULL"))},
	{"care that nobody knows", each("care", oneOf("Sub-acute", "", "N/A"))},
	{"bodies that nobody knows", each("body", oneOf("ICB", "", "NULL", "07"))},
	{"ready dates lost", each("ready", oneOf("", "NULL", "tbc", "32/13/2025"))},
	{"ready dates in the future", each("ready", func(_ *rand.Rand, s *sheet, _ any) any { return s.day + 30 })},
	{"another day's extract date", days([]string{"extract"}, func(_ *sheet, d delay.Day) any { return d - 1 })},
	{"another provider's code", each("provider", oneOf("RH8", "RXX", ""))},
	{"cut off", func(r *rand.Rand, s *sheet) bool {
		share := 0.3 + r.Float64()*0.7
		s.then = append(s.then, func(b []byte) []byte {
			n := int(float64(len(b)) * share)
			// A file that is cut between two rows is one that has fewer rows.
			for n > 0 && (b[n-1] == '\n' || b[n-1] == '\r') {
				n--
			}
			return b[:n]
		})
		return true
	}},
	{"no rows", func(_ *rand.Rand, s *sheet) bool {
		was := len(s.rows)
		s.rows = nil
		return was > 0
	}},
	{"rows twice", func(r *rand.Rand, s *sheet) bool {
		s.rows = append(s.rows, s.rows...)
		return len(s.rows) > 0
	}},
	{"headings again among the rows", func(r *rand.Rand, s *sheet) bool {
		again := make([]any, len(s.head))
		for i, h := range s.head {
			again[i] = h
		}
		s.rows = slices.Insert(s.rows, r.IntN(len(s.rows)+1), again)
		return true
	}},
	{"every cell quoted", func(_ *rand.Rand, s *sheet) bool { s.quoted = true; return !s.book }},
	{"another separator", func(_ *rand.Rand, s *sheet) bool { s.sep = ";"; return !s.book }},
	{"UTF-16", func(_ *rand.Rand, s *sheet) bool {
		s.then = append(s.then, func(b []byte) []byte {
			out := []byte{0xff, 0xfe}
			for _, c := range utf16.Encode([]rune(string(b))) {
				out = append(out, byte(c), byte(c>>8))
			}
			return out
		})
		return !s.book
	}},
	{"bytes of nothing at the end", func(_ *rand.Rand, s *sheet) bool {
		s.then = append(s.then, func(b []byte) []byte { return append(bytes.Clone(b), make([]byte, 300)...) })
		return !s.book
	}},
}

// strayMark puts quotation marks inside a cell without doubling them.
func strayMark(what string, pair bool) func(*rand.Rand, *sheet) bool {
	return func(r *rand.Rand, s *sheet) bool {
		if _, ok := s.at[what]; !ok || s.book || len(s.rows) == 0 {
			return false
		}
		i := r.IntN(len(s.rows))
		text := fmt.Sprint(s.cell(i, what))
		if pair {
			s.quoted = true
			s.set(i, what, asIs(`"family says "not yet", `+text+`"`))
			return true
		}
		return s.set(i, what, asIs(`"`+text))
	}
}
