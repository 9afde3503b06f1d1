package extract

import (
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeward/internal/config"
	"homeward/internal/problem"
)

// isInvisible says whether a character shows nothing or steers a terminal:
// controls, formats such as zero-width joiners and direction overrides, and
// private use. White space is not among them.
func isInvisible(r rune) bool {
	if r < 0x7f {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r'
	}
	return r < 0xa0 && r != 0x85 || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs) || r == 0x115f || r == 0x1160 || r == 0x3164
}

// isBlank says whether a character is white space of any kind.
func isBlank(r rune) bool { return r == ' ' || unicode.IsSpace(r) }

// clean gives the text of a cell on one line: without invisible characters,
// with single spaces for white space, and of at most max characters. removed
// says that characters were taken out, cut that the text was shortened.
func clean(cell []byte, max int) (text string, removed, cut bool) {
	if isPlain(cell) && len(cell) <= max {
		return string(cell), false, false
	}
	var b strings.Builder
	space, n := false, 0
	for len(cell) > 0 {
		r, size := utf8.DecodeRune(cell)
		cell = cell[size:]
		switch {
		case isBlank(r):
			space = b.Len() > 0
			continue
		case isInvisible(r):
			removed = true
			continue
		}
		if n >= max {
			return b.String(), removed, true
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		b.WriteRune(r)
		n++
	}
	return b.String(), removed, false
}

// isPlain says that a cell is as clean would have it, as nearly all are: visible
// ASCII, and single spaces between it.
func isPlain(cell []byte) bool {
	before := byte(' ')
	for _, b := range cell {
		if b < ' ' || b > '~' || b == ' ' && before == ' ' {
			return false
		}
		before = b
	}
	return before != ' ' || len(cell) == 0
}

// fold gives a text in the form in which words and headings are compared:
// small letters, single spaces, one kind of dash and apostrophe, nothing
// around dashes and strokes, no full stop or colon at the end.
func fold(s string) string {
	s, _, _ = clean([]byte(s), 1000)
	s = strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '―', '−':
			return '-'
		case '‘', '’', '`', '´':
			return '\''
		case '“', '”':
			return '"'
		}
		return unicode.ToLower(r)
	}, s)
	for _, mark := range []string{"-", "/"} {
		s = strings.ReplaceAll(strings.ReplaceAll(s, " "+mark, mark), mark+" ", mark)
	}
	return strings.TrimRight(s, ".:; ")
}

// squash gives only the letters and digits of a text, small.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// nothings are words that stand for no value (I2).
var nothings = map[string]bool{
	"null": true, "nil": true, "none": true, "nan": true, "nat": true, "undefined": true, "blank": true, "empty": true, `\n`: true,
	"n/a": true, "na": true, "n.a": true, "n/k": true, "nk": true, "n.k": true, "not known": true, "unknown": true, "not applicable": true,
	"not given": true, "not recorded": true, "not stated": true, "tbc": true, "tba": true, "tbd": true, "to be confirmed": true,
}

// nothing says whether a text stands for no value: one of the words, in brackets
// or not, or punctuation alone.
func nothing(text string) bool {
	if len(text) > 24 {
		return false
	}
	f := fold(text)
	if nothings[f] || nothings[strings.Trim(f, "()[]<>{} ")] {
		return true
	}
	return f != "" && !strings.ContainsFunc(f, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) ||
		f == "" && text != ""
}

// vocabulary maps folded words to their meanings.
type vocabulary map[string]string

// newVocabulary reads the lists that v uses, then v's own words, which stand
// above them.
func newVocabulary(ref fs.FS, kind string, v config.Vocabulary, usual ...string) (vocabulary, error) {
	words := vocabulary{}
	use := []string(v.Use)
	if len(use) == 0 && len(v.Add) == 0 {
		use = usual
	}
	for _, name := range use {
		file := path.Join("words", kind, name+".yaml")
		data, err := fs.ReadFile(ref, file)
		if err != nil {
			return nil, problem.Wrap(err, problem.Invalid, "words.%s.use: there is no word list %q; expected one of %s", kind, name,
				strings.Join(wordLists(ref, kind), ", "))
		}
		list, err := config.ParseWordList(file, data)
		if err != nil {
			return nil, err
		}
		for meaning, all := range list.Words {
			for _, w := range all {
				if _, ok := words[fold(w)]; !ok {
					words[fold(w)] = meaning
				}
			}
		}
	}
	for meaning, all := range v.Add {
		for _, w := range all {
			words[fold(w)] = meaning
		}
	}
	return words, nil
}

func wordLists(ref fs.FS, kind string) []string {
	files, _ := fs.Glob(ref, path.Join("words", kind, "*.yaml"))
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return files
}

// reason gives the meaning of a reason as extracts write it: a label, a code,
// or a code with a bracket, dot or dash before a label. why is set when the
// text cannot be read, or only in part.
func (v vocabulary) reason(text string) (meaning, why string) {
	f := fold(text)
	if m, ok := v[f]; ok {
		return m, ""
	}
	if m, ok := v[squash(f)]; ok {
		return m, ""
	}
	code, label, ok := codeAndLabel(f)
	if !ok {
		// "Di residential home": no mark between, so both must be known.
		code, label, _ = strings.Cut(f, " ")
		code = squash(code)
		if m, known := v[label]; known && v[code] == m {
			return m, ""
		}
		return config.NotKnown, notInLayout
	}
	byCode, okCode := v[code]
	byLabel, okLabel := v[label]
	switch {
	case okCode && okLabel && byCode != byLabel:
		return config.NotKnown, "a code and a label that contradict each other"
	case okCode && okLabel:
		return byCode, ""
	case okLabel:
		return config.NotKnown, "a known label after a code that the layout does not know"
	case okCode:
		return byCode, "a known code before a label that the layout does not know; the code was read"
	}
	return config.NotKnown, notInLayout
}

// notInLayout is said of a word that no list of the layout has.
const notInLayout = "not in the layout"

// codeAndLabel splits "e) care package in home" or "d(ii). nursing home".
func codeAndLabel(f string) (code, label string, ok bool) {
	for i := 1; i < len(f) && i <= 6; i++ {
		if !strings.ContainsRune(").:-", rune(f[i])) {
			continue
		}
		// A bracket that opens belongs to the code: d(i) care home.
		head := f[:i+1]
		if strings.Count(head, "(") > strings.Count(head, ")") {
			continue
		}
		rest := strings.TrimLeft(f[i+1:], "):.- ")
		c := squash(head)
		if c == "" || len(c) > 3 || rest == "" {
			continue
		}
		// d.i) home: the code goes on.
		if next, tail, more := strings.Cut(rest, ")"); more && len(squash(next)) <= 2 && !strings.Contains(next, " ") {
			c, rest = c+squash(next), strings.TrimLeft(tail, "):.- ")
		}
		if rest == "" {
			return "", "", false
		}
		return c, rest, true
	}
	return "", "", false
}
