package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"homeward/internal/nhsnumber"
	"homeward/internal/problem"
)

// LoadPartnership reads the partnership file at path and, from the folder
// layouts beside it, the layouts that its providers name. The error is an
// Invalid problem that lists everything to put right, each with file, line and
// field, or a NotFound problem when the file is not there.
func LoadPartnership(path string) (*Partnership, error) {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	return ParsePartnership(os.DirFS(dir), name)
}

// ParsePartnership is LoadPartnership for a file of a file system.
func ParsePartnership(fsys fs.FS, name string) (*Partnership, error) {
	p, found, err := parsePartnership(fsys, name)
	if err != nil {
		return nil, err
	}
	return p, listed(found)
}

func parsePartnership(fsys fs.FS, name string) (*Partnership, []string, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, nil, unread(err, name)
	}
	p, doc := &Partnership{}, newDocument(name)
	if doc.areas, err = readAreas(fsys, path.Join(path.Dir(name), ownAreas)); err != nil {
		return nil, nil, err
	}
	doc.decode(data, p)
	p.check(doc)
	p.at = doc
	p.Layouts = map[string]*Layout{}
	found := doc.problems
	type named struct {
		at      []any
		layouts List
	}
	var all []named
	for i, provider := range p.Providers {
		all = append(all, named{[]any{"providers", i}, provider.layouts()})
		for j, f := range provider.Formerly {
			all = append(all, named{[]any{"providers", i, "formerly", j}, append(List{f.Layout}, f.OtherLayouts...)})
		}
	}
	for _, of := range all {
		for j, layout := range of.layouts {
			if layout == "" || p.Layouts[layout] != nil {
				continue
			}
			at := append(slices.Clone(of.at), "layout")
			if j > 0 {
				at = append(slices.Clone(of.at), "other_layouts", j-1)
			}
			if !layoutName.MatchString(layout) {
				found = append(found, doc.sentence(at, "%q is not a layout's name; use small letters, digits and hyphens", layout))
				continue
			}
			file := path.Join(path.Dir(name), "layouts", layout+".yaml")
			data, err := fs.ReadFile(fsys, file)
			if errors.Is(err, fs.ErrNotExist) {
				found = append(found, doc.sentence(at, "there is no layout %q; expected a file %s beside the partnership file", layout, file))
				continue
			} else if err != nil {
				return nil, nil, unread(err, file)
			}
			l, problems := parseLayout(file, layout, data, doc.areas)
			p.Layouts[layout], found = l, append(found, problems...)
		}
	}
	return p, append(found, p.checkLead(doc)...), nil
}

// ListsBeds says whether a provider lists everybody in a bed (R13): one of its
// layouts has a column of the criteria to reside.
func (p *Partnership) ListsBeds(v Provider) bool {
	return slices.ContainsFunc(append(slices.Clone(v.OtherLayouts), v.Layout), func(name string) bool {
		l := p.Layouts[name]
		return l != nil && len(l.Columns.Criteria) > 0
	})
}

// checkLead validates the count that leads the overview, which depends on the
// layouts, and fills in the default.
func (p *Partnership) checkLead(d *document) []string {
	at, lead := []any{"settings", "lead"}, p.Settings.Lead
	beds := slices.ContainsFunc(p.Providers, p.ListsBeds)
	switch {
	case lead == "" && beds:
		p.Settings.Lead = LeadSitrep
	case lead == "":
		p.Settings.Lead = LeadLocal
	case !slices.Contains(Leads, lead):
		return []string{d.sentence(at, "found %q, expected one of %s", lead, strings.Join(Leads, ", "))}
	case lead != LeadLocal && !beds:
		return []string{d.sentence(at, "found %q, but no provider's layout has a column criteria, so nobody here lists everybody in a bed and "+
			"England's counts cannot be made; leave lead out, or write %s", lead, LeadLocal)}
	}
	return nil
}

