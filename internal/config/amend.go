package config

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"homeward/internal/problem"
)

// Amendment is what a new version of a layout reads otherwise than the former. The
// zero value changes nothing.
type Amendment struct {
	// Fields gives the field of a heading, NotRead for one that is known and not read,
	// by the heading as the file has it.
	Fields []Added
	// Dates are the formats of dates, nil for those of before; CodeSet and Care
	// likewise.
	Dates         List
	CodeSet, Care string
	// Words are words with their meanings; the key of an Added is the kind, a dot and
	// the meaning, such as reasons.E or councils.E06000026.
	Words []Added
	// Use are the lists of words of a kind that stand for none named; they go on
	// being read when words of the layout's own are added.
	Use map[string]List
}

// Added is one text that is added under a key.
type Added struct{ Key, Text string }

// NotRead is the key of headings that are known and not read.
const NotRead = "not_read"

// Amend gives a layout's text with what an amendment changes, and everything else
// as it was written: comments, order and style. same says whether two headings or
// words are the same to whoever reads files. The error is an Invalid problem where
// the text is written in a way that cannot be added to.
func Amend(name string, text []byte, a Amendment, same func(a, b string) bool) ([]byte, error) {
	was, err := ParseLayout(name+".yaml", name, text)
	if err != nil {
		return nil, err
	}
	want := *was
	lists := map[string]List{}
	for _, f := range was.Columns.Fields() {
		lists["columns."+f.Name] = f.Headings
	}
	lists[NotRead] = was.NotRead
	for _, add := range a.Fields {
		key := NotRead
		if add.Key != NotRead {
			key = "columns." + add.Key
		}
		if _, known := lists[key]; !known {
			return nil, problem.New(problem.Invalid, "A layout has no field %s.", add.Key)
		}
		for other, all := range lists {
			if other != key {
				lists[other] = slices.DeleteFunc(slices.Clone(all), func(h string) bool { return same(h, add.Text) })
			}
		}
		if !slices.ContainsFunc(lists[key], func(h string) bool { return same(h, add.Text) }) {
			lists[key] = append(slices.Clip(lists[key]), add.Text)
		}
	}
	e := &editor{text: string(text)}
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		if had := *listOf(was, key); !slices.Equal(had, lists[key]) {
			e.list(strings.Split(key, "."), lists[key])
			*listOf(&want, key) = lists[key]
		}
	}
	if a.Dates != nil && !slices.Equal(a.Dates, was.Dates) {
		e.list([]string{"dates"}, a.Dates)
		want.Dates = a.Dates
	}
	if a.CodeSet != "" && a.CodeSet != cmp.Or(was.CodeSet, DefaultDefinitions) {
		// The words for reasons were of the list of before.
		e.remove([]string{"words", "reasons"})
		if found := e.find([]string{"words"}); len(found) == 1 && len(pairs(found[0].Value)) == 0 {
			e.remove([]string{"words"})
		}
		want.Words.Reasons = Vocabulary{}
		if want.CodeSet = a.CodeSet; a.CodeSet == DefaultDefinitions {
			want.CodeSet = ""
			e.remove([]string{"code_set"})
		} else {
			e.value([]string{"code_set"}, Scalar(a.CodeSet))
		}
	}
	if a.Care != "" && a.Care != was.Fixed.Care {
		e.value([]string{"fixed", "care"}, Scalar(a.Care))
		want.Fixed.Care = a.Care
	}
	words := map[string]map[string]List{}
	own := want.Words // of before, without reasons of another list
	for _, add := range a.Words {
		kind, meaning, _ := strings.Cut(add.Key, ".")
		had, ok := own.own(kind)
		if !ok {
			return nil, problem.New(problem.Invalid, "There are no words of the kind %s.", kind)
		}
		if words[kind] == nil {
			words[kind] = map[string]List{}
			for m, all := range had {
				words[kind][m] = slices.Clone(all)
			}
		}
		for m, all := range words[kind] {
			if m != meaning {
				words[kind][m] = slices.DeleteFunc(all, func(w string) bool { return same(w, add.Text) })
			}
		}
		if !slices.ContainsFunc(words[kind][meaning], func(w string) bool { return same(w, add.Text) }) {
			words[kind][meaning] = append(words[kind][meaning], add.Text)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(words)) {
		at := []string{"words", kind, "add"}
		if kind == kindCouncils {
			at = at[:2]
		} else if v := own.kind(kind); len(v.Use)+len(v.Add) == 0 && len(a.Use[kind]) > 0 {
			e.list([]string{"words", kind, "use"}, a.Use[kind])
			want.Words.kind(kind).Use = a.Use[kind]
		}
		before, _ := own.own(kind)
		for _, meaning := range slices.Sorted(maps.Keys(words[kind])) {
			if !slices.Equal(before[meaning], words[kind][meaning]) {
				e.list(append(slices.Clone(at), meaning), words[kind][meaning])
			}
			if len(words[kind][meaning]) == 0 {
				delete(words[kind], meaning)
			}
		}
		if kind == kindCouncils {
			want.Words.Councils = words[kind]
		} else {
			want.Words.kind(kind).Add = words[kind]
		}
	}
	is, err := ParseLayout(name+".yaml", name, []byte(e.text))
	if e.stuck || err == nil && !is.reads(&want) {
		return nil, problem.New(problem.Invalid, "The layout %s is written in a way to which nothing can be added here. Change its file by hand.",
			name)
	}
	return []byte(e.text), err
}

