package propose

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
)

// findProviders says whose the files are: by a column, the name or the lines
// above the headings.
func (w *work) findProviders() {
	p := w.p
	add := func(v Provider) {
		for i, had := range p.Providers {
			if v.Code != "" && had.Code == v.Code || v.Code == "" && strings.EqualFold(had.Name, v.Name) {
				if p.Providers[i].Name == "" {
					p.Providers[i].Name = v.Name
				}
				return
			}
		}
		for _, known := range w.Partnership.Providers {
			if known.Code == v.Code {
				v.Known = true
				if v.Name == "" {
					v.Name = known.Name
				}
			}
		}
		p.Providers = append(p.Providers, v)
	}
	if w.Answers.Provider != "" {
		add(Provider{Code: w.Answers.Provider, From: "you"})
	}
	c := w.held["provider"]
	if c != nil && c.filled > 0 {
		p.Several = !c.oneADay
		for _, value := range c.order {
			if len(p.Providers) >= 60 {
				break
			}
			text := extract.Glimpse(value)
			switch code := w.knownProvider(value); {
			case code != "":
				add(Provider{Code: code, From: "column"})
			case w.odsCode.MatchString(value) || providerCode.MatchString(value) && c.oneADay == p.Several && len(value) <= 5:
				code := value
				if len(code) == 5 && w.odsCode.MatchString(code[:3]) {
					code = code[:3]
				}
				add(Provider{Code: strings.ToUpper(code), From: "column"})
			case p.Several:
				add(Provider{Name: text, From: "column", Unsure: w.mark("the code of the provider that is called " + text + " is not known")})
			case len(p.Providers) == 0:
				add(Provider{Name: text, From: "column"})
			default:
				p.Providers[0].Name = text
			}
		}
	}
	if p.Several {
		return
	}
	// The name, then the lines above the headings and the sheets.
	if len(p.Providers) == 0 || p.Providers[0].Code == "" {
		for _, s := range w.samples {
			for token := range strings.FieldsFuncSeq(strings.TrimSuffix(s.name, extension(s.name)),
				func(r rune) bool { return strings.ContainsRune(" -_.()[]+", r) }) {
				code := strings.ToUpper(token)
				if w.knownProvider(code) != "" || w.odsCode.MatchString(code) && !dateToken.MatchString(code) &&
					!slices.Contains(noCodes, strings.ToLower(code)) {
					// A site's code begins with its provider's.
					if len(code) == 5 && w.knownProvider(code) == "" && w.odsCode.MatchString(code[:3]) {
						code = code[:3]
					}
					if len(p.Providers) == 1 && p.Providers[0].Code == "" {
						p.Providers[0].Code, p.Providers[0].From = code, "name"
					} else {
						add(Provider{Code: code, From: "name"})
					}
					break
				}
			}
		}
	}
	if len(p.Providers) == 0 {
		for _, s := range w.samples {
			for _, row := range s.cover() {
				for _, cell := range row.Cells {
					if m := trustName.FindString(cell); m != "" {
						name := strings.TrimSpace(m)
						if code := w.knownProvider(name); code != "" {
							add(Provider{Code: code, From: "cover"})
						} else {
							add(Provider{Name: name, From: "cover"})
						}
					}
				}
			}
		}
	}
	if m := w.mergedColumn(); m != nil && len(p.Providers) == 0 {
		codes := map[string]bool{}
		for _, value := range m.order {
			if found := merged.FindStringSubmatch(value); found != nil && !codes[found[1]] {
				codes[found[1]] = true
				add(Provider{Code: found[1], From: "column"})
			}
		}
		if len(codes) > 1 {
			m.unsure = w.mark(fmt.Sprintf("the column %s holds provider and ward in one cell, of %d providers; a layout cannot part them, so ask "+
				"for a file for each provider or for a column of its own", extract.Glimpse(m.heading), len(codes)))
		}
	}
	if len(p.Providers) == 0 {
		// With one provider that has no layout yet, that is the one.
		p.Providers = append(p.Providers, Provider{From: "nowhere", Unsure: w.mark("nothing in the samples says whose they are; write " +
			"the code of " +
			"the provider into the partnership file")})
	} else if len(p.Providers) > 1 {
		p.Providers[0].Unsure = w.mark(fmt.Sprintf("the samples are of %d providers, each in its own files: %s", len(p.Providers),
			providerWords(p.Providers)))
	} else if p.Providers[0].Code == "" {
		p.Providers[0].Unsure = w.mark("the samples call the provider " + p.Providers[0].Name + "; its ODS code is not in them")
	}
}

