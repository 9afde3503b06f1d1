package propose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/identity"
)

// content is what stands in a column, as shares of the cells that are filled.
type content struct {
	filled                                    int
	nhs, ten, integers, coded, hex            float64
	dates, weakDates                          float64 // weak: six or eight digits, or a workbook's number
	councils, bodies, care, reasons, pathways float64
	flags, destinations, waits, funds         float64
	odsCodes, knownProviders, merged          float64
	spaced                                    float64 // of cells that are words with a space
	persons, wards, likeReasons               float64 // of cells that begin with a title, name a ward, or are like a reason
	least, most                               int     // of the integers
	distinct                                  float64 // different values for each filled cell
	formats                                   map[string]int
}

// The formats that are tried. Those of one shape stand together, and the first
// of a shape is the usual one here.
var shapes = [][]string{
	{"dd/mm/yyyy", "mm/dd/yyyy"},
	{"dd/mm/yy", "mm/dd/yy", "yy/mm/dd"},
	{"ddmmyyyy", "mmddyyyy"},
	{"ddmmyy", "mmddyy", "yymmdd"},
	{"d mmm yy"},
	{serial},
}

// serial is the format of a spreadsheet's numbers of days in a text.
const serial = "serial"

// oneWay stands for what every layout reads as a date without a format.
const oneWay = "one way"

var (
	tenDigits = regexp.MustCompile(`^\d{10}$`)
	hexText   = regexp.MustCompile(`^(?:[0-9a-fA-F]{16,128}|[0-9a-fA-F-]{36})$`)
	codeText  = regexp.MustCompile(`^[A-Za-z]{0,6}[-/ ]?[0-9]{3,}[A-Za-z0-9/-]*$`)
	titled    = regexp.MustCompile(`(?i)^(?:dr|mr|mrs|ms|miss|prof|sister|nurse)\b\.? `)
	wardText  = regexp.MustCompile(`(?i)\b(?:wards?|wd|unit|suite)\b`)
	pathText  = regexp.MustCompile(`(?i)^(?:pw|pway|path|d2a)[ -]?([0-3])$`)
	merged    = regexp.MustCompile(`^([RT7][A-Z0-9]{2})(?:\s*[-–/:|]\s*|\s+)(\S.*)$`)
)

