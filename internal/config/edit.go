package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"homeward/internal/problem"
)

// Edit is one change of the text of the partnership file. Make one with Put, Drop
// or Append.
type Edit struct {
	do    edit
	at    []any
	value any
}

type edit uint8

const (
	putting edit = iota
	dropping
	appending
)

// Pair is one key of an Entry with its value.
type Pair struct {
	Key   string
	Value any
}

// Entry is a mapping that an edit writes, in its order. Its values, like those of
// all edits, are texts, whole or broken numbers, truths, lists of texts or entries.
type Entry []Pair

// Put sets what stands at a place, such as "providers", 2, "due".
func Put(value any, at ...any) Edit { return Edit{putting, at, value} }

// Drop takes out what stands at a place.
func Drop(at ...any) Edit { return Edit{dropping, at, nil} }

// Append adds to the end of the list at a place.
func Append(value any, at ...any) Edit { return Edit{appending, at, value} }

// EditPartnership changes the text of the partnership file: the bytes that are
// changed are the places that the edits name, all others stay, with every comment.
// What it gives says exactly what was asked for, or it is an Invalid problem: a
// file written in ways that a place cannot be changed in (anchors, values over
// several lines) is left for its author. It judges nothing of what is said.
func EditPartnership(file string, text []byte, edits ...Edit) ([]byte, error) {
	out := string(text)
	// The library counts places by line feeds alone.
	windows := strings.Contains(out, "\r\n") && strings.Count(out, "\n") == strings.Count(out, "\r\n")
	if windows {
		out = strings.ReplaceAll(out, "\r\n", "\n")
	}
	for _, e := range edits {
		next, err := applied(file, out, e)
		if err != nil {
			return nil, err
		}
		out = next
	}
	if windows {
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	return []byte(out), nil
}

// applied makes one edit and proves that it did what it says and nothing else.
func applied(file, text string, e Edit) (string, error) {
	byHand := func(why string) error {
		return problem.New(problem.Invalid, "%s could not be changed at %s: %s. Change it by hand, as the operator guide says, and check it "+
			"with homeward doctor.", file, dotted(e.at), why)
	}
	t, err := readText(text)
	if err != nil {
		return "", byHand(err.Error())
	}
	want, err := wanted(text, e)
	if err != nil {
		return "", byHand(err.Error())
	}
	out, err := t.make(e)
	if err != nil {
		return "", byHand(err.Error())
	}
	got, err := treeOf(out)
	if err != nil || !reflect.DeepEqual(got, want) {
		return "", byHand("it is written there in a way that is not changed safely here")
	}
	return out, nil
}

// treeOf reads a text into maps and lists.
func treeOf(text string) (any, error) {
	var tree any
	err := yaml.Unmarshal([]byte(text), &tree)
	return tree, err
}

// wanted gives what a text must say after an edit.
func wanted(text string, e Edit) (any, error) {
	tree, err := treeOf(text)
	if err != nil {
		return nil, err
	}
	value := any(nil)
	if e.do != dropping {
		if value, err = treeOf(flow(e.value)); err != nil {
			return nil, err
		}
		if s, ok := e.value.(string); ok && value != s {
			return nil, fmt.Errorf("found a text that cannot be written on one line")
		}
	}
	return changed(tree, e.at, e.do, value)
}

func changed(node any, at []any, do edit, value any) (any, error) {
	if len(at) == 0 {
		if do != appending {
			return value, nil
		}
		list, ok := node.([]any)
		if !ok && node != nil {
			return nil, fmt.Errorf("found something that is not a list")
		}
		return append(slices.Clone(list), value), nil
	}
	switch step := at[0].(type) {
	case string:
		m, ok := node.(map[string]any)
		if !ok && node != nil {
			return nil, fmt.Errorf("found something without keys")
		}
		out := make(map[string]any, len(m)+1)
		maps.Copy(out, m)
		if len(at) == 1 && do == dropping {
			delete(out, step)
			return out, nil
		}
		v, err := changed(m[step], at[1:], do, value)
		out[step] = v
		return out, err
	case int:
		list, ok := node.([]any)
		if !ok || step < 0 || step >= len(list) {
			return nil, fmt.Errorf("found fewer entries")
		}
		if len(at) == 1 && do == dropping {
			return slices.Delete(slices.Clone(list), step, step+1), nil
		}
		v, err := changed(list[step], at[1:], do, value)
		list = slices.Clone(list)
		list[step] = v
		return list, err
	}
	return nil, fmt.Errorf("found no place of this kind")
}

const newLine = "\n"

// yamlText is a YAML text with the places of its parts.
type yamlText struct {
	src   string
	lines []int // where each line begins
	root  ast.Node
}

func readText(src string) (*yamlText, error) {
	parsed, err := parser.ParseBytes([]byte(src), 0)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read as YAML")
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return nil, fmt.Errorf("the file is empty or holds several documents")
	}
	t := &yamlText{src: src, lines: []int{0}, root: parsed.Docs[0].Body}
	for i := range src {
		if src[i] == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	if len(pairs(t.root)) == 0 {
		return nil, fmt.Errorf("the file does not begin with keys")
	}
	return t, nil
}

// offset gives the byte at which a line's column, of characters, begins.
func (t *yamlText) offset(line, column int) int {
	if line < 1 || line > len(t.lines) {
		return len(t.src)
	}
	at := t.lines[line-1]
	for range column - 1 {
		if at >= len(t.src) {
			break
		}
		_, n := utf8.DecodeRuneInString(t.src[at:])
		at += n
	}
	return at
}

func (t *yamlText) key(p *ast.MappingValueNode) int {
	at := p.Key.GetToken().Position
	return t.offset(at.Line, at.Column)
}

func (t *yamlText) afterColon(p *ast.MappingValueNode) int {
	at := p.Start.Position
	return t.offset(at.Line, at.Column) + 1
}

// begin is where a node begins.
func (t *yamlText) begin(n ast.Node) int {
	if m := pairs(n); len(m) > 0 && !isFlow(n) {
		return t.key(m[0])
	}
	at := n.GetToken().Position
	return t.offset(at.Line, at.Column)
}

func isFlow(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.IsFlowStyle
	case *ast.SequenceNode:
		return n.IsFlowStyle
	}
	return false
}