// parseLayout reads one layout file's bytes, with the area codes that are known; file is its name in messages and
// name the layout's name.
func parseLayout(file, name string, data []byte, known ...areas) (*Layout, []string) {
	sum := sha256.Sum256(data)
	l, doc := &Layout{Name: name, Fingerprint: hex.EncodeToString(sum[:])}, newDocument(file)
	if len(known) > 0 {
		doc.areas = known[0]
	}
	doc.decode(data, l)
	l.check(doc)
	l.at = doc
	return l, doc.problems
}

// ParseWordList reads one word list of the reference data.
func ParseWordList(file string, data []byte) (*WordList, error) {
	w, doc := &WordList{}, newDocument(file)
	doc.decode(data, w)
	if w.Name == "" || w.Source == "" {
		doc.add(nil, "a word list has a name and a source")
	}
	return w, listed(doc.problems)
}

func unread(err error, name string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return problem.Wrap(err, problem.NotFound, "There is no file %s. Write one with homeward init, or name another.", name)
	}
	return problem.Wrap(err, problem.Unavailable, "%s could not be read", name)
}

// listed makes one Invalid problem of all that was found, or nil of nothing.
func listed(found []string) error {
	switch len(found) {
	case 0:
		return nil
	case 1:
		return problem.New(problem.Invalid, "%s.", found[0])
	}
	return problem.New(problem.Invalid, "There are %d things to put right:\n- %s", len(found), strings.Join(found, "\n- "))
}

// document is one YAML file being checked: it knows the line of every field.
type document struct {
	file     string
	root     ast.Node
	problems []string
	areas    areas
	// places tells of each sentence about a place which it is and what was said.
	places map[string]Finding
}

func newDocument(file string) *document { return &document{file: file, places: map[string]Finding{}} }

// Finding is one thing to put right in the partnership file.
type Finding struct {
	// At is the place, such as providers[2].due, empty for the file as a whole.
	At string
	// Words says what was found and expected, without file and place where At has
	// it.
	Words string
}

// CheckPartnership is ParsePartnership that gives what is to be put right apart. err
// is of files that cannot be read.
func CheckPartnership(fsys fs.FS, name string) (*Partnership, []Finding, error) {
	p, found, err := parsePartnership(fsys, name)
	if err != nil {
		return nil, nil, err
	}
	var out []Finding
	for _, sentence := range found {
		f, ok := p.at.places[sentence]
		if !ok {
			f.Words = sentence
		}
		out = append(out, f)
	}
	return p, out, nil
}

// decode reads data into v, and notes keys that v has no place for, with all
// other mistakes that can be told apart.
func (d *document) decode(data []byte, v any) {
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		d.problems = append(d.problems, d.syntax(err))
		return
	}
	if len(parsed.Docs) > 0 {
		d.root = parsed.Docs[0].Body
	}
	d.unknown(d.root, reflect.TypeOf(v), nil)
	if err := yaml.UnmarshalWithOptions(data, v); err != nil {
		d.problems = append(d.problems, d.syntax(err))
	}
}

var position = regexp.MustCompile(`^\[(\d+):\d+\] `)

func (d *document) syntax(err error) string {
	text, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	if m := position.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("%s, line %s: %s", d.file, m[1], text[len(m[0]):])
	}
	return fmt.Sprintf("%s: %s", d.file, text)
}

// unknown notes the keys under node that t has no field for.
func (d *document) unknown(node ast.Node, t reflect.Type, at []any) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[List]() {
		return // reads its own items, as they are written
	}
	switch t.Kind() {
	case reflect.Struct:
		fields := map[string]reflect.Type{}
		var names []string
		for field := range t.Fields() {
			if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "" && key != "-" {
				fields[key] = field.Type
				names = append(names, key)
			}
		}
		for _, pair := range pairs(node) {
			key := pair.Key.GetToken().Value
			if f, ok := fields[key]; ok {
				d.unknown(pair.Value, f, append(slices.Clone(at), key))
				continue
			}
			d.problems = append(d.problems, fmt.Sprintf("%s, line %d: %s: found a key that is not known, expected one of %s",
				d.file, pair.Key.GetToken().Position.Line, dotted(append(slices.Clone(at), key)), strings.Join(names, ", ")))
		}
	case reflect.String:
		if n, ok := node.(*ast.IntegerNode); ok && n.GetToken().Value != fmt.Sprint(n.Value) {
			d.add(at, "found %s, which is read as the number %v; write it in quotation marks", n.GetToken().Value, n.Value)
		}
	case reflect.Slice:
		if list, ok := node.(*ast.SequenceNode); ok {
			for i, item := range list.Values {
				d.unknown(item, t.Elem(), append(slices.Clone(at), i))
			}
		}
	case reflect.Map:
		for _, pair := range pairs(node) {
			d.unknown(pair.Value, t.Elem(), append(slices.Clone(at), pair.Key.GetToken().Value))
		}
	}
}