func providerWords(all []Provider) string {
	var words []string
	for _, p := range all {
		words = append(words, strings.TrimSpace(p.Code+" "+p.Name))
	}
	return strings.Join(words, ", ")
}

// noCodes are words of file names that look like codes of providers.
var noCodes = []string{"rag", "raw", "rdd", "red", "ref", "rep", "rev", "rfd", "row", "rpt", "rtt", "run", "tab", "tbl", "tci", "ten",
	"the", "thu",
	"tmp", "top", "tot", "tto", "tue", "two", "txt", "gen", "get", "gov", "gps", "new", "now"}

var (
	providerCode = regexp.MustCompile(`^[A-Z0-9]{3,6}$`)
	dateToken    = regexp.MustCompile(`^\d+$`)
	trustName    = regexp.MustCompile(`(?i)[A-Z][\w'&,. -]*?(?:NHS (?:Foundation )?Trust|Hospitals? NHS|Health ?board|` +
		`Integrated Care NHS|HSC Trust|` +
		`Bwrdd Iechyd[\w' ]*)`)
)

// mergedColumn gives the column that holds provider and ward in one cell, or nil.
func (w *work) mergedColumn() *column {
	for _, c := range w.columns {
		if c.merged > 0.8 && c.filled > 0 && (c.field == "ward" || c.field == "site" || c.field == notRead && w.named(c.words, "ward") > 0.4) {
			return c
		}
	}
	return nil
}