// finish is where a node that stands on its own lines' parts ends: a scalar or
// what stands in brackets. ok is false for a block.
func (t *yamlText) finish(n ast.Node) (at int, ok bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle || n.End == nil {
			return 0, false
		}
		return t.offset(n.End.Position.Line, n.End.Position.Column) + 1, true
	case *ast.SequenceNode:
		if !n.IsFlowStyle || n.End == nil {
			return 0, false
		}
		return t.offset(n.End.Position.Line, n.End.Position.Column) + 1, true
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		at, text := t.begin(n), strings.TrimSpace(n.GetToken().Origin)
		if text == "" || !strings.HasPrefix(t.src[at:], text) || strings.ContainsAny(text, "\r\n") {
			return 0, false
		}
		return at + len(text), true
	}
	return 0, false
}

// line gives the number of the line in which a byte stands, from 0.
func (t *yamlText) line(at int) int {
	i, found := slices.BinarySearch(t.lines, at)
	if !found {
		i--
	}
	return i
}

// lineText gives a line without its end.
func (t *yamlText) lineText(i int) string {
	from, to := t.lines[i], len(t.src)
	if i+1 < len(t.lines) {
		to = t.lines[i+1]
	}
	return strings.TrimRight(t.src[from:to], "\r\n")
}

func (t *yamlText) lineStart(i int) int {
	if i < len(t.lines) {
		return t.lines[i]
	}
	return len(t.src)
}