// judge looks at what stands in a column.
func (w *work) judge(c *column) {
	c.formats = map[string]int{}
	type reader struct {
		format string
		*extract.Dates
	}
	var readers []reader
	book := w.samples[0].Kind == "workbook"
	for s := range c.in {
		readers = readers[:0]
		readers = append(readers, reader{oneWay, s.DatesOf()})
		for _, shape := range shapes {
			for _, f := range shape {
				readers = append(readers, reader{f, s.DatesOf(f)})
			}
		}
		book = s.Kind == "workbook"
		break // Samples of one sender are alike.
	}
	n := map[*float64]int{}
	least, most, ints := 0, 0, 0
	weak, strong := map[string]int{}, map[string]int{}
	for _, value := range c.order {
		rows := c.values[value]
		c.filled += rows
		add := func(share *float64, ok bool) {
			if ok {
				n[share] += rows
			}
		}
		bare := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			if r == ' ' || r == '-' {
				return -1
			}
			return 'x'
		}, value)
		_, reading := identity.NHSNumber(value)
		add(&c.nhs, reading == identity.Good)
		add(&c.ten, tenDigits.MatchString(bare))
		whole, err := strconv.Atoi(strings.TrimSuffix(value, ".0"))
		if err == nil {
			if ints == 0 || whole < least {
				least = whole
			}
			if ints == 0 || whole > most {
				most = whole
			}
			ints++
		}
		add(&c.integers, err == nil)
		add(&c.coded, codeText.MatchString(value))
		add(&c.hex, hexText.MatchString(value))
		add(&c.odsCodes, w.odsCode.MatchString(value))
		add(&c.merged, merged.MatchString(value))
		add(&c.knownProviders, w.knownProvider(value) != "")
		add(&c.spaced, strings.Contains(value, " ") && strings.ContainsFunc(value, unicode.IsLetter))
		if len(value) <= 120 && (strings.ContainsFunc(value, unicode.IsLetter) || len(value) == 3) {
			add(&c.councils, len(w.lists.Find(value)) > 0)
		}
		_, like := w.onlyLikely("reasons", value)
		add(&c.likeReasons, like && len(value) <= longestWord)
		add(&c.persons, titled.MatchString(value))
		add(&c.wards, wardText.MatchString(value))
		_, body := w.bodyOf(value)
		add(&c.bodies, body)
		_, care := w.careOf(value)
		add(&c.care, care)
		_, sure, _ := w.reasonOf(value)
		add(&c.reasons, sure)
		_, _, path := pathwayOf(value)
		add(&c.pathways, path)
		_, flag := flagOf(value)
		add(&c.flags, flag)
		add(&c.destinations, w.isDestination(value))
		_, wait := w.vocabulary.likely("waiting_on", value)
		add(&c.waits, wait)
		_, fund := w.vocabulary.likely("funding", value)
		add(&c.funds, fund)
		if len(value) > 40 || !strings.ContainsFunc(value, unicode.IsDigit) {
			continue
		}
		isNumber := strings.Trim(value, "0123456789.") == ""
		digits := len(bare)
		for _, r := range readers {
			if r.format == serial && (book || !isNumber || whole < 3000 || whole > 60_000) {
				continue
			}
			if _, none, ok := r.Read(value); ok || none {
				if isNumber && (book && digits != 8 || digits == 6 || digits == 8 || r.format == serial) && strings.Count(value, ".") < 2 {
					weak[r.format] += rows
				} else {
					strong[r.format] += rows
				}
				if r.format == oneWay {
					break
				}
			}
		}
	}
	for share, rows := range n {
		*share = float64(rows) / float64(max(c.filled, 1))
	}
	c.least, c.most = least, most
	if w.likeBodies(c.order) {
		c.bodies = max(c.bodies, 0.95)
	}
	c.distinct = float64(len(c.values)) / float64(max(c.filled, 1))
	best := func(m map[string]int) (most int) {
		for f, rows := range m {
			if f != oneWay {
				most = max(most, rows)
			}
		}
		return most + m[oneWay]
	}
	c.dates = float64(best(strong)) / float64(max(c.filled, 1))
	c.weakDates = float64(best(strong)+best(weak)) / float64(max(c.filled, 1))
	if book && c.integers > 0.9 && (c.least < 1000 || c.most > 80_000) && c.dates < 0.5 {
		c.weakDates = 0 // Beds and ages are days of 1900 as well.
	}
	for _, m := range []map[string]int{strong, weak} {
		for f, rows := range m {
			c.formats[f] += rows
		}
	}
}

// likeBodies says whether all values of a column may say who is responsible, and some
// of them social care and others not: the letters S, H and B, or words of the sender's
// own.
func (w *work) likeBodies(values []string) bool {
	if len(values) > 12 {
		return false
	}
	social, others := false, false
	for _, value := range values {
		meaning, ok := w.bodyOf(value)
		if !ok {
			meaning, ok = w.likely("responsible", value)
		}
		switch {
		case !ok || len(value) > 40:
			return false
		case meaning == "social-care":
			social = true
		case meaning == "nhs":
			others = true
		}
	}
	return social && others
}

// pathwayOf reads a pathway, and one that is written in a way that only this package
// takes for one.
func pathwayOf(text string) (pathway string, sure, ok bool) {
	if pathway, ok := extract.PathwayOf(text); ok {
		return pathway, true, true
	}
	if m := pathText.FindStringSubmatch(text); m != nil {
		return m[1], false, true
	}
	return "", false, false
}