// findDay says where the extract date stands: in a column, above the headings or
// in the name. Where several say it, they must agree, or files would be refused.
func (w *work) findDay() {
	day := &w.p.Day
	column := w.held["extract_date"]
	if column != nil && column.filled == 0 {
		column = nil
	}
	type told struct{ column, name, cover delay.Day }
	all := make([]told, len(w.samples))
	names := make([]nameDate, len(w.samples))
	many, chosen := false, false
	var evidence, unsure []string
	covers := w.covers()
	for i, s := range w.samples {
		if n, ok := dateIn(s.name, w.formats, s); ok {
			chosen = n.nearest(w.latest(s)) || chosen
			names[i] = n
			all[i].name = n.day
		}
		all[i].cover = covers.days[s]
		if column != nil {
			dates := s.DatesOf(w.formats...)
			seen := map[delay.Day]bool{}
			s.rows(func(cells []string) {
				if at, ok := column.in[s]; ok && at < len(cells) {
					if d, none, ok := dates.Read(cells[at]); ok && !none {
						seen[d] = true
						all[i].column = max(all[i].column, d)
					}
				}
			})
			many = many || len(seen) > 1
		}
		for _, d := range []delay.Day{all[i].column, all[i].name, all[i].cover} {
			if d != 0 && d.String() > w.day {
				w.day = d.String()
			}
		}
	}
	if resolved := sameOrder(names); resolved {
		for i, n := range names {
			if all[i].name != 0 {
				all[i].name = n.day
			}
		}
		evidence = append(evidence, "other names show in which order their dates are written")
	}
	agree := func(a, b func(told) delay.Day) (yes, no int) {
		for _, t := range all {
			switch x, y := a(t), b(t); {
			case x == 0 || y == 0:
			case x == y:
				yes++
			default:
				no++
			}
		}
		return yes, no
	}
	byColumn, byName, byCover := func(t told) delay.Day { return t.column }, func(t told) delay.Day { return t.name },
		func(t told) delay.Day { return t.cover }
	hasName, months := 0, 0
	for i, n := range names {
		if all[i].name != 0 {
			hasName++
		}
		if n.month {
			months++
		}
	}
	if chosen {
		evidence = append(evidence, "the date in the name was read so that it is not before what has happened in the rows")
	}
	nameGroup := hasName > 0 && (months == 0 || months == len(w.samples) && column == nil)
	if hasName < len(w.samples) && hasName > 0 {
		evidence = append(evidence, fmt.Sprintf("%d of %d file names hold a date", hasName, len(w.samples)))
	}
	if column != nil {
		day.From = "column"
		evidence = append([]string{"the column " + extract.Glimpse(column.heading) + " says it in each row"}, evidence...)
		if yes, no := agree(byColumn, byName); no > 0 && nameGroup && months == 0 {
			nameGroup = false
			evidence = append(evidence, fmt.Sprintf("the date in the file's name is another in %d of %d files (perhaps the day of the "+
				"export), so it is "+
				"not read", no, yes+no))
			if w.Answers.Day == "" && (yes > 0 || many) {
				unsure = append(unsure, "the file's name and the column "+extract.Glimpse(column.heading)+" give different days in some files; "+
					"the column "+
					"was taken")
			}
		} else if yes > 0 && nameGroup {
			evidence = append(evidence, fmt.Sprintf("it agrees with the file's name in %s", count(yes, "file")))
		}
		if _, no := agree(byColumn, byCover); no > 0 {
			covers.pattern = ""
			evidence = append(evidence, "a date above the headings is another and is not read")
		}
		if months > 0 {
			nameGroup = false
		}
	} else {
		if _, no := agree(byName, byCover); no > 0 && nameGroup {
			switch w.Answers.Day {
			case "cover":
				nameGroup = false
			default:
				if w.Answers.Day != "name" {
					unsure = append(unsure, "the file's name and the line above the headings give different days; the name was taken")
				}
				covers.pattern = ""
			}
		}
		switch {
		case covers.pattern != "" && nameGroup:
			day.From = "cover"
			evidence = append(evidence, "a line above the headings says it ("+covers.shown+"), and the file's name agrees")
		case covers.pattern != "":
			if madeWords.MatchString(covers.shown) {
				unsure = append(unsure, "the date above the headings may be the day on which the list was made and not its own: "+covers.shown)
			}
			day.From = "cover"
			evidence = append(evidence, "a line above the headings says it ("+covers.shown+")")
		case nameGroup:
			day.From = "name"
			evidence = append(evidence, "the file's name says it")
		default:
			day.From = "nowhere"
			unsure = append(unsure, "no column, no line above the headings and no file name says of which day the list is: files would be "+
				"rejected (R6). "+
				"Ask for the date in the file's name")
		}
	}
	for i, n := range names {
		if nameGroup && n.either && all[i].column == 0 && all[i].cover == 0 {
			unsure = append(unsure, fmt.Sprintf("the date in the name %s reads in two ways; it was read as %s",
				nhsnumber.Redact(w.samples[i].name), n.day))
			break
		}
	}
	if nameGroup {
		for _, n := range names {
			if n.format != "" && !slices.Contains(w.p.Dates.Formats, n.format) && !w.contradicts(w.p.Dates.Formats, n.format) {
				w.p.Dates.Formats = append(w.p.Dates.Formats, n.format)
			}
		}
		w.formats = w.p.Dates.Formats
	}
	w.p.FileName = w.namePattern(names, nameGroup)
	day.Pattern = covers.pattern
	if covers.pattern != "" {
		for _, f := range covers.formats {
			if !slices.Contains(w.p.Dates.Formats, f) && !w.contradicts(w.p.Dates.Formats, f) {
				w.p.Dates.Formats = append(w.p.Dates.Formats, f)
			}
		}
		w.formats = w.p.Dates.Formats
	}
	day.Evidence, day.Unsure = strings.Join(evidence, "; "), w.mark(strings.Join(unsure, "; "))
}

// madeWords say when a list was made.
var madeWords = regexp.MustCompile(`(?i)\b(?:printed|produced|generated|created|exported|run)\b`)

// cover is a date in a line above the headings.
type coverDate struct {
	pattern, shown string
	formats        []string
	days           map[*sample]delay.Day
}

var coverDateText = regexp.MustCompile(`(?i)\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}(?:st|nd|rd|th)?[- ]` +
	`(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*` +
	`,?[- ]\d{2,4}|\b\d{5}\b`)

