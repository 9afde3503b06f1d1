package propose

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"homeward/internal/config"
	"homeward/internal/extract"
	"homeward/internal/nhsnumber"
)

// covered are fields of which no whole value is shown (P1).
var covered = []string{"local_id", "nhs_number", "pseudonym", "spell", "birth_date"}

// personal are words of headings under which people are named or told of.
var personal = []string{"name", "surname", "forename", "kin", "comment", "gp", "consultant", "address", "postcode", "post",
	"telephone", "phone",
	"diagnosis", "social", "contact", "nurse", "coordinator", "email"}

// examples gives up to three values of a column as they may be shown.
func (w *work) examples(c *column) []string {
	var out []string
	for _, value := range c.order {
		if len(out) == 3 {
			break
		}
		text := extract.Glimpse(value)
		switch {
		case c.field == "birth_date":
			text = coverDigits(value)
		case slices.Contains(covered, c.field), w.named(c.words, "nhs_number") > 0.5, w.named(c.words, "local_id") > 0.6, w.named(c.words,
			"spell") > 0.6,
			c.nhs > 0.2, c.hex > 0.8:
			text = Cover(value)
		case c.field == notRead && (slices.ContainsFunc(c.words, func(word string) bool { return slices.Contains(personal, word) }) ||
			c.filled > 5 && c.distinct > 0.5 && c.dates < 0.5 && c.integers < 0.5):
			return []string{"(not shown)"}
		case c.field == notRead && w.named(c.words, "birth_date") > 0.5:
			text = coverDigits(value)
		}
		out = append(out, text)
	}
	return out
}

// Cover hides an identifier but for its last two characters.
func Cover(text string) string {
	runes := []rune(text)
	if len(runes) <= 4 {
		return strings.Repeat("•", len(runes))
	}
	return strings.Repeat("•", min(len(runes)-2, 8)) + string(runes[len(runes)-2:])
}

// coverDigits hides every figure, so that only the form of a date is shown.
func coverDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '•'
		}
		return r
	}, text)
}

// describe fills in what a proposal says of its columns and files.
func (w *work) describe() {
	p := w.p
	if set := w.reasonTable(); set != nil {
		p.ReasonSet = set.Name
	}
	s := w.samples[0]
	p.Kind, p.Encoding, p.Separator, p.Heading = s.Kind, s.Encoding, s.Separator, s.table.Rows[s.at].Line
	if s.Kind == "workbook" {
		p.Sheet = s.table.Name
	}
	for _, other := range w.samples[1:] {
		if other.Kind != s.Kind {
			w.mark("the samples are of two kinds, text and workbook; a layout names the usual one")
		}
	}
	for _, c := range w.columns {
		if c.unsure != "" {
			w.mark(extract.Glimpse(c.heading) + ": " + c.unsure)
		}
		col := Column{Heading: nhsnumber.Redact(c.heading), Field: c.field, Examples: w.examples(c), Evidence: c.why, Unsure: c.unsure,
			Or: c.or}
		if w.against != nil {
			was, known := w.against.fields[c.fold]
			col.Kept = known && was == c.field
		}
		if c.cells > 0 {
			col.Filled = float64(c.filled) / float64(c.cells)
		}
		p.Columns = append(p.Columns, col)
	}
	for _, field := range []string{"ready", "reason", "council"} {
		if w.held[field] == nil {
			w.mark(missing[field])
		}
	}
	if w.identifiers() == 0 {
		w.mark("no column has a number of the patient (NHS number, hospital number, pseudonym or spell)")
	}
	for _, kind := range []string{"reasons", "responsible", "care", "waiting_on", "funding", "criteria", "councils", "pathway"} {
		var none, like []string
		for _, x := range p.Words {
			switch {
			case x.Kind != kind:
			case x.How == "none":
				none = append(none, fmt.Sprintf("%s (%s)", extract.Glimpse(x.Word), count(x.Rows, "row")))
			case x.How == "like":
				like = append(like, fmt.Sprintf("%s as %s", extract.Glimpse(x.Word), x.Meaning))
			}
		}
		if len(like) > 0 {
			w.mark(wordsOf[kind] + " read by likeness: " + listed(like, "; "))
		}
		if len(none) > 0 {
			w.mark(wordsOf[kind] + " that no list has, which are not known until they are mapped: " + listed(none, "; "))
		}
	}
}

