package council

import (
	"strings"
	"unicode"
)

// heads and tails only say that a name is a council's, in English, Welsh and
// Gaelic. The longest that fits is taken off first.
var (
	heads = []string{
		"the ", "london borough of ", "royal borough of ", "metropolitan borough of ", "borough of ", "county borough of ",
		"city and county of ", "county of ", "city of ", "council of the ", "council of ",
		"cyngor bwrdeistref sirol ", "cyngor dinas ", "cyngor sir ", "cyngor ", "dinas a sir ", "sir ", "comhairle nan ", "comhairle ",
	}
	tails = []string{
		" city and borough", " city and district", " county borough", " metropolitan borough", " metropolitan district", " unitary authority",
		" local authority",
		" council", " county", " city", " borough", " metropolitan", " district", " unitary", " corporation",
		" ua", " cc", " bc", " dc", " mbc", " mdc", " cbc", " lb", " rb",
	}
	// turned are heads that lists write behind the name: "Bristol, City of".
	turned = []string{"city of", "county of", "the", "the city of", "london borough of", "royal borough of", "city and county of",
		"county borough of", "isle of", "borough of"}
)

// keys gives the forms under which a name is looked up, the nearest first.
// With plain, what only says that it is a council may be left off.
func keys(name string, plain bool) []string {
	key := fold(name)
	if key == "" {
		return nil
	}
	out := []string{key}
	add := func(k string) {
		if k != "" {
			out = append(out, k)
		}
	}
	// A letter that a sender's system could not write arrives as a mark or not
	// at all: "Sir Ynys M?n" and "Sir Ynys Mn" are Sir Ynys Môn.
	lost := fold(withoutAccented(name))
	if lost != key {
		add(lost)
	}
	if plain {
		for _, k := range []string{key, lost} {
			add(bare(turn(k)))
		}
	}
	return out
}

// fold makes alike what people write differently: capitals, accents, dashes,
// full stops and commas, "&" and "and", spaces.
func fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if plain, ok := accents[unicode.ToLower(r)]; ok {
			r = plain
		}
		switch {
		case r == '&':
			space = b.Len() > 0
			if space {
				b.WriteByte(' ')
			}
			b.WriteString("and")
			space = true
			continue
		case unicode.Is(unicode.Mn, r), r == '.', r == '\'', r == '’', r == '‘', r == '`', r == '´', r == '?', r == unicode.ReplacementChar:
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r), r == ',', r == '(':
		default:
			space = b.Len() > 0
			continue
		}
		if r == ',' || r == '(' {
			b.WriteByte(',')
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(b.String(), ", ")
}

// turn puts a head that stands behind the name before it, and takes the commas
// of a list of places out.
func turn(key string) string {
	if at := strings.LastIndexByte(key, ','); at > 0 {
		tail := strings.TrimSpace(key[at+1:])
		for _, head := range turned {
			if tail == head {
				key = head + " " + key[:at]
				break
			}
		}
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(key, ",", " ")), " ")
}

// bare takes off a folded name what only says that it is a council.
func bare(s string) string {
	for {
		short := s
		for _, head := range heads {
			short = strings.TrimPrefix(short, head)
		}
		for _, tail := range tails {
			short = strings.TrimSuffix(short, tail)
		}
		if short == s || short == "" {
			return s
		}
		s = short
	}
}

func withoutAccented(s string) string {
	return strings.Map(func(r rune) rune {
		if _, ok := accents[unicode.ToLower(r)]; ok {
			return -1
		}
		return r
	}, s)
}

// accents are the letters of Welsh and Gaelic that many systems cannot write.
var accents = map[rune]rune{
	'â': 'a', 'ê': 'e', 'î': 'i', 'ô': 'o', 'û': 'u', 'ŵ': 'w', 'ŷ': 'y',
	'à': 'a', 'è': 'e', 'ì': 'i', 'ò': 'o', 'ù': 'u', 'á': 'a', 'é': 'e', 'í': 'i', 'ó': 'o', 'ú': 'u',
	'ä': 'a', 'ë': 'e', 'ï': 'i', 'ö': 'o', 'ü': 'u',
}
