package propose

import (
	"encoding/csv"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"homeward/internal/problem"
)

// shortWords are short forms that people write with capitals of all kinds.
var shortWords = regexp.MustCompile(`(?i)\b(?:dtocs?|dob|los|mffd|mofd|moffd|nctr|nctor|` +
	`ctr|c2r|r2r|drd|edd|pdd|edod|adod|doa|crfd|rfd|tto|tci|nok|d/c)\b`)

// dotted are letters with points between them: D.O.B. is DOB.
var dotted = regexp.MustCompile(`\b[A-Za-z](?:\.[A-Za-z])+\b\.?`)

// tokens cuts a heading into the words that rules are written in.
func (v *vocabulary) tokens(heading string) []string {
	// OrgIDProv and NHSNumber are written without spaces.
	var b strings.Builder
	heading = dotted.ReplaceAllStringFunc(heading, func(m string) string { return strings.ToUpper(strings.ReplaceAll(m, ".", "")) })
	runes := []rune(shortWords.ReplaceAllStringFunc(heading, strings.ToLower))
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1])) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	text := " " + strings.Join(strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return unicode.IsSpace(r) || r == '_' }),
		" ") + " "
	text = v.unglue(strings.ReplaceAll(text, "#", " number "))
	for _, j := range v.phrases {
		text = inWords(text, j.from, j.to)
	}
	var out []string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if as, ok := v.same[word]; ok {
			word = as
		}
		for part := range strings.FieldsSeq(word) {
			if !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	return out
}

// unglue parts words that are written without a space, where the last part is one of
// the table's and the rest is known.
func (v *vocabulary) unglue(text string) string {
	words := strings.Split(text, " ")
	for i, word := range words {
		if v.known[word] || shortWords.FindString(word) == word {
			continue
		}
		for _, end := range v.glued {
			rest, ok := strings.CutSuffix(word, end)
			if ok && (v.known[rest] || rest != "" && shortWords.FindString(rest) == rest) {
				words[i] = rest + " " + end
				break
			}
		}
	}
	return strings.Join(words, " ")
}

// inWords replaces a phrase where it stands as words of its own.
func inWords(text, from, to string) string {
	for at := 0; ; {
		i := strings.Index(text[at:], from)
		if i < 0 {
			return text
		}
		i += at
		end := i + len(from)
		before, after := text[max(i-1, 0):i], text[end:min(end+1, len(text))]
		if isLetter(before) && i > 0 || isLetter(after) && !strings.HasSuffix(from, " ") && end < len(text) {
			at = end
			continue
		}
		text = text[:i] + to + text[end:]
		at = i + len(to)
	}
}