func pairs(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// line gives the line of the deepest part of the path that is in the file.
func (d *document) line(at []any) int {
	node, line := d.root, 1
	for _, step := range at {
		switch step := step.(type) {
		case string:
			var next ast.Node
			for _, pair := range pairs(node) {
				if pair.Key.GetToken().Value == step {
					next, line = pair.Value, pair.Key.GetToken().Position.Line
				}
			}
			node = next
		case int:
			list, ok := node.(*ast.SequenceNode)
			if !ok || step >= len(list.Values) {
				return line
			}
			node = list.Values[step]
			line = node.GetToken().Position.Line
		}
		if node == nil {
			return line
		}
	}
	return line
}

func dotted(at []any) string {
	var b strings.Builder
	for _, step := range at {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step+1)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, step)
		}
	}
	return b.String()
}

func (d *document) sentence(at []any, format string, args ...any) string {
	if len(at) == 0 {
		return fmt.Sprintf("%s: %s", d.file, fmt.Sprintf(format, args...))
	}
	words := fmt.Sprintf(format, args...)
	sentence := fmt.Sprintf("%s, line %d: %s: %s", d.file, d.line(at), dotted(at), words)
	d.places[sentence] = Finding{dotted(at), words}
	return sentence
}

func (d *document) add(at []any, format string, args ...any) {
	d.problems = append(d.problems, d.sentence(at, format, args...))
}