// blockEnd is where the lines end that belong to what begins in a line at an
// indent: those that stand further in, comments too. Blank lines and comments that
// stand no further in belong to what follows. dashes says that lines of a list may
// stand as far out as the key itself.
func (t *yamlText) blockEnd(line, indent int, dashes bool) int {
	last := line
	for i := line + 1; i < len(t.lines); i++ {
		text := t.lineText(i)
		bare := strings.TrimLeft(text, " ")
		in := len(text) - len(bare)
		if bare == "" {
			continue
		}
		if in <= indent && !(dashes && in == indent && (bare == "-" || strings.HasPrefix(bare, "- "))) {
			if strings.HasPrefix(bare, "#") {
				continue
			}
			break
		}
		if in <= indent && strings.HasPrefix(bare, "#") {
			continue
		}
		last = i
	}
	return t.lineStart(last + 1)
}

// keyEnd is where the lines of a key of a block end.
func (t *yamlText) keyEnd(p *ast.MappingValueNode) int {
	at := t.key(p)
	line := t.line(at)
	_, list := p.Value.(*ast.SequenceNode)
	end := t.blockEnd(line, utf8.RuneCountInString(t.src[t.lines[line]:at]), list && !isFlow(p.Value))
	if to, ok := t.finish(p.Value); ok { // in brackets it may stand anywhere
		end = max(end, t.lineStart(t.line(to-1)+1))
	}
	return end
}

func (t *yamlText) splice(from, to int, with string) string { return t.src[:from] + with + t.src[to:] }

// find gives the node at a place, the pair that holds it where it is a key's, and
// how much of the place is there.
func (t *yamlText) find(at []any) (node ast.Node, pair *ast.MappingValueNode, depth int) {
	node = t.root
	for i, step := range at {
		var next ast.Node
		var by *ast.MappingValueNode
		switch step := step.(type) {
		case string:
			for _, p := range pairs(node) {
				if p.Key.GetToken().Value == step {
					next, by = p.Value, p
				}
			}
		case int:
			if list, ok := node.(*ast.SequenceNode); ok && step >= 0 && step < len(list.Values) {
				next = list.Values[step]
			}
		}
		if next == nil {
			return node, pair, i
		}
		node, pair = next, by
	}
	return node, pair, len(at)
}

var errForm = fmt.Errorf("it is written there in a form that is not changed here")

func (t *yamlText) make(e Edit) (string, error) {
	node, pair, depth := t.find(e.at)
	missing := len(e.at) - depth
	switch {
	case e.do == dropping && missing > 0:
		return t.src, nil
	case e.do == dropping:
		return t.drop(e.at)
	case missing == 0 && e.do == putting:
		return t.replace(e.at, node, pair, e.value)
	case missing == 0:
		return t.append(node, pair, e.value)
	}
	// What is not there yet is written whole under the deepest part that is.
	value := e.value
	if e.do == appending {
		value = items{value}
	}
	for i := len(e.at) - 1; i > depth; i-- {
		key, ok := e.at[i].(string)
		if !ok {
			return "", errForm
		}
		value = Entry{{key, value}}
	}
	key, ok := e.at[depth].(string)
	if !ok {
		return "", errForm
	}
	return t.insert(e.at[:depth], node, pair, key, value)
}

// items is a list of entries that is written one under another.
type items []any

// insert writes a key that is not there under a node.
func (t *yamlText) insert(at []any, node ast.Node, pair *ast.MappingValueNode, key string, value any) (string, error) {
	if m, ok := node.(*ast.MappingNode); ok && m.IsFlowStyle {
		text := key + ": " + flow(value)
		if len(m.Values) == 0 {
			from := t.begin(m) + 1
			return t.splice(from, from, text), nil
		}
		last := m.Values[len(m.Values)-1]
		to, ok := t.finish(last.Value)
		if _, null := last.Value.(*ast.NullNode); null {
			to, ok = t.nullEnd(last), true
		}
		if !ok {
			return "", errForm
		}
		return t.splice(to, to, ", "+text), nil
	}
	if _, null := node.(*ast.NullNode); null && pair != nil {
		// A key with nothing under it.
		line := t.line(t.key(pair))
		indent := utf8.RuneCountInString(t.src[t.lines[line]:t.key(pair)])
		return t.under(line, strings.Repeat(" ", indent+2), key, value), nil
	}
	all := pairs(node)
	if len(all) == 0 {
		return "", errForm
	}
	before := all[0]
	order := keysOf(at)
	for _, p := range all {
		if i := slices.Index(order, p.Key.GetToken().Value); i >= 0 && i < slices.Index(order, key) {
			before = p
		}
	}
	from := t.key(all[0])
	column := utf8.RuneCountInString(t.src[t.lines[t.line(from)]:from])
	end := t.keyEnd(before)
	text := block(key, value, strings.Repeat(" ", column))
	if len(at) == 0 {
		text = newLine + text // sections stand apart
	}
	if end > 0 && t.src[end-1] != '\n' {
		text = newLine + strings.TrimSuffix(text, newLine)
	}
	return t.splice(end, end, text), nil
}