// missing says what it means that a field has no column.
var missing = map[string]string{
	"ready":   "no column is the discharge ready date, the day on which all three tests were met; without it nothing can be counted",
	"reason":  "no column says the reason for the delay, so every reason would be not known",
	"council": "no column says the council, so every council would be not known",
}

var wordsOf = map[string]string{"reasons": "reasons", "responsible": "words for who is responsible", "care": "types of care",
	"waiting_on": "words for who is waited on", "funding": "words for who pays", "criteria": "words for the criteria to reside",
	"councils": "councils", "pathway": "pathways"}

func listed(all []string, sep string) string {
	if len(all) > 12 {
		return strings.Join(all[:12], sep) + fmt.Sprintf(" and %d more", len(all)-12)
	}
	return strings.Join(all, sep)
}

func (w *work) identifiers() int {
	n := 0
	for _, f := range []string{"nhs_number", "local_id", "pseudonym", "spell"} {
		if w.held[f] != nil {
			n++
		}
	}
	return n
}

// sentence writes a text that stands in no list, where a comma is none of YAML's.
func sentence(text string) string {
	if bare := strings.ReplaceAll(text, ",", ""); config.Scalar(bare) == bare {
		return text
	}
	return config.Scalar(text)
}

func scalars(all []string) string {
	out := make([]string, len(all))
	for i, text := range all {
		out[i] = config.Scalar(text)
	}
	if len(out) == 1 {
		return out[0]
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func yamlList(all []string) string {
	out := make([]string, len(all))
	for i, text := range all {
		out[i] = config.Scalar(text)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// page is the YAML in the making.
type page struct{ strings.Builder }

// line writes a line with why it is so, or what is to be checked.
func (b *page) line(text, why, unsure string) {
	b.WriteString(text)
	switch {
	case unsure != "":
		b.WriteString("  # CHECK: " + comment(unsure))
	case why != "":
		b.WriteString("  # " + comment(why))
	}
	b.WriteByte('\n')
}

// comment keeps a text on its line.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, text)
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// layoutName makes the layout's name of the provider and the kind of file.
func (w *work) layoutName() string {
	if w.Name != "" {
		return w.Name
	}
	name := "new-sender"
	if len(w.p.Providers) == 1 && w.p.Providers[0].Code != "" {
		name = strings.Trim(notName.ReplaceAllString(strings.ToLower(w.p.Providers[0].Code), "-"), "-")
	} else if w.p.Several {
		name = "several"
	}
	s := w.samples[0]
	switch {
	case w.p.Everybody.Value == "yes":
		name += "-beds"
	case s.Kind == "workbook":
		name += "-workbook"
	case s.Separator == "comma":
		name += "-csv"
	default:
		name += "-text"
	}
	base := name
	for i := 2; w.Partnership.Layouts[name] != nil; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}

// about says in a line what the files are.
func (w *work) about() string {
	s, what := w.samples[0], "one row for each patient delayed at the end of the day"
	if w.p.Everybody.Value == "yes" {
		what = "one row for everybody in a bed or discharged that day"
	}
	if w.monthly() {
		what = "one row for each delay that touches the month"
	}
	kind := "CSV"
	switch {
	case s.Kind == "workbook":
		kind = "Workbook"
	case s.Separator == "tab":
		kind = "Tab-separated text"
	case s.Separator != "comma":
		kind = "Text with the separator " + s.Separator
	}
	if w.p.Several {
		kind += " of several providers"
	}
	return kind + ", " + what
}

// monthly says whether the files cover a month each (R14): their names hold a
// month and no day, and no column or line says a day.
func (w *work) monthly() bool {
	if w.p.Day.From != "name" {
		return false
	}
	for _, s := range w.samples {
		if n, ok := dateIn(s.name, w.formats, s); !ok || !n.month {
			return false
		}
	}
	return true
}

// write writes the layout as somebody would by hand, with the evidence beside
// each line.
func (w *work) write() {
	p, s := w.p, w.samples[0]
	p.Name = w.layoutName()
	monthly := w.monthly()
	if monthly && !strings.HasPrefix(p.CodeSet.Value, "scotland") {
		p.Day.Unsure = w.mark("the file names hold a month and no day, so each file was taken to cover a month (R14); a list of one day " +
			"needs its day")
	}
	b := &page{}
	files := count(len(w.samples), "sample")
	fmt.Fprintf(b, "# Proposed by homeward from %s. Lines with CHECK are unsure: look at them,\n# correct what is wrong and take the "+
		"mark away.\n", files)
	b.WriteString("version: \"1\"\n")
	b.line("about: "+sentence(w.about()), "", "")
	b.WriteString("file:\n")
	if p.FileName != "" {
		b.line("  name: '"+strings.ReplaceAll(p.FileName, "'", "''")+"'", "", "")
	} else {
		b.line("  # name:", "the names of the samples have nothing in common that could be looked for", "")
	}
	b.line("  kind: "+s.Kind, "", "")
	if s.Kind == "text" {
		b.line("  separator: "+s.Separator, "", "")
		encoding := "utf-8"
		for _, s := range w.samples {
			switch {
			case s.Encoding == "UTF-16":
				encoding = "detect"
			case s.Legacy && encoding == "utf-8":
				encoding = "windows-1252"
			}
		}
		why := ""
		if encoding == "detect" {
			why = "the samples are in UTF-16"
		}
		b.line("  encoding: "+encoding, why, "")
	} else if sheet, why, unsure := w.sheet(); sheet != "" {
		b.line("  sheet: "+config.Scalar(sheet), why, w.mark(unsure))
	}
	deepest := 0
	for _, s := range w.samples {
		deepest = max(deepest, s.table.Rows[s.at].Line)
	}
	if deepest > 30 {
		b.line(fmt.Sprintf("  heading_within: %d", min(deepest+10, 100)), "", "")
	}
	if s.lines > 1 {
		b.line(fmt.Sprintf("  heading_lines: %d", s.lines), "the headings are spread over "+count(s.lines, "line"), "")
	}
	if monthly {
		b.line("  covers: month", "the name holds a month and no day", p.Day.Unsure)
	}
	if p.Several {
		b.line("several_providers: true", count(len(p.Providers), "provider")+" in one file", "")
	}
	list, letters := w.letters()
	if !letters {
		b.line("code_set: "+p.CodeSet.Value, p.CodeSet.Evidence, p.CodeSet.Unsure)
	}
	var optional []string
	b.WriteString("columns:\n")
	for _, field := range fields {
		var headings []string
		var why, unsure string
		for _, c := range w.columns {
			if c.field != field {
				continue
			}
			headings = append(headings, c.heading)
			why = join(why, c.why)
			unsure = join(unsure, c.unsure)
			if len(c.in) < len(w.samples) && !w.everywhere(field) && !spare(field) {
				optional = append(optional, field)
			}
		}
		if len(headings) > 0 {
			b.line("  "+field+": "+scalars(headings), why, unsure)
			continue
		}
		if field == "reason" || field == "council" {
			b.line("  "+field+": "+config.Scalar(absent(w, field)), "", missing[field])
			optional = append(optional, field)
		}
	}
	var unread []*column
	for _, c := range w.columns {
		if c.field == notRead {
			unread = append(unread, c)
		}
	}
	if len(unread) > 0 {
		b.WriteString("not_read:\n")
		for _, c := range unread {
			b.line("  - "+config.Scalar(c.heading), c.why, c.unsure)
		}
	}
	if len(optional) > 0 {
		slices.Sort(optional)
		b.line("may_be_missing: "+yamlList(slices.Compact(optional)), "", "")
	}
	if p.Care.Value != "column" {
		b.line("fixed: {care: "+p.Care.Value+"}", p.Care.Evidence, p.Care.Unsure)
	}
	if len(p.Dates.Formats) > 0 {
		b.line("dates: "+yamlList(p.Dates.Formats), p.Dates.Evidence, p.Dates.Unsure)
	}
	if p.Day.Pattern != "" {
		b.WriteString("extract_date:\n")
		b.line("  preamble: '"+strings.ReplaceAll(p.Day.Pattern, "'", "''")+"'", p.Day.Evidence, p.Day.Unsure)
	} else if p.Day.Evidence != "" || p.Day.Unsure != "" {
		b.line("# The extract date: "+comment(p.Day.Evidence), "", p.Day.Unsure)
	}
	if lines := w.footLines(); len(lines) > 0 {
		b.line("skip_lines: "+yamlList(lines), "lines between the rows or at the foot that are no patients", "")
	}
	w.writeWords(b, list, letters)
	p.Layout = b.String()
	p.Partnership = w.partnership()
	p.Unsure = w.marks
}

// absent is a heading that no sample has, for a field that a layout must name.
func absent(w *work, field string) string {
	name := map[string]string{"reason": "Reason for delay", "council": "Local authority"}[field]
	for w.byFold[extract.Fold(name)] != nil {
		name += " (none)"
	}
	return name
}

// everywhere says whether each sample has a column of the field.
func (w *work) everywhere(field string) bool {
	for _, s := range w.samples {
		found := false
		for range w.of(field, s) {
			found = true
		}
		if !found {
			return false
		}
	}
	return true
}

// spare says whether a layout may always do without the field.
func spare(field string) bool {
	return slices.Contains([]string{"site", "ward", "bed", "admitted", "birth_date", "age", "reason_detail", "pathway", "destination"},
		field)
}

// sheet says whether the layout must name the sheet.
func (w *work) sheet() (name, why, unsure string) {
	same := true
	var others []string
	hidden := false
	for _, s := range w.samples {
		same = same && s.Kind == "workbook" && strings.EqualFold(s.table.Name, w.samples[0].table.Name)
		others = append(others, s.others...)
		hidden = hidden || s.table.Hidden
	}
	if !same {
		if len(others) > 0 {
			w.mark("several sheets have the headings, and the one with the list is called differently in each file: files would be refused")
		}
		return "", "", ""
	}
	name = w.samples[0].table.Name
	switch {
	case hidden:
		return name, "", "the sheet with the list is hidden"
	case len(others) > 0:
		slices.Sort(others)
		return name, "", "the sheets " + strings.Join(slices.Compact(others), ", ") + " have the same headings and rows of their own, " +
			"which are not read"
	case len(w.samples[0].Tables) > 1:
		return name, "", ""
	}
	return "", "", ""
}

// footLines gives patterns for the lines below the headings that are no patients: notes
// at the foot, and lines between the rows that say of which ward the next ones are.
func (w *work) footLines() []string {
	var out []string
	add := func(cell string) {
		if first := firstWord(cell); first != "" && !nhsnumber.In(cell) && len(out) < 6 {
			pattern := `(?i)^` + regexp.QuoteMeta(strings.ToLower(first)) + `\b`
			if !slices.Contains(out, pattern) {
				out = append(out, pattern)
			}
		}
	}
	between := map[string]int{}
	var shown []string
	patients := map[string]bool{}
	for _, s := range w.samples {
		below := s.table.Rows[s.at+1:]
		for i, row := range below {
			cell, filled := "", 0
			for _, text := range row.Cells {
				if text != "" {
					if filled++; filled == 1 {
						cell = text
					}
				}
			}
			word := strings.ToLower(firstWord(cell))
			switch {
			case filled == 0:
			case !s.noPatient(row.Cells):
				patients[word] = true
			case extract.IsNoPatient(cell):
				add(cell)
			case filled == 1 && slices.ContainsFunc(below[i:], func(r extract.GridRow) bool { return !s.noPatient(r.Cells) }):
				between[word]++
				if text := extract.Glimpse(cell); !slices.Contains(shown, text) {
					shown = append(shown, text)
				}
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(between)) {
		if between[word] > 1 && word != "" && !patients[word] {
			add(word)
			delete(between, word)
		}
	}
	if len(shown) > 0 && w.held["ward"] == nil {
		w.mark("no column is the ward; lines between the rows seem to say it, and are not read: " + listed(shown[:min(len(shown), 3)], ", "))
	}
	if len(between) > 0 {
		w.mark("lines between the rows have one cell alone and are set aside each time: " + listed(shown[:min(len(shown), 3)], ", "))
	}
	return out
}

// firstWord gives the first word of a line, from its first letter.
func firstWord(cell string) string {
	first, _, _ := strings.Cut(strings.TrimLeftFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) }), " ")
	return strings.TrimRightFunc(first, func(r rune) bool { return !unicode.IsLetter(r) })
}

// writeWords writes what words mean: the lists that have them, and the others
// by meaning.
func (w *work) writeWords(b *page, list string, letters bool) {
	var out page
	section := func(kind string, field string, use []string) {
		if field != "" && w.held[field] == nil {
			return
		}
		var meanings []string
		add := map[string][]string{}
		unsure := map[string][]string{}
		for _, x := range w.p.Words {
			if x.Kind != kind || x.Meaning == "" || x.How == "none" || x.How == "list" && kind != "criteria" {
				continue
			}
			if !slices.Contains(meanings, x.Meaning) {
				meanings = append(meanings, x.Meaning)
			}
			add[x.Meaning] = append(add[x.Meaning], x.Word)
			if x.How == "like" {
				unsure[x.Meaning] = append(unsure[x.Meaning], x.Word)
			}
		}
		slices.Sort(meanings)
		separator := ""
		if kind == "waiting_on" {
			for _, c := range w.columns {
				if c.field == "waiting_on" && slices.ContainsFunc(c.order, func(v string) bool { return strings.Contains(v, ";") }) {
					separator = ";"
				}
			}
			if separator == "" {
				separator = ";"
			}
		}
		if kind == "criteria" {
			w.bothAnswers(add, &meanings)
		}
		if len(use) == 0 && len(meanings) == 0 {
			return
		}
		fmt.Fprintf(&out, "  %s:\n", kind)
		if len(use) > 0 {
			out.line("    use: "+scalars(use), "", "")
		}
		if separator != "" {
			out.line("    separator: '"+separator+"'", "", "")
		}
		if len(meanings) > 0 {
			out.WriteString("    add:\n")
			for _, m := range meanings {
				mark := ""
				if len(unsure[m]) > 0 {
					mark = "read by likeness: " + masked(unsure[m])
				}
				out.line("      "+config.Scalar(m)+": "+yamlList(add[m]), "", mark)
			}
		}
		if none := w.unmapped(kind); none != "" {
			out.line("    # CHECK: no list has "+comment(none), "", "")
		}
	}
	var reasons []string
	if letters {
		reasons = []string{list}
	}
	section("reasons", "", reasons)
	bodies := []string{"england"}
	if w.uses("responsible", "england-mhsds") {
		bodies = []string{"england-mhsds", "england"}
	}
	section("responsible", "responsible", bodies)
	section("care", "care", []string{"england"})
	section("waiting_on", "waiting_on", []string{"england"})
	section("funding", "funding", []string{"england"})
	section("criteria", "criteria", nil)
	section("pathway", "pathway", nil)
	section("destination", "destination", nil)
	w.writeCouncils(&out)
	if out.Len() > 0 {
		b.WriteString("words:\n" + out.String())
	}
}

// writeCouncils writes the names that somebody has mapped.
func (w *work) writeCouncils(out *page) {
	add := map[string][]string{}
	var codes []string
	for _, x := range w.p.Words {
		if x.Kind == "councils" && x.How == "you" && x.Meaning != "" {
			if add[x.Meaning] == nil {
				codes = append(codes, x.Meaning)
			}
			add[x.Meaning] = append(add[x.Meaning], x.Word)
		}
	}
	if len(codes) > 0 {
		slices.Sort(codes)
		out.WriteString("  councils:\n")
		for _, code := range codes {
			out.line("    "+code+": "+yamlList(add[code]), "", "")
		}
	}
	if none := w.unmapped("councils"); none != "" {
		out.line("  # CHECK: no list has the council "+comment(none)+"; it is not known", "", "")
	}
}

func masked(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = extract.Glimpse(word)
	}
	return listed(out, ", ")
}

func (w *work) unmapped(kind string) string {
	var none []string
	once := 0
	for _, x := range w.p.Words {
		switch {
		case x.Kind != kind || x.How != "none":
		case mayBeKept(x.Word):
			none = append(none, x.Word)
		default:
			once++ // It may be a note about somebody; the report shows what of it may be seen.
		}
	}
	switch {
	case once > 0 && len(none) > 0:
		return masked(none) + " and " + count(once, "text") + " too long or with numbers"
	case once > 0:
		return count(once, "text") + " too long or with numbers"
	case len(none) == 0:
		return ""
	}
	return masked(none)
}

// uses says whether a word of a kind is of a list.
func (w *work) uses(kind, list string) bool {
	for _, x := range w.p.Words {
		if x.Kind == kind && x.How == "list" {
			if _, ok := w.lexicons[kind+"/"+list].Meaning(x.Word); ok {
				return true
			}
		}
	}
	return false
}

// bothAnswers adds the other answer where the samples have only one.
func (w *work) bothAnswers(add map[string][]string, meanings *[]string) {
	if len(*meanings) != 1 {
		return
	}
	had := (*meanings)[0]
	other := config.Criteria[0]
	if had == other {
		other = config.Criteria[1]
	}
	pairs := map[string]string{"y": "N", "n": "Y", "yes": "No", "no": "Yes", "true": "FALSE", "false": "TRUE", "1": "0", "0": "1",
		"met": "Not met", "not met": "Met"}
	for _, word := range add[had] {
		if beside, ok := pairs[extract.Fold(word)]; ok {
			add[other] = append(add[other], beside)
		}
	}
	if len(add[other]) > 0 {
		*meanings = append(*meanings, other)
		slices.Sort(*meanings)
	}
}

// partnership gives the lines that the partnership file needs.
func (w *work) partnership() string {
	b := &page{}
	for _, p := range w.p.Providers {
		code, name := p.Code, p.Name
		if code == "" {
			code = "CODE"
		}
		if p.Known {
			fmt.Fprintf(b, "# %s stands in the file already: its line layout becomes\n#   layout: %s\n", code, w.p.Name)
			continue
		}
		b.line("  - code: "+config.Scalar(code), "", strings.TrimSpace(p.Unsure))
		if name == "" {
			b.line("    name: "+config.Scalar(code), "", "the name of the provider")
		} else {
			b.line("    name: "+config.Scalar(name), "", "")
		}
		b.line("    layout: "+w.p.Name, "", "")
	}
	var lacking []string
	for _, x := range w.p.Words {
		if x.Kind == "councils" && x.Meaning != "" && w.lists.Named(x.Meaning) != "" &&
			!slices.ContainsFunc(w.Partnership.Councils, func(c config.Council) bool { return c.Code == x.Meaning }) {
			line := fmt.Sprintf("#   %s %s", x.Meaning, w.lists.Named(x.Meaning))
			if !slices.Contains(lacking, line) {
				lacking = append(lacking, line)
			}
		}
	}
	out := ""
	if b.Len() > 0 {
		out = "# Under providers: in partnership.yaml\n" + b.String()
	}
	if len(lacking) > 0 {
		slices.Sort(lacking)
		out += "# Councils of the samples that councils: does not list; add those whose residents you follow\n" + strings.Join(lacking,
			"\n") + "\n"
	}
	return out
}