var (
	layoutName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	cssrCode   = regexp.MustCompile(`^[0-9A-Z]{3,4}$`)
	dueTime    = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// The names that files may use for what Homeward counts. They are package
// delay's words; config stands below it and spells them out.
var (
	NotKnown  = "not-known"
	Bodies    = []string{"nhs", "social-care", "joint", "housing"}
	CareTypes = []string{"acute", "non-acute", "paediatric", "maternity"}
	Waited    = []string{"nhs", "council"}
	Funders   = []string{"nhs", "council", "joint", "self"}
	// Criteria are the meanings of a cell that says whether a patient meets the
	// criteria to reside (R13).
	Criteria = []string{"meets", "does-not-meet"}
	// Pathways are those of discharge; Destinations what a destination says of
	// how somebody left (D7).
	Pathways     = []string{"0", "1", "2", "3"}
	Destinations = []string{"died", "transferred", "left"}
)

func (p *Partnership) check(d *document) {
	if p.Name == "" {
		d.add([]any{"name"}, "expected the partnership's name")
	}
	if len(p.Councils) == 0 {
		d.add([]any{"councils"}, "expected at least one council")
	}
	if len(p.Providers) == 0 {
		d.add([]any{"providers"}, "expected at least one provider")
	}
	names := map[string]string{}
	for i, c := range p.Councils {
		at := func(rest ...any) []any { return append([]any{"councils", i}, rest...) }
		switch {
		case d.areas.is(areaDistrict, c.Code):
			d.add(at("code"), "%s is a district; expected the county, unitary authority or borough with adult social services (A7)", c.Code)
		case !d.areas.is(areaCouncil, c.Code):
			d.add(at("code"), "found %q, expected an ONS code such as E10000008", c.Code)
		}
		if c.CSSR != "" && !cssrCode.MatchString(c.CSSR) {
			d.add(at("cssr"), "found %q, expected a number of three characters such as \"912\", in quotation marks", c.CSSR)
		}
		if c.Name == "" {
			d.add(at("name"), "expected the council's name")
		}
		for _, name := range slices.Concat([]string{c.Code, c.CSSR, c.Name}, c.Names) {
			key := strings.ToLower(strings.Join(strings.Fields(name), " "))
			if other, ok := names[key]; ok && key != "" && other != c.Code+fmt.Sprint(i) {
				d.add(at(), "%q already stands for another council of this file; each name means one council", name)
			}
			names[key] = c.Code + fmt.Sprint(i)
		}
		switch pop := c.Population; {
		case pop.Adults < 0:
			d.add(at("population", "adults"), "found %d, expected a number of adults", pop.Adults)
		case pop.Adults > 0 && (pop.Year == "" || pop.Source == ""):
			d.add(at("population"), "expected the year and the source beside the number of adults (C13)")
		case pop.Adults == 0 && (pop.Year != "" || pop.Source != ""):
			d.add(at("population"), "expected the number of adults beside the year and the source (C13)")
		}
	}
	codes := map[string]bool{}
	for i, v := range p.Providers {
		at := func(rest ...any) []any { return append([]any{"providers", i}, rest...) }
		if !d.areas.is(areaProvider, v.Code) {
			d.add(at("code"), "found %q, expected an ODS code such as RK9, in capitals", v.Code)
		} else if codes[v.Code] {
			d.add(at("code"), "%s stands twice", v.Code)
		}
		codes[v.Code] = true
		if v.Name == "" {
			d.add(at("name"), "expected the provider's name")
		}
		if v.CodeSet != "" && !layoutName.MatchString(v.CodeSet) {
			d.add(at("code_set"), "found %q, expected the name of a code set such as england-acute-2024", v.CodeSet)
		}
		if v.Due != "" && !dueTime.MatchString(v.Due) {
			d.add(at("due"), "found %q, expected a time of day such as \"07:00\", in quotation marks", v.Due)
		}
		for _, day := range v.ExpectedDays {
			if _, ok := Weekday(day); !ok {
				d.add(at("expected_days"), "found %q, expected days of the week such as mon, tue", day)
			}
		}
		if len([]rune(v.DataOwner)) > 80 || strings.Contains(v.DataOwner, "@") || nhsnumber.In(v.DataOwner) {
			d.add(at("data_owner"), "found %q, expected the name of a team or a role of at most 80 characters, without an address",
				nhsnumber.Redact(v.DataOwner))
		}
	}
	p.checkFormerly(d)
	p.Settings.check(d)
	p.checkMappings(d)
	p.SignIn.check(d, p)
	p.Agreement.check(d)
	p.checkPacks(d)
	p.checkLevels(d)
	if p.RetentionYears == 0 {
		p.RetentionYears = 8
	} else if p.RetentionYears < 1 || p.RetentionYears > 30 {
		d.add([]any{"retention_years"}, "found %d, expected a number of years from 1 to 30", p.RetentionYears)
	}
	if p.Metrics != nil && p.Metrics.TokenFile == "" {
		d.add([]any{"metrics", "token_file"}, "expected the file that holds the token of the monitoring system")
	}
	if p.Backup.Keep == 0 {
		p.Backup.Keep = 14
	} else if p.Backup.Keep < 1 || p.Backup.Keep > 1000 {
		d.add([]any{"backup", "keep"}, "found %d, expected how many backups stay, from 1 to 1000", p.Backup.Keep)
	}
	if f := p.Backup.Folder; f != "" && !filepath.IsAbs(f) {
		d.add([]any{"backup", "folder"}, "found %q, expected the whole path of a folder, such as /backup/homeward", f)
	}
	if p.NotReadyDays == 0 {
		p.NotReadyDays = 90
	} else if p.NotReadyDays < 7 || p.NotReadyDays > 366 {
		d.add([]any{"not_ready_days"}, "found %d, expected a number of days from 7 to 366", p.NotReadyDays)
	}
}

// Weekday gives a day of the week by its first three letters, as the partnership
// file writes it.
func Weekday(word string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(word, d.String()[:3]) || strings.EqualFold(word, d.String()) {
			return d, true
		}
	}
	return 0, false
}