// under writes a key in the line after one.
func (t *yamlText) under(line int, indent, key string, value any) string {
	end := t.lineStart(line + 1)
	text := block(key, value, indent)
	if end > 0 && t.src[end-1] != '\n' {
		text = newLine + strings.TrimSuffix(text, newLine)
	}
	return t.splice(end, end, text)
}

// nullEnd is where a value that says nothing ends.
func (t *yamlText) nullEnd(p *ast.MappingValueNode) int {
	at := t.begin(p.Value)
	for _, word := range []string{"null", "Null", "NULL", "~"} {
		if at < len(t.src) && strings.HasPrefix(t.src[at:], word) {
			return at + len(word)
		}
	}
	return t.afterColon(p)
}

// replace writes another value in the place of one.
func (t *yamlText) replace(at []any, node ast.Node, pair *ast.MappingValueNode, value any) (string, error) {
	if entry, ok := value.(Entry); ok && len(pairs(node)) > 0 {
		return t.merge(at, node, entry)
	}
	list, isList := node.(*ast.SequenceNode)
	if want, ok := value.([]string); ok && isList && !list.IsFlowStyle && pair != nil {
		return t.list(at, list, pair, want)
	}
	if pair == nil {
		return "", errForm
	}
	switch node.(type) {
	case *ast.NullNode:
		return t.splice(t.afterColon(pair), t.nullEnd(pair), " "+flow(value)), nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return "", errForm
	}
	text := flow(value)
	if to, ok := t.finish(node); ok {
		from := t.begin(node)
		if s, ok := value.(string); ok && (t.src[from] == '"' || t.src[from] == '\'') {
			text = strconv.Quote(s)
		}
		return t.splice(from, to, text), nil
	}
	to := t.keyEnd(pair)
	if strings.Contains(t.src[t.afterColon(pair):to], "#") {
		return "", fmt.Errorf("it is written over several lines with comments among them")
	}
	return t.splice(t.afterColon(pair), to, " "+text+newLine), nil
}

// merge makes the keys of a mapping those of an entry.
func (t *yamlText) merge(at []any, node ast.Node, entry Entry) (string, error) {
	var edits []Edit
	for _, p := range pairs(node) {
		key := p.Key.GetToken().Value
		if !slices.ContainsFunc(entry, func(e Pair) bool { return e.Key == key }) {
			edits = append(edits, Drop(append(slices.Clone(at), key)...))
		}
	}
	var puts []Edit
	for _, e := range entry {
		puts = append(puts, Put(e.Value, append(slices.Clone(at), e.Key)...))
	}
	return inTurn(t.src, append(puts, edits...))
}

// inTurn makes edits one after another; what they make together is proved by who
// asked for it.
func inTurn(src string, edits []Edit) (string, error) {
	for _, e := range edits {
		t, err := readText(src)
		if err != nil {
			return "", err
		}
		if src, err = t.make(e); err != nil {
			return "", err
		}
	}
	return src, nil
}