func isLetter(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// rule says that a heading with all of its words may be a field's, as surely as
// weight says.
type rule struct {
	words  []string
	weight float64
}

// naming is what headings a field has. A heading with a word of without is none
// of them, unless the rule that fits names the word.
type naming struct {
	rules   []rule
	without []string
}

// keyword says that a phrase with one of its words may mean something.
type keyword struct {
	words   []string
	meaning string
}

// vocabulary is the table of headings of the reference data.
type vocabulary struct {
	phrases []struct{ from, to string }
	same    map[string]string
	names   map[string]naming
	never   []string             // words with which a heading is no field at all
	glued   []string             // ends of words that are two
	known   map[string]bool      // words that a rule or another word has, but for those that say nothing
	like    map[string][]keyword // by kind of word
	odsCode *regexp.Regexp       // what codes of providers look like, more closely than what may be one
}

// vocabularyFile is that table.
const vocabularyFile = "headings.csv"

func readVocabulary(ref fs.FS) (*vocabulary, error) {
	f, err := ref.Open(vocabularyFile)
	if err != nil {
		return nil, problem.Wrap(err, problem.Internal, "the table of headings could not be read")
	}
	defer f.Close()
	lines := csv.NewReader(f)
	lines.Comment = '#'
	rows, err := lines.ReadAll()
	if err != nil {
		return nil, problem.Wrap(err, problem.Internal, "the table of headings is damaged")
	}
	v := &vocabulary{same: map[string]string{}, known: map[string]bool{}, names: map[string]naming{}, like: map[string][]keyword{}}
	for i, row := range rows[1:] {
		use, from, to := row[0], row[1], row[2]
		switch use {
		case "phrase":
			v.phrases = append(v.phrases, struct{ from, to string }{from, to})
		case "word":
			v.same[from], v.known[from] = to, to != ""
		case "glued":
			v.glued = append(v.glued, from)
		case "heading", "without":
			if to != notRead && to != "*" && !slices.Contains(fields, to) {
				return nil, problem.New(problem.Internal, "%s, row %d: %q is no field.", vocabularyFile, i+2, to)
			}
			if use == "without" && to == "*" {
				v.never = append(v.never, from)
				continue
			}
			n := v.names[to]
			if use == "without" {
				n.without = append(n.without, from)
			} else {
				weight, err := strconv.ParseFloat(row[3], 64)
				if err != nil {
					return nil, problem.Wrap(err, problem.Internal, "%s, row %d", vocabularyFile, i+2)
				}
				n.rules = append(n.rules, rule{strings.Fields(from), weight})
				for word := range strings.FieldsSeq(from) {
					if len(word) > 1 {
						v.known[word] = true
					}
				}
			}
			v.names[to] = n
		case "code":
			if v.odsCode, err = regexp.Compile(from); err != nil {
				return nil, problem.Wrap(err, problem.Internal, "%s, row %d", vocabularyFile, i+2)
			}
		case "like":
			kind, meaning, _ := strings.Cut(to, "/")
			v.like[kind] = append(v.like[kind], keyword{strings.Fields(from), meaning})
		default:
			return nil, problem.New(problem.Internal, "%s, row %d: %q is no use.", vocabularyFile, i+2, use)
		}
	}
	if v.odsCode == nil {
		return nil, problem.New(problem.Internal, "%s says not what codes of providers look like.", vocabularyFile)
	}
	return v, nil
}

// likely gives what a phrase of a kind may mean, by the first of the keywords
// that it has.
func (v *vocabulary) likely(kind, text string) (string, bool) {
	words := wordsIn(text)
	for _, k := range v.like[kind] {
		for _, word := range words {
			if slices.Contains(k.words, word) {
				return k.meaning, true
			}
		}
	}
	return "", false
}

// onlyLikely gives what a phrase of a kind may mean where its keywords are of one
// meaning alone: a nursing home that waits for its funding may be either.
func (v *vocabulary) onlyLikely(kind, text string) (meaning string, ok bool) {
	words := wordsIn(text)
	for _, k := range v.like[kind] {
		for _, word := range words {
			switch {
			case !slices.Contains(k.words, word):
			case meaning != "" && meaning != k.meaning:
				return "", false
			default:
				meaning = k.meaning
			}
		}
	}
	return meaning, meaning != ""
}

func wordsIn(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// notRead stands for a column that no field of a layout has.
const notRead = "not_read"

// named says how surely a heading is a field's, from 0 to 1: the best rule, less
// for each word that the rule does not explain.
func (v *vocabulary) named(words []string, field string) float64 {
	n := v.names[field]
	best := 0.0
	for _, r := range n.rules {
		if len(r.words) > len(words) || len(r.words) == 0 {
			continue
		}
		all := true
		for _, w := range r.words {
			all = all && slices.Contains(words, w)
		}
		for _, w := range n.without {
			all = all && (!slices.Contains(words, w) || slices.Contains(r.words, w))
		}
		for _, w := range v.never {
			all = all && (field == notRead || !slices.Contains(words, w) || slices.Contains(r.words, w))
		}
		if all {
			best = max(best, r.weight*(0.62+0.38*float64(len(r.words))/float64(len(words))))
		}
	}
	return best
}