// check validates the settings and fills in the defaults.
func (s *Settings) check(d *document) {
	at := func(key string) []any { return []any{"settings", key} }
	if s.OmittedLimitDays < 0 {
		d.add(at("omitted_limit_days"), "found %d, expected a number of days", s.OmittedLimitDays)
	} else if s.OmittedLimitDays == 0 {
		s.OmittedLimitDays = 14
	}
	if s.UnreadShare < 0 || s.UnreadShare > 1 {
		d.add(at("unread_share"), "found %v, expected a part between 0 and 1", s.UnreadShare)
	} else if s.UnreadShare == 0 {
		s.UnreadShare = 0.2
	}
	if s.UnreadLeast < 0 {
		d.add(at("unread_least"), "found %d, expected a number of rows", s.UnreadLeast)
	} else if s.UnreadLeast == 0 {
		s.UnreadLeast = 3
	}
	if s.ShortFileRatio < 0 || s.ShortFileRatio > 1 {
		d.add(at("short_file_ratio"), "found %v, expected a part between 0 and 1", s.ShortFileRatio)
	} else if s.ShortFileRatio == 0 {
		s.ShortFileRatio = 0.5
	}
	if s.ShortFileLeast < 0 {
		d.add(at("short_file_least"), "found %d, expected a number of rows", s.ShortFileLeast)
	} else if s.ShortFileLeast == 0 {
		s.ShortFileLeast = 10
	}
	if s.DischargeAgeFloor == nil {
		s.DischargeAgeFloor = new(int)
		*s.DischargeAgeFloor = 16
	} else if n := *s.DischargeAgeFloor; n != 16 && n != 18 {
		d.add(at("discharge_age_floor"), "found %d, expected 16 or 18", n)
	}
	if s.Headline == "" {
		s.Headline = HeadlineCounted
	}
	oneOf(d, at("headline"), s.Headline, HeadlineCounted, HeadlineAgreed)
	// Which conventions there are is said by their tables, which are read later.
	if s.Counting == "" {
		s.Counting = DefaultDefinitions
	} else if !layoutName.MatchString(s.Counting) {
		d.add(at("counting"), "found %q, expected the name of a counting convention such as england-drd", s.Counting)
	}
	if s.RuleSet == "" {
		s.RuleSet = DefaultDefinitions
	} else if !layoutName.MatchString(s.RuleSet) {
		d.add(at("rule_set"), "found %q, expected the name of a rule set such as england-dtoc", s.RuleSet)
	}
}

func oneOf(d *document, at []any, value string, values ...string) {
	if value != "" && !slices.Contains(values, value) {
		d.add(at, "found %q, expected one of %s", value, strings.Join(values, ", "))
	}
}