// list makes a list that stands in lines the one that is wanted: lines that stay
// keep their comments.
func (t *yamlText) list(at []any, list *ast.SequenceNode, pair *ast.MappingValueNode, want []string) (string, error) {
	var have List
	if err := have.UnmarshalYAML(list); err != nil {
		return "", errForm
	}
	var edits []Edit
	kept := slices.Clone(have)
	for i, word := range slices.Backward(have) {
		if !slices.Contains(want, word) || slices.Index(kept, word) < i {
			edits = append(edits, Drop(append(slices.Clone(at), i)...))
			kept = slices.Delete(kept, i, i+1)
		}
	}
	if len(kept) > 0 && len(kept) <= len(want) && slices.Equal(kept, want[:len(kept)]) {
		for _, word := range want[len(kept):] {
			edits = append(edits, Append(word, at...))
		}
		return inTurn(t.src, edits)
	}
	to := t.keyEnd(pair)
	if strings.Contains(t.src[t.afterColon(pair):to], "#") {
		return "", fmt.Errorf("it is a list with comments in it")
	}
	return t.splice(t.afterColon(pair), to, " "+flow(want)+newLine), nil
}

// dash gives the line and the column of the dash of an item of a list in lines.
func (t *yamlText) dash(list *ast.SequenceNode, i int) (line, column int) {
	at := list.Start.Position
	column = at.Column - 1
	line = t.line(t.begin(list.Values[i]))
	for ; line > at.Line-1; line-- {
		if text := t.lineText(line); len(text) > column && strings.TrimLeft(text[:column], " ") == "" && text[column] == '-' {
			break
		}
	}
	return line, column
}

func (t *yamlText) append(node ast.Node, pair *ast.MappingValueNode, value any) (string, error) {
	if _, null := node.(*ast.NullNode); null && pair != nil {
		line := t.line(t.key(pair))
		indent := utf8.RuneCountInString(t.src[t.lines[line]:t.key(pair)]) + 2
		end := t.lineStart(line + 1)
		lead := ""
		if end > 0 && t.src[end-1] != '\n' {
			lead = newLine
		}
		return t.splice(end, end, lead+item(value, indent, indent+2, false)), nil
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return "", errForm
	}
	if list.IsFlowStyle {
		to, ok := t.finish(list)
		if !ok {
			return "", errForm
		}
		if len(list.Values) > 0 {
			last, ok := t.finish(list.Values[len(list.Values)-1])
			if !ok {
				return "", errForm
			}
			return t.splice(last, last, ", "+flow(value)), nil
		}
		line := t.line(t.begin(list))
		if pair != nil && t.line(to-1) == line && strings.TrimSpace(t.src[to:t.lineStart(line+1)]) == "" {
			indent := utf8.RuneCountInString(t.src[t.lines[line]:t.key(pair)]) + 2
			return t.splice(t.afterColon(pair), t.lineStart(line+1), newLine+item(value, indent, indent+2, false)), nil
		}
		return t.splice(t.begin(list)+1, to-1, flow(value)), nil
	}
	last := len(list.Values) - 1
	line, column := t.dash(list, last)
	inner := column + 2
	if m := pairs(list.Values[last]); len(m) > 0 && !isFlow(list.Values[last]) {
		at := t.key(m[0])
		inner = utf8.RuneCountInString(t.src[t.lines[t.line(at)]:at])
	}
	end := max(t.blockEnd(line, column, false), t.lineStart(line+1))
	lead := ""
	if end > 0 && t.src[end-1] != '\n' {
		lead = newLine
	}
	text := item(value, column, inner, isFlow(list.Values[last]))
	return t.splice(end, end, lead+text), nil
}