const kindCouncils = "councils"

// kind gives the vocabulary of a kind of words, nil for none.
func (w *Words) kind(name string) *Vocabulary {
	return map[string]*Vocabulary{"reasons": &w.Reasons, "responsible": &w.Responsible, "care": &w.Care, "waiting_on": &w.WaitingOn,
		"funding": &w.Funding, "criteria": &w.Criteria, "pathway": &w.Pathway, "destination": &w.Destination}[name]
}

// own gives the layout's own words of a kind by their meaning; ok is false for a kind
// that there is not.
func (w *Words) own(kind string) (own map[string]List, ok bool) {
	if kind == kindCouncils {
		return w.Councils, true
	}
	v := w.kind(kind)
	if v == nil {
		return nil, false
	}
	return v.Add, true
}

// listOf gives the place of a list of headings.
func listOf(l *Layout, key string) *List {
	if key == NotRead {
		return &l.NotRead
	}
	return l.Columns.of(strings.TrimPrefix(key, "columns."))
}

// of gives the place of a field's headings.
func (c *Columns) of(field string) *List {
	return map[string]*List{"extract_date": &c.ExtractDate, "provider": &c.Provider, "site": &c.Site, "ward": &c.Ward, "bed": &c.Bed,
		"local_id": &c.LocalID, "nhs_number": &c.NHSNumber, "birth_date": &c.BirthDate, "admitted": &c.Admitted, "ready": &c.Ready,
		"care": &c.Care, "reason": &c.Reason, "responsible": &c.Responsible, "waiting_on": &c.WaitingOn, "funding": &c.Funding,
		"council": &c.Council, "discharged": &c.Discharged, "pseudonym": &c.Pseudonym, "spell": &c.Spell, "age": &c.Age,
		"criteria": &c.Criteria, "reason_detail": &c.ReasonDetail, "pathway": &c.Pathway, "destination": &c.Destination}[field]
}

// reads says whether two layouts read files alike.
func (l *Layout) reads(other *Layout) bool {
	a, b := *l, *other
	a.at, b.at, a.Fingerprint, b.Fingerprint = nil, nil, "", ""
	return sameValue(reflect.ValueOf(a), reflect.ValueOf(b))
}