// check validates a layout and fills in the defaults.
func (l *Layout) check(d *document) {
	f := &l.File
	name := d.pattern([]any{"file", "name"}, f.Name)
	preamble := d.pattern([]any{"extract_date", "preamble"}, l.ExtractDate.Preamble)
	for i, s := range l.SkipLines {
		d.pattern([]any{"skip_lines", i}, s)
	}
	oneOf(d, []any{"file", "kind"}, f.Kind, "text", "workbook")
	oneOf(d, []any{"file", "separator"}, f.Separator, "comma", "tab", "semicolon", "bar")
	oneOf(d, []any{"file", "encoding"}, f.Encoding, "detect", "utf-8", "windows-1252")
	if f.HeadingWithin < 0 || f.HeadingWithin > 100 {
		d.add([]any{"file", "heading_within"}, "found %d, expected a number of lines up to 100", f.HeadingWithin)
	} else if f.HeadingWithin == 0 {
		f.HeadingWithin = 30
	}
	if f.HeadingLines < 0 || f.HeadingLines > 3 {
		d.add([]any{"file", "heading_lines"}, "found %d, expected a number of lines up to 3", f.HeadingLines)
	} else if f.HeadingLines == 0 {
		f.HeadingLines = 1
	}
	if f.Kind == "" {
		f.Kind = "text"
	}
	if f.Separator == "" {
		f.Separator = "comma"
	}
	if f.Encoding == "" {
		f.Encoding = "detect"
	}

	c := &l.Columns
	if len(c.Ready) == 0 {
		d.add([]any{"columns", "ready"}, "expected the heading of the discharge ready date: the day on which all three tests were met, not the "+
			"day of being medically fit")
	}
	if len(c.Reason) == 0 {
		d.add([]any{"columns", "reason"}, "expected the heading of the reason for the delay")
	}
	if len(c.NHSNumber)+len(c.LocalID)+len(c.Pseudonym)+len(c.Spell) == 0 {
		d.add([]any{"columns"}, "expected the heading of nhs_number or local_id, or both; or of pseudonym or spell where the list has "+
			"neither (R15)")
	}
	if l.SeveralProviders && len(c.Provider) == 0 {
		d.add([]any{"columns", "provider"}, "expected the heading of each row's provider, because several_providers is set (R12)")
	}
	if l.Pseudonyms == "" {
		l.Pseudonyms = l.Name
	}
	if len(c.Council) == 0 && l.Fixed.Council == "" {
		d.add([]any{"columns", "council"}, "expected the heading of the responsible council")
	}
	if len(c.Care) == 0 && l.Fixed.Care == "" {
		d.add([]any{"columns", "care"}, "expected the heading of the type of care, or fixed.care when it is the same for every row")
	}
	if len(c.ExtractDate) == 0 && (preamble == nil || preamble.SubexpIndex("date") < 0) && (name == nil || name.SubexpIndex("date") < 0) {
		d.add([]any{"columns", "extract_date"}, "expected the extract date in a column, in extract_date.preamble or as (?P<date>...) in "+
			"file.name (R6)")
	}
	if preamble != nil && preamble.SubexpIndex("date") < 0 {
		d.add([]any{"extract_date", "preamble"}, "expected a group (?P<date>...)")
	}
	headings, fields := map[string]string{}, map[string]bool{}
	for _, field := range c.Fields() {
		fields[field.Name] = len(field.Headings) > 0
		for i, h := range field.Headings {
			key := strings.ToLower(strings.Join(strings.Fields(h), " "))
			if other, ok := headings[key]; ok {
				d.add([]any{"columns", field.Name, i}, "the heading %q already stands for %s", h, other)
			}
			headings[key] = field.Name
		}
	}
	for i, m := range l.MayBeMissing {
		if !fields[m] {
			d.add([]any{"may_be_missing", i}, "found %q, expected a field that columns names", m)
		}
	}
	oneOf(d, []any{"fixed", "care"}, l.Fixed.Care, CareTypes...)
	if l.Fixed.Council != "" && !d.areas.is(areaCouncil, l.Fixed.Council) && !d.areas.is(areaOther, l.Fixed.Council) {
		d.add([]any{"fixed", "council"}, "found %q, expected an ONS code such as E10000008", l.Fixed.Council)
	}
	var formats []DateFormat
	for i, text := range l.Dates {
		f, err := ParseDateFormat(text)
		if err != nil {
			d.add([]any{"dates", i}, "%v", err)
			continue
		}
		for _, other := range formats {
			if why := f.Contradicts(other); why != "" {
				d.add([]any{"dates", i}, "%s", why)
				break
			}
		}
		formats = append(formats, f)
	}

	w := &l.Words
	d.vocabulary("reasons", w.Reasons, nil) // What they may mean is the code set's to say.
	if l.CodeSet != "" && len(w.Reasons.Use) > 0 {
		d.add(
			[]any{"words", "reasons", "use"},
			"the layout names the code set %s, whose own words are read; add others under add, by code",
			l.CodeSet,
		)
	}
	oneOf(d, []any{"file", "covers"}, l.File.Covers, "day", "month")
	d.vocabulary("pathway", w.Pathway, append(slices.Clone(Pathways), NotKnown))
	d.vocabulary("destination", w.Destination, append(slices.Clone(Destinations), NotKnown))
	d.vocabulary("responsible", w.Responsible, append(slices.Clone(Bodies), NotKnown))
	d.vocabulary("care", w.Care, append(slices.Clone(CareTypes), NotKnown))
	d.vocabulary("waiting_on", w.WaitingOn, append(slices.Clone(Waited), NotKnown))
	d.vocabulary("funding", w.Funding, append(slices.Clone(Funders), NotKnown))
	d.vocabulary("criteria", w.Criteria, append(slices.Clone(Criteria), NotKnown))
	for _, code := range sortedKeys(w.Councils) {
		if !d.areas.is(areaCouncil, code) && !d.areas.is(areaOther, code) {
			d.add([]any{"words", "councils", code}, "expected an ONS code such as E10000008")
		}
	}
	if len(c.WaitingOn) > 0 && len(w.WaitingOn.Add)+len(w.WaitingOn.Use) == 0 {
		d.add([]any{"words", "waiting_on"}, "expected the words of the column %s for nhs and council", c.WaitingOn[0])
	}
	if len(c.Criteria) > 0 && len(w.Criteria.Add)+len(w.Criteria.Use) == 0 {
		d.add([]any{"words", "criteria"}, "expected the words of the column %s for %s", c.Criteria[0], strings.Join(Criteria, " and "))
	}
	if len(c.Funding) > 0 && len(w.Funding.Add)+len(w.Funding.Use) == 0 {
		d.add([]any{"words", "funding"}, "expected the words of the column %s for nhs, council, joint and self", c.Funding[0])
	}
}