func (t *yamlText) drop(at []any) (string, error) {
	if len(at) == 0 {
		return "", errForm
	}
	parent, holder, _ := t.find(at[:len(at)-1])
	switch step := at[len(at)-1].(type) {
	case string:
		all := pairs(parent)
		i := slices.IndexFunc(all, func(p *ast.MappingValueNode) bool { return p.Key.GetToken().Value == step })
		p := all[i]
		if isFlow(parent) {
			var parts [][2]int
			for _, one := range all {
				to, ok := t.finish(one.Value)
				if _, null := one.Value.(*ast.NullNode); null {
					to, ok = t.nullEnd(one), true
				}
				if !ok {
					return "", errForm
				}
				parts = append(parts, [2]int{t.key(one), to})
			}
			return t.without(parts, i), nil
		}
		if len(all) == 1 {
			return "", errForm
		}
		from := t.key(p)
		if line := t.line(from); strings.TrimSpace(t.src[t.lines[line]:from]) != "" {
			return t.splice(from, t.key(all[1]), ""), nil // The next key takes its place at the dash.
		}
		return t.splice(t.lines[t.line(from)], t.keyEnd(p), ""), nil
	case int:
		list, ok := parent.(*ast.SequenceNode)
		if !ok {
			return "", errForm
		}
		if list.IsFlowStyle {
			var parts [][2]int
			for _, one := range list.Values {
				to, ok := t.finish(one)
				if !ok {
					return "", errForm
				}
				parts = append(parts, [2]int{t.begin(one), to})
			}
			return t.without(parts, step), nil
		}
		line, column := t.dash(list, step)
		from, to := t.lines[line], t.blockEnd(line, column, false)
		if len(list.Values) > 1 {
			return t.splice(from, to, ""), nil
		}
		if holder == nil {
			return "", errForm
		}
		colon := t.afterColon(holder)
		return t.src[:colon] + " []" + t.src[colon:from] + t.src[to:], nil
	}
	return "", errForm
}

// without takes one of the parts out that stand between commas.
func (t *yamlText) without(parts [][2]int, i int) string {
	switch {
	case i > 0:
		return t.splice(parts[i-1][1], parts[i][1], "")
	case len(parts) > 1:
		return t.splice(parts[0][0], parts[1][0], "")
	}
	return t.splice(parts[0][0], parts[0][1], "")
}

// keysOf gives the keys that the file can have at a place, in the order in which
// they are documented.
func keysOf(at []any) []string {
	of := reflect.TypeFor[Partnership]()
	for _, step := range at {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		key, ok := step.(string)
		if !ok {
			continue
		}
		if of.Kind() != reflect.Struct {
			return nil
		}
		found := false
		for f := range of.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name == key {
				of, found = f.Type, true
				break
			}
		}
		if !found {
			return nil
		}
	}
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for f := range of.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 ./'()_+–-]*$`)
	plainDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// flow writes a value on one line.
func flow(value any) string {
	switch v := value.(type) {
	case string:
		if plainDate.MatchString(v) || plainWord.MatchString(v) && strings.TrimSpace(v) == v && !isWord(v) {
			return v
		}
		return strconv.Quote(v)
	case []string:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = flow(w)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case items:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = flow(w)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case Entry:
		words := make([]string, len(v))
		for i, p := range v {
			words[i] = p.Key + ": " + flow(p.Value)
		}
		return "{" + strings.Join(words, ", ") + "}"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// isWord says that a plain text would be read as something else than itself.
func isWord(s string) bool {
	read, err := treeOf(s)
	text, ok := read.(string)
	if err != nil || !ok || text != s {
		return true
	}
	// Other readers of YAML take these for truths.
	return slices.Contains([]string{"yes", "no", "on", "off", "y", "n"}, strings.ToLower(s))
}

// block writes a key with its value in lines of their own.
func block(key string, value any, indent string) string {
	switch v := value.(type) {
	case items:
		var b strings.Builder
		b.WriteString(indent + key + ":" + newLine)
		for _, one := range v {
			b.WriteString(item(one, len(indent)+2, len(indent)+4, false))
		}
		return b.String()
	case Entry:
		if indent == "" {
			var b strings.Builder
			b.WriteString(key + ":" + newLine)
			for _, p := range v {
				b.WriteString(block(p.Key, p.Value, "  "))
			}
			return b.String()
		}
	}
	return indent + key + ": " + flow(value) + newLine
}

// item writes one item of a list in lines.
func item(value any, column, inner int, short bool) string {
	lead := strings.Repeat(" ", column) + "-" + strings.Repeat(" ", max(inner-column-1, 1))
	entry, ok := value.(Entry)
	if !ok || short {
		return lead + flow(value) + newLine
	}
	var b strings.Builder
	for i, p := range entry {
		if i > 0 {
			lead = strings.Repeat(" ", inner)
		}
		b.WriteString(lead + p.Key + ": " + flow(p.Value) + newLine)
	}
	return b.String()
}