// suits says how well what stands in a column suits a field, from -1 (it cannot
// be) over 0 (it says nothing) to 1 (hardly anything else would look so).
func (w *work) suits(c *column, field string) float64 {
	if c.filled == 0 {
		return 0
	}
	of := func(share, need float64) float64 {
		switch {
		case share >= need:
			return share
		case share < need/3:
			return -1
		}
		return 0
	}
	if c.persons > 0.5 || c.flags > 0.9 && c.integers < 0.5 && field != "criteria" && field != "responsible" {
		return -1 // People are named in it, or it answers a question.
	}
	switch field {
	case "nhs_number":
		if c.ten < 0.3 && c.nhs < 0.3 {
			return -1
		}
		return of(c.nhs, 0.7)
	case "pseudonym":
		switch {
		case c.dates > 0.5 || c.nhs > 0.7 && c.filled >= 5:
			return -1
		case c.hex > 0.8, c.ten > 0.8 && c.filled >= 10:
			return 0.8
		}
		return 0
	case "local_id", "spell":
		switch {
		case c.dates > 0.5 || c.spaced > 0.5 || c.hex > 0.8:
			return -1
		case c.integers > 0.95 && c.most < 150 && c.filled >= 10:
			return -1
		case c.coded > 0.8 && len(c.values) > 1:
			return 0.6
		}
		return 0
	case "extract_date":
		// A day of the list is one for all rows. Only a clear name is believed of
		// others: lists of several days.
		if !c.oneADay && w.named(c.words, field) < 0.8 {
			return -1
		}
		fallthrough
	case "birth_date", "admitted", "ready", "discharged":
		if c.dates >= 0.6 {
			return c.dates
		}
		if c.weakDates >= 0.9 {
			return 0.7
		}
		return -1
	case "age":
		if c.integers > 0.9 && c.least >= 0 && c.most <= 120 {
			return 0.8
		}
		return -1
	case "care":
		return of(c.care, 0.6)
	case "reason":
		switch {
		case c.reasons >= 0.5:
			return min(1, c.reasons+0.1)
		case c.dates > 0.3 || c.integers > 0.9 && c.most > 120 || c.nhs > 0.2 || c.bodies > 0.8 || c.councils > 0.8 || c.flags > 0.9:
			return -1
		case c.reasons >= 0.2:
			return 0.3
		}
		return 0
	case "reason_detail":
		if c.dates > 0.3 || c.nhs > 0.2 {
			return -1
		}
		return 0
	case "responsible":
		// Words of their own, such as N, S and B, contradict no name.
		if c.bodies < 0.6 && len(c.values) <= 12 && c.dates < 0.1 && c.integers < 0.5 && c.ten < 0.1 && c.flags < 0.9 {
			return 0
		}
		return of(c.bodies, 0.6)
	case "waiting_on":
		if c.dates > 0.3 || c.integers > 0.5 || c.reasons > 0.6 {
			return -1
		}
		return of(c.waits, 0.5)
	case "funding":
		if c.dates > 0.3 || c.integers > 0.5 {
			return -1
		}
		return of(c.funds, 0.5)
	case "council":
		if c.dates > 0.3 || c.nhs > 0.2 {
			return -1
		}
		return max(of(c.councils, 0.5), -0.5)
	case "criteria":
		if c.flags < 0.9 || len(c.values) > 6 {
			return -1
		}
		return 0.8
	case "pathway":
		if c.dates > 0.3 || c.nhs > 0.1 || c.pathways < 0.1 && c.filled >= 10 {
			return -1
		}
		return of(c.pathways, 0.4)
	case "destination":
		if c.dates > 0.3 || c.integers > 0.5 || c.nhs > 0.1 {
			return -1
		}
		return max(of(c.destinations, 0.4), 0)
	case "site", "ward", "bed":
		switch {
		case c.dates > 0.5 || c.nhs > 0.5, field == "site" && c.wards > 0.3 && w.named(c.words, "ward") > 0:
			return -1
		case field == "ward" && c.wards > 0.3:
			return 0.8
		case field == "bed" && c.integers > 0.9:
			return 0.3
		case field == "site" && c.odsCodes > 0.8:
			return 0.4
		}
		return 0
	case "provider":
		switch {
		case c.dates > 0.3 || c.nhs > 0.1 || c.integers > 0.5 || c.merged > 0.5:
			return -1
		case c.knownProviders > 0.8 || c.odsCodes > 0.8:
			return 1
		case c.bodies > 0.8:
			return -1
		case c.oneADay:
			return 0.4
		}
		return 0
	}
	return 0
}