// Problem is an Invalid problem about a place of the layout's file, found by
// those who know what its words may mean. A layout that was not read from a file
// is named alone.
func (l *Layout) Problem(at []any, format string, args ...any) error {
	return l.at.problem(at, format, args...)
}

// Problem is an Invalid problem about a place of the partnership file.
func (p *Partnership) Problem(at []any, format string, args ...any) error {
	return p.at.problem(at, format, args...)
}

func (d *document) problem(at []any, format string, args ...any) error {
	if d == nil {
		d = newDocument("the file")
	}
	return problem.New(problem.Invalid, "%s.", d.sentence(at, format, args...))
}

// Meanings finds a meaning of the layout's own words for reasons that is none of
// codes, those of the layout's code set.
func (l *Layout) Meanings(codes []string) error {
	for _, meaning := range sortedKeys(l.Words.Reasons.Add) {
		if meaning != NotKnown && !slices.Contains(codes, meaning) {
			return l.Problem([]any{"words", "reasons", "add", meaning}, "this is not a meaning; expected one of %s, %s",
				strings.Join(codes, ", "), NotKnown)
		}
	}
	return nil
}

func (d *document) vocabulary(key string, v Vocabulary, meanings []string) {
	words := map[string]string{}
	for _, meaning := range sortedKeys(v.Add) {
		if meanings != nil && !slices.Contains(meanings, meaning) {
			d.add([]any{"words", key, "add", meaning}, "this is not a meaning; expected one of %s", strings.Join(meanings, ", "))
		}
		for i, word := range v.Add[meaning] {
			fold := strings.ToLower(strings.Join(strings.Fields(word), " "))
			if other, ok := words[fold]; ok && other != meaning {
				d.add([]any{"words", key, "add", meaning, i}, "%q already means %s", word, other)
			}
			words[fold] = meaning
		}
	}
}

// pattern compiles a regular expression; it gives nil for none and for one
// that is noted as a problem.
func (d *document) pattern(at []any, text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		d.add(at, "found a regular expression that does not compile (%v); expected Go (RE2) syntax", err)
		return nil
	}
	return re
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// ParseLayout reads one layout from its bytes. file is its name in messages.
// The error is an Invalid problem that lists everything to put right.
func ParseLayout(file, name string, data []byte) (*Layout, error) {
	l, found := parseLayout(file, name, data)
	if err := listed(found); err != nil {
		return nil, err
	}
	return l, nil
}

// ReadPartnership gives what a partnership file says, as it is written and in its
// order: without defaults, layouts or a judgement.
func ReadPartnership(text []byte) (*Partnership, error) {
	p := &Partnership{}
	if err := yaml.Unmarshal(text, p); err != nil {
		return nil, listed([]string{newDocument("the partnership file").syntax(err)})
	}
	return p, nil
}
