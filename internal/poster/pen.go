// Package poster draws the slides of the weekly call for a wall: from the counts
// that a call keeps to SVG that scales with the screen. A drawing is 1,504 units
// wide, so that sixteen of them are one hundredth of the wall's width. Letters,
// lines and plain fills are classes, which the style sheet makes light or dark;
// the only colours are those of the two patterns (joint and not attributed), which
// are the same on every ground and which no style sheet can reach. No letter is
// smaller than the wall's least. What counts the numbers is package
// call; nothing is worked out here but where things stand.
package poster

import (
	"cmp"
	"fmt"
	"html"
	"strings"

	"homeward/internal/chart"
	"homeward/internal/delay"
)

// Width and Height are the size of every drawing, in its own units.
const (
	Width  = 1504
	Height = 664
)

// The sizes of letters. small is the least that is read from the back of a room;
// key that of numbers that carry a finding.
const (
	small = 30
	label = 34
	key   = 46
)

// bold is how much wider bold letters are, at most.
const bold = 1.09

// pen writes one drawing.
type pen struct {
	strings.Builder
	// id begins the names of the patterns, so that several drawings stand on a page.
	id string
}

// attr is the look of a text: its place along the line, its weight and class.
type attr struct {
	anchor, class string
	bold          bool
}

func (p *pen) rect(x, y, w, h float64, class string) {
	fmt.Fprintf(p, `<rect x="%s" y="%s" width="%s" height="%s" class="app-poster__%s"/>`, n(x), n(y), n(max(w, 0)), n(max(h, 0)), class)
}

// block is a rectangle of a body.
func (p *pen) block(x, y, w, h float64, b delay.Body) {
	fill := ""
	switch b {
	case delay.Joint:
		fill = ` fill="url(#` + p.id + `-dots)"`
	case delay.NotAttributed:
		fill = ` fill="url(#` + p.id + `-hatch)"`
	}
	fmt.Fprintf(p, `<rect x="%s" y="%s" width="%s" height="%s" class="app-poster__block app-poster__block--%s"%s/>`, n(x), n(y), n(max(w, 0)),
		n(max(h, 0)), b.Slug(), fill)
}

func (p *pen) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(p, `<line x1="%s" y1="%s" x2="%s" y2="%s" class="app-poster__%s"/>`, n(x1), n(y1), n(x2), n(y2), class)
}

func (p *pen) text(x, y, size float64, words string, a attr) {
	fmt.Fprintf(p, `<text x="%s" y="%s" font-size="%s" class="app-poster__%s"`, n(x), n(y), n(size), cmp.Or(a.class, "words"))
	if a.anchor != "" {
		p.WriteString(` text-anchor="` + a.anchor + `"`)
	}
	if a.bold {
		p.WriteString(` font-weight="600"`)
	}
	p.WriteString(">" + html.EscapeString(words) + "</text>")
}

// lines writes words on at most so many lines that are no wider than room, the
// middle of all of them at y.
func (p *pen) lines(x, y, size, room float64, most int, words string, a attr) {
	all := wrap(words, size, room, most, a.bold)
	lead := size * 1.12
	y += size*0.36 - lead*float64(len(all)-1)/2
	for _, l := range all {
		p.text(x, y, size, l, a)
		y += lead
	}
}

// done wraps what was drawn.
func (p *pen) done(alt string) Drawing {
	head := fmt.Sprintf(`<svg class="app-poster__svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`, Width, Height, html.EscapeString(alt))
	defs := fmt.Sprintf(`<defs><pattern id="%[1]s-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
		`<rect width="6" height="6" fill="#ffffff"/><rect width="2" height="6" fill="#3d3d3d"/></pattern>`+
		`<pattern id="%[1]s-dots" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" fill="#28a197"/>`+
		`<circle cx="2" cy="2" r="1.2" fill="#ffffff"/></pattern></defs>`, p.id)
	return Drawing{SVG: head + defs + p.String() + "</svg>", Alt: alt}
}

// Drawing is a poster with its words for those who do not see it. An empty one
// says that there is nothing to draw.
type Drawing struct{ SVG, Alt string }

func n(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func width(words string, size float64, heavy bool) float64 {
	w := chart.TextWidth(words, size)
	if heavy {
		w *= bold
	}
	return w
}

// wrap breaks words at spaces into lines that fit; what does not fit the last of
// them ends in an ellipsis.
func wrap(words string, size, room float64, most int, heavy bool) []string {
	if heavy {
		room /= bold
	}
	return chart.Wrap(words, size, room, most)
}

// cut shortens words to what fits on one line.
func cut(words string, size, room float64, heavy bool) string {
	return strings.Join(wrap(words, size, room, 1, heavy), "")
}

// space gives the least room, at most most, in which each of the names stands on
// so many lines with nothing cut off.
func space(names []string, size, most float64, lines int, heavy bool) float64 {
	room := 0.0
	for _, name := range names {
		for _, word := range strings.Fields(name) {
			room = max(room, width(word, size, heavy))
		}
	}
	for _, name := range names {
		for room < most && strings.Join(wrap(name, size, room+0.01, lines, heavy), " ") != strings.Join(strings.Fields(name), " ") {
			room += 4
		}
	}
	return min(room+0.01, most)
}

// fitting gives the largest size, at most most, at which words are no wider than
// room.
func fitting(words string, most, room float64) float64 {
	return min(most, most*room/width(words, most, true))
}

// on is the class of letters that stand on a body's block.
func on(b delay.Body) string {
	if b == delay.NHS {
		return "on-dark"
	}
	return "on-light"
}