// bodyOf reads who is responsible by the word lists.
func (w *work) bodyOf(text string) (string, bool) {
	for _, list := range []string{"responsible/england-mhsds", "responsible/england"} {
		if meaning, ok := w.lexicons[list].Meaning(text); ok {
			return meaning, true
		}
	}
	return "", false
}

func (w *work) careOf(text string) (string, bool) { return w.lexicons["care/england"].Meaning(text) }

func (w *work) isDestination(text string) bool {
	if _, ok := w.lexicons["destination/england-2024"].Meaning(text); ok {
		return true
	}
	f := extract.Fold(text)
	for _, word := range []string{"home", "hospital", "died", "deceased", "residence", "hospice", "discharge"} {
		if strings.Contains(f, word) {
			return true
		}
	}
	return false
}

// reasonOf looks for a reason in every code set and list, and names those that
// have it. Numbers alone are reasons of one set, and of any column of numbers.
func (w *work) reasonOf(text string) (sets []string, sure bool, codes bool) {
	digits := strings.Trim(text, "0123456789") == ""
	for _, set := range w.tables.CodeSets {
		code, ok := set.Match(text, delay.Day(0))
		if !ok {
			continue
		}
		if set.OwnCodes && strings.EqualFold(code.Code, strings.TrimSpace(text)) {
			continue
		}
		sets = append(sets, set.Name)
		codes = codes || strings.EqualFold(code.Code, text)
	}
	for _, list := range []string{"england-dtoc", "england-mhsds-5", "england-mhsds-6"} {
		if _, ok := w.lexicons["reasons/"+list].Meaning(text); ok && !slices.Contains(sets, list) {
			sets = append(sets, list)
		}
	}
	return sets, len(sets) > 0 && (!digits || len(text) == 2), codes
}

// flagOf reads yes and no as forms write them.
func flagOf(text string) (yes, ok bool) {
	switch extract.Fold(text) {
	case "y", "yes", "true", "1", "t", "met", "meets", "criteria met", "ydy", "oes", "ie", "meets criteria",
		"meets criteria to reside", "ctr":
		return true, true
	case "n", "no", "false", "0", "f", "not met", "does not meet", "criteria not met", "nac ydy", "nac oes", "na", "nctr",
		"does not meet criteria", "does not meet criteria to reside":
		return false, true
	}
	f := " " + extract.Fold(text) + " "
	if len(f) > 42 {
		return false, false
	}
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f, w) })
	}
	switch about := says("criteria", " ctr ", "c2r", "reside"); {
	case says(" nctr ", "nc2r"), says(" not ", " no ", "n't ") && (about || says(" met ", " meet")):
		return false, true
	case about && says(" met ", " meets ", " meet "):
		return true, true
	}
	return false, false
}

// knownProvider gives the code of a provider of the partnership by what a cell
// calls it.
func (w *work) knownProvider(text string) string {
	f := extract.Fold(text)
	for _, p := range w.Partnership.Providers {
		for _, name := range append([]string{p.Code, p.Name}, p.Names...) {
			if extract.Fold(name) == f {
				return p.Code
			}
		}
	}
	return ""
}
