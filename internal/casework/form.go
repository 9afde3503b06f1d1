package casework

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"homeward/internal/delay"
	"homeward/internal/nhsnumber"
)

// Refusal says why a form was not saved: fields that cannot be right, or
// likely mistakes that are asked about once. Nothing was changed.
type Refusal struct {
	Fields []FieldError
	// Asks are the questions, set only when no field is wrong. A reason answers
	// all of them and is kept with what is saved.
	Asks []string
}

// FieldError is what is wrong with one field, in the words of the page.
type FieldError struct{ Field, Words string }

// Error gives all the words, for logs and tests.
func (r *Refusal) Error() string {
	var words []string
	for _, f := range r.Fields {
		words = append(words, f.Words)
	}
	return strings.Join(append(words, r.Asks...), " · ")
}

func (r *Refusal) field(name, format string, args ...any) {
	for _, f := range r.Fields {
		if f.Field == name {
			return // One thing at a time for each field.
		}
	}
	r.Fields = append(r.Fields, FieldError{name, fmt.Sprintf(format, args...)})
}

func (r *Refusal) ask(format string, args ...any) {
	r.Asks = append(r.Asks, fmt.Sprintf(format, args...))
}

// or gives the refusal as an error, nil when there is nothing to refuse. A
// given reason answers the questions.
func (r *Refusal) or(because string) error {
	if len(r.Fields) > 0 {
		r.Asks = nil
		return r
	}
	if len(r.Asks) > 0 && strings.TrimSpace(because) == "" {
		return r
	}
	return nil
}

// Date is a date as people type it in three boxes.
type Date struct{ Day, Month, Year string }

// DateOf gives the boxes for a day.
func DateOf(d delay.Day) Date {
	if d == 0 {
		return Date{}
	}
	y, m, day := d.Time().Date()
	return Date{strconv.Itoa(day), strconv.Itoa(int(m)), strconv.Itoa(y)}
}

// Empty says whether nothing was typed.
func (d Date) Empty() bool {
	return strings.TrimSpace(d.Day+d.Month+d.Year) == ""
}

// months lets people type a month by its name.
var months = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
	"dec": 12}

// Read gives the day of a date; name is what the sentence begins with that says
// what is wrong with it, empty when nothing is.
func (d Date) Read(name string) (day delay.Day, wrong string) {
	var r Refusal
	day = d.read(&r, "", name)
	if len(r.Fields) > 0 {
		wrong = r.Fields[0].Words
	}
	return day, wrong
}

// read reads the date; name is what its error sentences begin with.
func (d Date) read(r *Refusal, field, name string) delay.Day {
	var missing []string
	for _, part := range []struct{ text, name string }{{d.Day, "day"}, {d.Month, "month"}, {d.Year, "year"}} {
		if strings.TrimSpace(part.text) == "" {
			missing = append(missing, part.name)
		}
	}
	if len(missing) > 0 {
		r.field(field, "%s must include a %s", name, strings.Join(missing, " and "))
		return 0
	}
	day, err1 := strconv.Atoi(strings.TrimSpace(d.Day))
	word := strings.ToLower(strings.TrimSpace(d.Month))
	month, err2 := strconv.Atoi(word)
	if err2 != nil && len(word) >= 3 {
		month = months[word[:3]]
	}
	year, err3 := strconv.Atoi(strings.TrimSpace(d.Year))
	if err1 != nil || err3 != nil || month < 1 || month > 12 || day < 1 || year < 1900 || year > 2200 {
		r.field(field, "%s must be a real date", name)
		return 0
	}
	out := delay.Date(year, time.Month(month), day)
	if y, m, dd := out.Time().Date(); y != year || int(m) != month || dd != day {
		r.field(field, "%s must be a real date", name)
		return 0
	}
	return out
}

// noNumber is what a text with an NHS number in it is answered with.
const noNumber = "Remove the NHS number. Do not type numbers that identify a person here."

// text checks a text that people type: its length in characters, and that no
// NHS number stands in it.
func (r *Refusal) text(field, name, s string, longest int) string {
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return -1
		}
		return c
	}, s))
	if utf8.RuneCountInString(s) > longest {
		r.field(field, "%s must be %d characters or less", name, longest)
	}
	if nhsnumber.In(s) {
		r.field(field, noNumber)
	}
	return s
}
