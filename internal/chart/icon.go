package chart

import (
	"bytes"
	"fmt"

	"homeward/internal/spc"
)

// Icon says in a small drawing of our own what a control chart shows, by shape
// as well as colour. Words always stand beside it, so it is hidden from screen
// readers. Its drawing is empty when there is nothing to say.
type Icon struct {
	Words string
	SVG   []byte
}

// variationIcon is the latest reading's own shape in a ring, with an H or L for
// high or low; where it is no signal and too many others are for anything to be
// usual, steps up and down.
func variationIcon(r spc.Result) Icon {
	last := r.Points[len(r.Points)-1]
	g := r.Groups[len(r.Groups)-1]
	i := Icon{Words: r.Variation.Words}
	if r.Variation.Icon == "" {
		return i
	}
	l := lookOf(spc.PointResult{Words: last.Words, Kind: r.Variation.Kind}, g)
	ring, letter := l.fill, ""
	if l.kind == "usual" {
		ring = usualEdge
	} else if l.words != "" {
		letter = l.words[:1] // Higher or Lower
	}
	shape := map[string]string{
		"usual":   `<circle cx="12" cy="25" r="4"/><circle cx="24" cy="20" r="4"/><circle cx="36" cy="25" r="4"/>`,
		"wanted":  `<rect x="11" y="10" width="26" height="26"/>`,
		"neutral": `<path d="M24 7L40 24L24 41L8 24Z"/>`,
	}[l.kind]
	if l.kind == "usual" && !r.Shape().Quiet {
		shape = `<path d="M9 31H19V17H29V27H39" fill="none" stroke-width="4"/>`
	}
	ink2 := ink
	if l.kind == "other" {
		shape = `<path d="M24 8L40 37H8Z"/>`
		if l.symbol == downTriangle {
			shape = `<path d="M24 40L8 11H40Z"/>`
		}
	}
	if l.kind == "neutral" {
		ink2 = white
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 48 48" aria-hidden="true" focusable="false">`+
		`<circle cx="24" cy="24" r="22.5" fill="%s" stroke="%s" stroke-width="3"/><g fill="%s" stroke="%s" stroke-width="1.5">%s</g>`,
		white, ring, l.fill, l.edge, shape)
	if letter != "" {
		y := 29
		if l.kind == "other" {
			y = 33
			if l.symbol == downTriangle {
				y = 26
			}
		}
		fmt.Fprintf(&b, `<text x="24" y="%d" text-anchor="middle" font-family="%s" font-size="15" font-weight="bold" fill="%s">%s</text>`, y,
			fontNames, ink2, letter)
	}
	b.WriteString(`</svg>`)
	i.SVG = b.Bytes()
	return i
}

// assuranceIcon is the letter of the assurance in a circle.
func assuranceIcon(r spc.Result) Icon {
	i := Icon{Words: r.Assurance.Words}
	if r.Assurance.Letter == "" {
		return i
	}
	dash := map[spc.AssuranceKind]string{spc.Inconsistent: ` stroke-dasharray="6 4"`}[r.Assurance.Kind]
	i.SVG = fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 48 48" aria-hidden="true" `+
		`focusable="false">`+
		`<circle cx="24" cy="24" r="22" fill="%s" stroke="%s" stroke-width="3"%s/>`+
		`<text x="24" y="32" text-anchor="middle" font-family="%s" font-size="24" font-weight="bold" fill="%s">%s</text></svg>`,
		white, ink, dash, fontNames, ink, r.Assurance.Letter)
	return i
}