// sameValue is reflect.DeepEqual for which an empty list or table is none.
func sameValue(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Map:
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// editor changes one YAML text by the places at which its parts stand, and is stuck
// where it cannot: what it did is looked at as a whole.
type editor struct {
	text  string
	stuck bool
}

// find gives the nodes on a path, as far as it is there.
func (e *editor) find(path []string) (found []*ast.MappingValueNode) {
	parsed, err := parser.ParseBytes([]byte(e.text), 0)
	if err != nil || len(parsed.Docs) != 1 {
		e.stuck = true
		return nil
	}
	node := parsed.Docs[0].Body
	for _, key := range path {
		i := slices.IndexFunc(pairs(node), func(p *ast.MappingValueNode) bool { return p.Key.GetToken().Value == key })
		if i < 0 {
			return found
		}
		found = append(found, pairs(node)[i])
		node = found[len(found)-1].Value
	}
	return found
}

// at gives where a token stands in the text, -1 where it does not.
func (e *editor) at(t *token.Token) int {
	if t == nil {
		return -1
	}
	from := 0
	for range t.Position.Line - 1 {
		n := strings.IndexByte(e.text[from:], '\n')
		if n < 0 {
			return -1
		}
		from += n + 1
	}
	for range t.Position.Column - 1 {
		if from >= len(e.text) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(e.text[from:])
		from += size
	}
	if !strings.HasPrefix(e.text[from:], strings.TrimSpace(t.Origin)) {
		return -1
	}
	return from
}

// span gives where a text or a list in brackets stands.
func (e *editor) span(node ast.Node) (from, to int, ok bool) {
	first, last := node.GetToken(), node.GetToken()
	switch n := node.(type) {
	case *ast.SequenceNode:
		if !n.IsFlowStyle {
			return 0, 0, false
		}
		first, last = n.Start, n.End
	case *ast.MappingNode, *ast.MappingValueNode, *ast.LiteralNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return 0, 0, false
	}
	from, to = e.at(first), e.at(last)
	if from < 0 || to < from {
		return 0, 0, false
	}
	return from, to + len(strings.TrimSpace(last.Origin)), true
}

func (e *editor) splice(from, to int, text string) { e.text = e.text[:from] + text + e.text[to:] }

// list writes a list under a path, which goes where it is empty.
func (e *editor) list(path []string, all List) {
	if len(all) == 0 {
		e.remove(path)
		return
	}
	found := e.find(path)
	if len(found) == len(path) {
		if block, ok := found[len(path)-1].Value.(*ast.SequenceNode); ok && !block.IsFlowStyle {
			e.block(block, all)
			return
		}
	}
	texts := make([]string, len(all))
	for i, text := range all {
		texts[i] = Scalar(text)
	}
	text := "[" + strings.Join(texts, ", ") + "]"
	if len(all) == 1 {
		text = texts[0]
	}
	e.value(path, text)
}

// block changes a list that has a line for each of its texts, so that comments beside
// those that stay are kept.
func (e *editor) block(block *ast.SequenceNode, all List) {
	lines := strings.SplitAfter(e.text, "\n")
	var had List
	dash, last := 0, 0
	for _, v := range block.Values {
		var one List
		if one.UnmarshalYAML(v) != nil || len(one) != 1 || v.GetToken().Position.Line <= last {
			e.stuck = true
			return
		}
		had, last = append(had, one[0]), v.GetToken().Position.Line
		dash = strings.IndexByte(lines[last-1], '-')
		if dash < 0 || strings.TrimSpace(lines[last-1][:dash]) != "" {
			e.stuck = true
			return
		}
	}
	indent := strings.Repeat(" ", dash)
	var out []string
	for i, line := range lines {
		at := slices.IndexFunc(block.Values, func(v ast.Node) bool { return v.GetToken().Position.Line == i+1 })
		if at < 0 || slices.Contains(all, had[at]) {
			out = append(out, line)
		}
		if i+1 != last {
			continue
		}
		if n := len(out) - 1; n >= 0 && !strings.HasSuffix(out[n], "\n") {
			out[n] += "\n"
		}
		for _, text := range all {
			if !slices.Contains(had, text) {
				out = append(out, indent+"- "+Scalar(text)+"\n")
			}
		}
	}
	e.text = strings.Join(out, "")
}

// value writes a value under a path, with the keys that lead to it.
func (e *editor) value(path []string, text string) {
	found := e.find(path)
	if len(found) == len(path) {
		from, to, ok := e.span(found[len(path)-1].Value)
		if e.stuck = e.stuck || !ok; ok {
			e.splice(from, to, text)
		}
		return
	}
	missing := path[len(found):]
	for _, key := range slices.Backward(missing[1:]) {
		text = "{" + Scalar(key) + ": " + text + "}"
	}
	text = Scalar(missing[0]) + ": " + text
	if len(found) == 0 {
		if e.text != "" && !strings.HasSuffix(e.text, "\n") {
			e.text += "\n"
		}
		e.text += text + "\n"
		return
	}
	parent := found[len(found)-1]
	children := pairs(parent.Value)
	if m, ok := parent.Value.(*ast.MappingNode); ok && m.IsFlowStyle {
		end := e.at(m.End)
		if e.stuck = e.stuck || end < 0; end < 0 {
			return
		}
		if len(children) > 0 {
			text = ", " + text
		}
		e.splice(end, end, text)
		return
	}
	if len(children) == 0 {
		e.stuck = true
		return
	}
	// Before the first of its kind, where comments above the others stay theirs.
	first := children[0].Key.GetToken()
	line := e.lineAt(parent.Key.GetToken().Position.Line)
	e.splice(line, line, strings.Repeat(" ", first.Position.Column-1)+text+"\n")
}

// lineAt gives where the line after line n begins.
func (e *editor) lineAt(n int) int {
	from := 0
	for range n {
		next := strings.IndexByte(e.text[from:], '\n')
		if next < 0 {
			return len(e.text)
		}
		from += next + 1
	}
	return from
}

// remove takes a key away that stands on a line of its own.
func (e *editor) remove(path []string) {
	found := e.find(path)
	if len(found) < len(path) {
		return
	}
	key := found[len(path)-1]
	from := e.at(key.Key.GetToken())
	line := key.Key.GetToken().Position.Line
	begin, end := e.lineAt(line-1), e.lineAt(line)
	if from < 0 || strings.TrimSpace(e.text[begin:from]) != "" {
		e.stuck = true
		return
	}
	// What stands deeper below it goes with it, and the items of its list.
	for end < len(e.text) {
		next := e.lineAt(strings.Count(e.text[:end], "\n") + 1)
		deep := len(e.text[end:next]) - len(strings.TrimLeft(e.text[end:next], " "))
		if deep <= from-begin && !(deep == from-begin && strings.HasPrefix(e.text[end+deep:], "- ")) {
			break
		}
		end = next
	}
	e.splice(begin, end, "")
}

// plainText is what YAML reads as a text without quotation marks.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 ()/_.+&-]*$`)

// Scalar writes a text so that YAML reads the same.
func Scalar(text string) string {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan", "inf":
	default:
		if plainText.MatchString(text) && !strings.HasSuffix(text, " ") && !strings.Contains(text, " -") {
			return text
		}
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