// covers finds a date that stands behind the same words above the headings of
// every sample.
func (w *work) covers() coverDate {
	out := coverDate{days: map[*sample]delay.Day{}}
	before := ""
	var shapes []string
	for i, s := range w.samples {
		found := false
		for _, row := range s.cover() {
			sep := "\t"
			if s.Kind == "text" {
				sep = map[string]string{"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}[s.Separator]
			}
			line := strings.Join(row.Cells, sep)
			at := coverDateText.FindStringIndex(line)
			if at == nil {
				continue
			}
			text := line[at[0]:at[1]]
			day, format := delay.Day(0), ""
			tries := [][]string{nil, w.formats, {"dd/mm/yyyy"}, {"dd/mm/yy"}, {"d mmm yy"}, {"mm/dd/yyyy"}, {"mm/dd/yy"}}
			if len(w.formats) > 0 && strings.HasPrefix(w.formats[0], "m") {
				tries = [][]string{nil, w.formats, {"mm/dd/yyyy"}, {"mm/dd/yy"}, {"d mmm yy"}, {"dd/mm/yyyy"}, {"dd/mm/yy"}}
			}
			for _, formats := range tries {
				if d, none, ok := s.DatesOf(formats...).Read(text); ok && !none && plausible(d) {
					day = d
					if formats != nil && !slices.Equal(formats, w.formats) {
						format = formats[0]
					}
					break
				}
			}
			if day == 0 {
				continue
			}
			lead := strings.TrimRight(line[:at[0]], sep+" \t")
			if cut := strings.LastIndex(lead, sep); cut >= 0 && len(strings.TrimSpace(lead[cut+1:])) > 2 {
				lead = lead[cut+1:]
			}
			lead = strings.TrimSpace(lead)
			if i == 0 && before == "" {
				before = lead
				out.shown = extract.Glimpse(strings.TrimSpace(lead + " " + text))
			}
			if lead != before {
				continue
			}
			out.days[s] = day
			if shape := coverShape(text); !slices.Contains(shapes, shape) {
				shapes = append(shapes, shape)
			}
			if format != "" && !slices.Contains(out.formats, format) {
				out.formats = append(out.formats, format)
			}
			found = true
			break
		}
		if !found {
			out.days, out.pattern = map[*sample]delay.Day{}, ""
			return out
		}
	}
	words := before
	if len([]rune(words)) > 30 {
		// The last words before the date are enough, and the title may change.
		runes := []rune(words)
		words = string(runes[len(runes)-30:])
		if at := strings.IndexByte(words, ' '); at >= 0 {
			words = words[at+1:]
		}
	}
	quoted := regexp.QuoteMeta(words)
	if words == "" {
		quoted = "^"
	}
	out.pattern = `(?i)` + quoted + `[\s,;|"]*(?P<date>` + strings.Join(shapes, "|") + `)`
	return out
}

// coverShape gives a pattern for dates that are written as one is.
func coverShape(text string) string {
	if strings.ContainsFunc(text, unicode.IsLetter) {
		return `\d{1,2}(?:st|nd|rd|th)?[- ][A-Za-z]+,?[- ]\d{2,4}`
	}
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsDigit(r) }) {
		if b.Len() > 0 {
			b.WriteString(`[-/.]`)
		}
		if len(part) <= 2 {
			b.WriteString(`\d{1,2}`)
		} else {
			fmt.Fprintf(&b, `\d{%d}`, len(part))
		}
	}
	return b.String()
}

