package chart

import "strings"

// helvetica holds the widths of the printable ASCII characters in thousandths
// of the font size, from the Adobe font metrics of Helvetica, which Arial and
// Liberation Sans match.
var helvetica = [95]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// textWidth is the width of one line of text in pixels. Characters outside
// ASCII count as a full em from the first ideograph on, as a letter before it.
func textWidth(s string, font float64) float64 {
	var w float64
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			w += float64(helvetica[r-' '])
		case r >= 0x1100:
			w += 1000
		default:
			w += 600
		}
	}
	return w * font / 1000
}

// TextWidth is the width of one line of text for what is drawn without ECharts,
// in the unit of the font's size.
func TextWidth(s string, font float64) float64 { return textWidth(s, font) }

// edge is how much wider than Helvetica a label at the edge of a drawing may be
// drawn where the machine has another font: DejaVu's digits are a seventh wider.
const edge = 1.16

// widest is the width of the widest of several lines.
func widest(lines string, font float64) float64 {
	w := 0.0
	for l := range strings.SplitSeq(lines, "\n") {
		w = max(w, textWidth(l, font))
	}
	return w
}

// wrap breaks s at spaces into lines no wider than width, at most lines of
// them; a word too long for a line is cut, and what does not fit ends in an
// ellipsis.
func wrap(s string, font, width float64, lines int) []string {
	var out []string
	line := ""
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		word := words[i]
		if textWidth(word, font) > width {
			fits, rest := splitAt(word, font, width)
			words[i] = fits
			words = append(words[:i+1], append([]string{rest}, words[i+1:]...)...)
			word = fits
		}
		next := word
		if line != "" {
			next = line + " " + word
		}
		if textWidth(next, font) <= width {
			line = next
			continue
		}
		if line == "" {
			out = append(out, word)
		} else {
			out = append(out, line)
			line = word
		}
		if len(out) == lines {
			out[lines-1] = ellipsis(out[lines-1], font, width)
			return out
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// Wrap is the same for what is drawn without ECharts.
func Wrap(s string, font, width float64, lines int) []string { return wrap(s, font, width, lines) }

// splitAt parts a word where it stops fitting, after at least one rune.
func splitAt(word string, font, width float64) (fits, rest string) {
	r := []rune(word)
	n := len(r)
	for n > 1 && textWidth(string(r[:n]), font) > width {
		n--
	}
	if n == len(r) {
		n--
	}
	if n < 1 {
		return word, ""
	}
	return string(r[:n]), string(r[n:])
}

func ellipsis(s string, font, width float64) string {
	r := []rune(s)
	for len(r) > 0 && textWidth(string(r)+"…", font) > width {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " ") + "…"
}
