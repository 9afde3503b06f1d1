package propose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/extract"
)

// dateFields are the fields that hold dates.
var dateFields = []string{"extract_date", "birth_date", "admitted", "ready", "discharged"}

// dateColumns gives the columns that are read as dates.
func (w *work) dateColumns() []*column {
	var out []*column
	for _, c := range w.columns {
		if slices.Contains(dateFields, c.field) {
			out = append(out, c)
		}
	}
	return out
}

// findDates says how the dates of all columns are written. Which of day and month
// comes first is told by days over 12 and by what cannot be: a person ready after
// the day of the list.
func (w *work) findDates() {
	d := &w.p.Dates
	columns := w.dateColumns()
	if len(w.Answers.Dates) > 0 {
		d.Formats, d.Evidence = w.Answers.Dates, "as you said"
		w.formats = d.Formats
		return
	}
	if w.against != nil && w.datesStay(columns) {
		d.Formats, d.Evidence = w.against.layout.Dates, asInForce
		w.formats = d.Formats
		return
	}
	var evidence, unsure []string
	plain := 0
	for _, c := range columns {
		plain += c.formats[oneWay]
	}
	if plain > 0 {
		evidence = append(evidence, fmt.Sprintf("%s in a form that reads one way only", count(plain, "value")))
	}
	for _, shape := range shapes {
		rows := map[string]int{}
		for _, c := range columns {
			for _, f := range shape {
				rows[f] += c.formats[f]
			}
		}
		best := shape[0]
		for _, f := range shape {
			if rows[f] > rows[best] {
				best = f
			}
		}
		if rows[best] == 0 || w.contradicts(d.Formats, best) {
			continue
		}
		// A stray number of six digits in a column of other dates is not a form.
		if strings.HasPrefix(shape[0], "ddmm") && rows[best] < plain/20 {
			continue
		}
		d.Formats = append(d.Formats, best)
		told := rows[best]
		var both []string
		for _, other := range shape {
			if other == best {
				continue
			}
			if rows[other] == rows[best] {
				both = append(both, other)
			} else {
				told = min(told, rows[best]-rows[other])
				if rows[other] > 0 {
					if only := w.only(columns, other, best); only > 0 {
						unsure = append(unsure, fmt.Sprintf("%s can be read only as %s, so the columns are not all written alike; their rows would be "+
							"set aside", count(only, "value"), other))
					}
				}
			}
		}
		if len(both) == 0 {
			switch {
			case best == serial:
				evidence = append(evidence, fmt.Sprintf("%s are a spreadsheet's numbers of days", count(rows[best], "value")))
			case len(shape) == 1:
				evidence = append(evidence, fmt.Sprintf("%s as %s", count(rows[best], "value"), best))
			case strings.HasPrefix(best, "d"):
				evidence = append(evidence, fmt.Sprintf("day before month (%s): %s a day above 12", best, have(told)))
			case strings.HasPrefix(best, "m"):
				evidence = append(evidence, fmt.Sprintf("month before day (%s), the American order: %s a day above 12", best, have(told)))
			default:
				evidence = append(evidence, fmt.Sprintf("%s: %s read no other way", best, count(told, "value")))
			}
			continue
		}
		// Nothing in the values tells; what cannot be may.
		if chosen, why := w.possible(append([]string{best}, both...)); why != "" {
			d.Formats[len(d.Formats)-1] = chosen
			evidence = append(evidence, fmt.Sprintf("%s: %s", chosen, why))
			continue
		}
		d.Either = append(d.Either, both...)
		unsure = append(unsure, fmt.Sprintf("no value has a day above 12, so the dates read as %s and as %s alike; %s was taken. Look at "+
			"a day "+
			"that you know", best, strings.Join(both, " and "), best))
	}
	if len(d.Formats) == 0 && plain == 0 && len(columns) > 0 {
		unsure = append(unsure, "no value of a date column is filled, so how dates are written is not known")
	}
	if w.against != nil {
		unsure = append(unsure, w.changedDates()...)
	}
	d.Evidence, d.Unsure = strings.Join(evidence, "; "), w.mark(strings.Join(unsure, "; "))
	w.formats = d.Formats
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func have(n int) string {
	if n == 1 {
		return "1 value has"
	}
	return fmt.Sprintf("%d values have", n)
}

func (w *work) contradicts(formats []string, format string) bool {
	f, err := config.ParseDateFormat(format)
	if err != nil {
		return true
	}
	for _, other := range formats {
		if o, err := config.ParseDateFormat(other); err == nil && f.Contradicts(o) != "" {
			return true
		}
	}
	return false
}

// only counts the values that one format reads and the other does not.
func (w *work) only(columns []*column, format, not string) int {
	n := 0
	for _, c := range columns {
		one, two := w.dates(c, format), w.dates(c, not)
		for _, value := range c.order {
			if _, none, ok := one.Read(value); ok && !none {
				if _, _, ok := two.Read(value); !ok {
					n += c.values[value]
				}
			}
		}
	}
	return n
}

// dates reads the cells of a column by formats.
func (w *work) dates(c *column, formats ...string) *extract.Dates {
	for _, s := range w.samples {
		if _, ok := c.in[s]; ok {
			return s.DatesOf(formats...)
		}
	}
	return w.samples[0].DatesOf(formats...)
}

// possible finds the one format by which the rows are possible: nobody is ready
// or admitted after the day of the list, nor ready before admission.
func (w *work) possible(formats []string) (chosen, why string) {
	wrong := make([]int, len(formats))
	for i, f := range formats {
		formats := append([]string{f}, w.p.Dates.Formats[:max(len(w.p.Dates.Formats)-1, 0)]...)
		for _, s := range w.samples {
			day := s.nameDay(formats)
			dates := s.DatesOf(formats...)
			s.rows(func(cells []string) {
				at := func(field string) delay.Day {
					c := w.held[field]
					if c == nil {
						return 0
					}
					if i, ok := c.in[s]; ok && i < len(cells) {
						if d, none, ok := dates.Read(cells[i]); ok && !none {
							return d
						}
					}
					return 0
				}
				on, ready, admitted := at("extract_date"), at("ready"), at("admitted")
				if day != 0 && on != 0 && on != day {
					wrong[i]++
				}
				if on == 0 {
					on = day
				}
				if on != 0 && (ready > on || admitted > on) || ready != 0 && admitted != 0 && ready < admitted {
					wrong[i]++
				}
			})
		}
	}
	best := 0
	for i := range formats {
		if wrong[i] < wrong[best] {
			best = i
		}
	}
	for i := range formats {
		if i != best && wrong[i] < wrong[best]+max(3, 5*wrong[best]) {
			return formats[0], ""
		}
	}
	worst := 0
	for i := range formats {
		if i != best {
			worst = max(worst, wrong[i])
		}
	}
	return formats[best], fmt.Sprintf("in the other order %s would be impossible (another day than the file's name says, or ready after "+
		"the list or before admission)", count(worst, "row"))
}

// nameForms are dates in file names: a pattern, and the formats by which what it
// finds is read.
var nameForms = []struct {
	pattern string
	re      *regexp.Regexp
	formats []string
}{
	{`\d{4}-\d{2}-\d{2}`, regexp.MustCompile(`\d{4}-\d{2}-\d{2}`), nil},
	{`\d{4}_\d{2}_\d{2}`, regexp.MustCompile(`\d{4}_\d{2}_\d{2}`), nil},
	{`\d{4}\.\d{2}\.\d{2}`, regexp.MustCompile(`\d{4}\.\d{2}\.\d{2}`), nil},
	{`\d{1,2}[-_. ]\d{1,2}[-_. ]\d{4}`, regexp.MustCompile(`\d{1,2}[-_. ]\d{1,2}[-_. ]\d{4}`), []string{"dd/mm/yyyy", "mm/dd/yyyy"}},
	{`\d{1,2}(?:st|nd|rd|th)?[-_. ]?[A-Za-z]{3,9}[-_. ]?\d{4}`,
		regexp.MustCompile(`\d{1,2}(?:st|nd|rd|th)?[-_. ]?[A-Za-z]{3,9}[-_. ]?\d{4}`), nil},
	{`\d{8}`, regexp.MustCompile(`\d{8}`), []string{"", "ddmmyyyy", "mmddyyyy"}},
	{`\d{1,2}[-_. ]\d{1,2}[-_. ]\d{2}`, regexp.MustCompile(`\d{1,2}[-_. ]\d{1,2}[-_. ]\d{2}`), []string{"dd/mm/yy", "mm/dd/yy", "yy/mm/dd"}},
	{`\d{1,2}[-_. ]?[A-Za-z]{3,9}[-_. ]?\d{2}`, regexp.MustCompile(`\d{1,2}[-_. ]?[A-Za-z]{3,9}[-_. ]?\d{2}`), []string{"d mmm yy"}},
	{`\d{6}`, regexp.MustCompile(`\d{6}`), []string{"ddmmyy", "yymmdd", "mmddyy"}},
	{`\d{4}-\d{2}`, regexp.MustCompile(`\d{4}-\d{2}`), nil},
}

// nameDate is a date in a file's name or in a line above the headings.
type nameDate struct {
	text, pattern string
	from, to      int
	day           delay.Day
	format        string // empty where it reads one way only
	month         bool   // it is a month and no day
	either        bool   // another format reads it too, as another day
	all           []reading
}

// reading is one day that a text may mean.
type reading struct {
	day    delay.Day
	format string
}

// nearest chooses, of several days that a name may mean, the one that fits the
// rows: not before anything that has happened in them, and within a month of it.
func (n *nameDate) nearest(latest delay.Day) bool {
	if !n.either || latest == 0 {
		return false
	}
	var fits []reading
	for _, r := range n.all {
		if r.day >= latest && r.day <= latest+31 && !slices.ContainsFunc(fits, func(f reading) bool { return f.day == r.day }) {
			fits = append(fits, r)
		}
	}
	if len(fits) != 1 {
		return false
	}
	n.day, n.format, n.either = fits[0].day, fits[0].format, false
	return true
}

// sameOrder settles the dates of names that read in two ways by those of other names
// that read in one, where all are written in one form.
func sameOrder(names []nameDate) bool {
	format, pattern, either := "", "", false
	for _, n := range names {
		switch {
		case n.day == 0 || pattern != "" && n.pattern != pattern:
			return false
		case n.either:
			either = true
		case format == "":
			format = n.format
		case n.format != format:
			return false
		}
		pattern = n.pattern
	}
	if !either || format == "" {
		return false
	}
	for i := range names {
		n := &names[i]
		at := slices.IndexFunc(n.all, func(r reading) bool { return r.format == format })
		if at < 0 {
			return false
		}
		if n.either {
			n.day, n.format, n.either = n.all[at].day, format, false
		}
	}
	return true
}

// latest gives the last day that the rows of a sample speak of as past.
func (w *work) latest(s *sample) delay.Day {
	var last delay.Day
	dates := s.DatesOf(w.formats...)
	for _, field := range []string{"extract_date", "admitted", "ready", "discharged"} {
		for c := range w.of(field, s) {
			s.rows(func(cells []string) {
				if i := c.in[s]; i < len(cells) {
					if d, none, ok := dates.Read(cells[i]); ok && !none {
						last = max(last, d)
					}
				}
			})
		}
	}
	return last
}

// codeBefore is a provider's code before a date in a name: its figure is none of the
// date's, as in RK9_26-11-10.
var codeBefore = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(?:[rtg][a-z0-9]{2}|7[a-z][0-9])[-_. ]`)

// dateIn finds the date in a text by formats that are known, or any.
func dateIn(text string, known []string, s *sample) (nameDate, bool) {
	text = codeBefore.ReplaceAllStringFunc(text, func(m string) string {
		return strings.Map(func(r rune) rune {
			if r < 0x80 && isDigit(byte(r)) {
				return 'x'
			}
			return r
		}, m)
	})
	for _, form := range nameForms {
		for _, at := range form.re.FindAllStringIndex(text, -1) {
			// A time of four or six figures may follow eight.
			after := 0
			for at[1]+after < len(text) && isDigit(text[at[1]+after]) {
				after++
			}
			timed := form.pattern == `\d{8}` && (after == 4 || after == 6)
			if at[0] > 0 && isDigit(text[at[0]-1]) || after > 0 && !timed {
				continue
			}
			found := text[at[0]:at[1]]
			n := nameDate{text: found, pattern: form.pattern, from: at[0], to: at[1]}
			read := strings.ReplaceAll(found, "_", "-")
			if form.pattern == `\d{4}-\d{2}` {
				if day, _, ok := s.DatesOf().Read(found + "-01"); ok && plausible(day) {
					n.day, n.month = day, true
					return n, true
				}
				continue
			}
			formats := form.formats
			if len(formats) == 0 {
				formats = []string{""}
			}
			for _, f := range formats {
				dates := s.DatesOf()
				if f != "" {
					dates = s.DatesOf(f)
				}
				if strings.Trim(read, "0123456789") == "" && s.Kind == "workbook" && len(read) == 6 && f == "" {
					continue
				}
				day, none, ok := dates.Read(read)
				if !ok || none || !plausible(day) {
					continue
				}
				n.all = append(n.all, reading{day, f})
				switch {
				case n.day == 0:
					n.day, n.format = day, f
				case n.day != day && n.format != "":
					n.either = true
					if slices.Contains(known, f) && !slices.Contains(known, n.format) {
						n.day, n.format, n.either = day, f, false
					}
				}
				if slices.Contains(known, n.format) {
					n.either = false
				}
			}
			if n.day != 0 {
				return n, true
			}
		}
	}
	return nameDate{}, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// plausible says whether lists may be of a day: since records were kept by
// computer, and not long after now.
func plausible(d delay.Day) bool {
	return d >= delay.Date(1995, 1, 1) && d <= delay.Date(2090, 1, 1)
}

// nameDay gives the day that a sample's name says, as far as it can be read one
// way only or by the formats.
func (s *sample) nameDay(formats []string) delay.Day {
	n, ok := dateIn(s.name, formats, s)
	if !ok || n.month || n.either || n.format != "" && !slices.Contains(formats, n.format) {
		return 0
	}
	return n.day
}