// namePattern makes the regular expression for file names: what all names begin
// with, the provider where it stands there, and the date.
func (w *work) namePattern(dates []nameDate, group bool) string {
	code := ""
	if len(w.p.Providers) == 1 {
		code = w.p.Providers[0].Code
	}
	// A name with what cannot be seen is no habit of a sender.
	for _, s := range w.samples {
		if strings.ContainsFunc(s.name, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(s.name) || nhsnumber.In(s.name) {
			return ""
		}
	}
	var heads []string
	pattern := ""
	for i, s := range w.samples {
		head := strings.TrimSuffix(s.name, extension(s.name))
		if d := dates[i]; d.text != "" {
			head = s.name[:d.from]
			if pattern == "" {
				pattern = d.pattern
			} else if pattern != d.pattern {
				group = false
			}
		} else if len(w.samples) == 1 {
			// What changes from day to day is not known: digits may.
			head = untilDigits(head, code)
		}
		heads = append(heads, head)
	}
	common := heads[0]
	for _, h := range heads[1:] {
		n := 0
		for n < len(h) && n < len(common) && strings.EqualFold(h[:n+1], common[:n+1]) {
			n++
		}
		common = common[:n]
	}
	same := true
	for _, h := range heads {
		same = same && strings.EqualFold(h, common)
	}
	if !same {
		group = false
		common = strings.TrimRight(common, "0123456789")
	}
	if len(strings.TrimFunc(common, func(r rune) bool { return !isWordRune(r) })) < 2 && !(group && len(w.samples) > 0) {
		return ""
	}
	quoted := regexp.QuoteMeta(strings.ToLower(common))
	if code != "" {
		lower := strings.ToLower(code)
		if at := strings.Index(strings.ToLower(common), lower); at >= 0 && !w.p.Several && w.held["provider"] == nil {
			low := strings.ToLower(common)
			quoted = regexp.QuoteMeta(low[:at]) + `(?P<provider>` + lower + `)` + regexp.QuoteMeta(low[at+len(lower):])
		}
	}
	if !group || pattern == "" {
		if len(common) < 3 {
			return ""
		}
		return `(?i)^` + quoted
	}
	return `(?i)^` + quoted + `(?P<date>` + pattern + `)`
}

// untilDigits cuts a name at its first two digits that are not of the provider's
// code.
func untilDigits(name, code string) string {
	from := 0
	if at := strings.Index(strings.ToLower(name), strings.ToLower(code)); code != "" && at >= 0 {
		from = at + len(code)
	}
	for i := from; i+1 < len(name); i++ {
		if isDigit(name[i]) && isDigit(name[i+1]) {
			return name[:i]
		}
	}
	return name
}

func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func extension(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 || len(name)-at > 6 {
		return ""
	}
	return name[at:]
}

// relate looks at rows as wholes for what cannot be: it shows columns that were
// taken for each other.
func (w *work) relate() {
	var rows, ahead, before, left, born, yet, still int
	for _, s := range w.samples {
		dates := s.DatesOf(w.formats...)
		day := s.nameDay(w.formats)
		s.rows(func(cells []string) {
			at := func(field string) delay.Day {
				for c := range w.of(field, s) {
					if i := c.in[s]; i < len(cells) {
						if d, none, ok := dates.Read(cells[i]); ok && !none {
							return d
						}
					}
				}
				return 0
			}
			on, ready, admitted, out, birth := at("extract_date"), at("ready"), at("admitted"), at("discharged"), at("birth_date")
			if on == 0 {
				on = day
			}
			if ready == 0 {
				return
			}
			rows++
			if on != 0 && ready > on {
				ahead++
			}
			if admitted != 0 && ready < admitted {
				before++
			}
			if out != 0 && out < ready {
				left++
			}
			if on != 0 && out > on {
				yet++
			}
			if on != 0 && admitted > on {
				still++
			}
			if birth > ready && slices.ContainsFunc(w.formats, func(f string) bool { return !strings.Contains(f, "yyyy") }) {
				birth -= 36525 // A year of two digits is of the century before.
			}
			if birth != 0 && birth+365*16 > ready {
				born++
			}
		})
	}
	say := func(n int, field, text string) {
		if c := w.held[field]; rows > 0 && n*20 > rows && c != nil {
			share := int(math.Round(float64(n) / float64(rows) * 100))
			c.unsure = join(c.unsure, fmt.Sprintf("in %d of %d rows (%d%%) %s", n, rows, share, text))
		}
	}
	say(ahead, "ready", "it is after the day of the list: such rows are set aside (R2); is it the planned day, or day and month in "+
		"the other order?")
	say(before, "ready", "it is before admission; is it the day on which all three tests were met?")
	say(left, "discharged", "it is before the ready date: such rows are set aside (R2); is it another date?")
	say(yet, "discharged", "it is after the day of the list: is it the day that is planned?")
	say(still, "admitted", "it is after the day of the list: is it another date?")
	say(born, "birth_date", "the patient would be under 16; is it another date?")
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// of gives the columns of a field that a sample has.
func (w *work) of(field string, s *sample) func(func(*column) bool) {
	return func(yield func(*column) bool) {
		for _, c := range w.columns {
			if _, ok := c.in[s]; ok && c.field == field && !yield(c) {
				return
			}
		}
	}
}
