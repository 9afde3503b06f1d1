package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"homeward/internal/problem"
)

// elements are what a drawing may consist of. Anything else that ECharts might
// write is refused rather than passed on: a script or a foreign object in an
// image would run in the reader's browser.
var elements = map[string]bool{
	"svg": true, "g": true, "path": true, "rect": true, "circle": true, "ellipse": true, "line": true,
	"polyline": true, "polygon": true, "text": true, "tspan": true, "defs": true, "clipPath": true,
	"pattern": true, "use": true, "linearGradient": true, "radialGradient": true, "stop": true,
}

// attributes are what those elements may bear. References are checked apart.
var attributes = map[string]bool{
	"d": true, "x": true, "y": true, "x1": true, "y1": true, "x2": true, "y2": true, "cx": true, "cy": true,
	"r": true, "rx": true, "ry": true, "width": true, "height": true, "points": true, "transform": true,
	"dx": true, "dy": true, "id": true, "viewBox": true, "offset": true, "stop-color": true, "stop-opacity": true,
	"patternUnits": true, "patternContentUnits": true, "patternTransform": true, "clipPathUnits": true,
	"gradientUnits": true, "clip-path": true, "clip-rule": true, "fill": true, "fill-opacity": true, "fill-rule": true,
	"stroke": true, "stroke-width": true, "stroke-opacity": true, "stroke-dasharray": true, "stroke-dashoffset": true,
	"stroke-linecap": true, "stroke-linejoin": true, "stroke-miterlimit": true, "opacity": true, "paint-order": true,
	"text-anchor": true, "dominant-baseline": true, "font-size": true, "font-family": true, "font-weight": true,
	"font-style": true, "text-decoration": true,
}

// reference finds a reference to an id inside the drawing.
var reference = regexp.MustCompile(`url\(\s*['"]?#([^)'"\s]+)['"]?\s*\)`)

// node is one element of a drawing with everything in it.
type node struct {
	name     string
	attrs    [][2]string
	children []node
	text     string
}

// parse reads ECharts' SVG into clean nodes: style attributes become
// presentation attributes, style blocks, classes and ECharts' own marks go, and
// ids and the references to them become the prefix and a number.
func parse(raw, prefix string) (node, error) {
	d := xml.NewDecoder(strings.NewReader(raw))
	names := ids{prefix: prefix, seen: map[string]string{}}
	var root *node
	var build func(start xml.StartElement) (node, error)
	build = func(start xml.StartElement) (node, error) {
		n := node{name: start.Name.Local}
		if !elements[n.name] {
			return n, problem.New(problem.Internal, "the drawing holds an element <%s>, which charts may not have", n.name)
		}
		var err error
		if n.attrs, err = names.clean(start.Attr); err != nil {
			return n, err
		}
		for {
			token, err := d.Token()
			if err != nil {
				return n, err
			}
			switch t := token.(type) {
			case xml.StartElement:
				if t.Name.Local == "style" {
					if err := d.Skip(); err != nil {
						return n, err
					}
					continue
				}
				child, err := build(t)
				if err != nil {
					return n, err
				}
				n.children = append(n.children, child)
			case xml.CharData:
				if n.name == "text" || n.name == "tspan" {
					n.children = append(n.children, node{text: string(t)})
				}
			case xml.EndElement:
				return n, nil
			}
		}
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return node{}, problem.Wrap(err, problem.Internal, "the drawing is not well-formed")
		}
		if start, ok := token.(xml.StartElement); ok && root == nil {
			n, err := build(start)
			if err != nil {
				return node{}, err
			}
			root = &n
		}
	}
	if root == nil || root.name != "svg" {
		return node{}, problem.New(problem.Internal, "the drawing is not an SVG element")
	}
	return *root, nil
}

// ids renames ids in the order in which they are met. ECharts numbers them on
// from drawing to drawing; the same chart must give the same bytes (C10).
type ids struct {
	prefix string
	seen   map[string]string
}

func (n ids) rename(id string) string {
	if n.seen[id] == "" {
		n.seen[id] = fmt.Sprintf("%s%d", n.prefix, len(n.seen)+1)
	}
	return n.seen[id]
}

// clean gives the attributes that may stand, in the order they came.
func (n ids) clean(attrs []xml.Attr) ([][2]string, error) {
	var out [][2]string
	set := func(name, value string) {
		for i := range out {
			if out[i][0] == name {
				out[i][1] = value
				return
			}
		}
		out = append(out, [2]string{name, value})
	}
	for _, a := range attrs {
		name, value := a.Name.Local, a.Value
		switch {
		case name == "style":
			for declaration := range strings.SplitSeq(value, ";") {
				property, v, ok := strings.Cut(declaration, ":")
				if property = strings.TrimSpace(property); ok && attributes[property] {
					set(property, strings.TrimSpace(v))
				}
			}
			continue
		case name == "href":
			if !strings.HasPrefix(value, "#") {
				return nil, problem.New(problem.Internal, "the drawing refers to something outside itself")
			}
			set("href", "#"+n.rename(value[1:]))
			continue
		case a.Name.Space != "" || !attributes[name]:
			continue
		case name == "id":
			value = n.rename(value)
		}
		set(name, value)
	}
	for i := range out {
		if !strings.Contains(out[i][1], "url(") {
			continue
		}
		m := reference.FindStringSubmatch(out[i][1])
		if m == nil || m[0] != strings.TrimSpace(out[i][1]) {
			return nil, problem.New(problem.Internal, "the drawing refers to something outside itself")
		}
		out[i][1] = "url(#" + n.rename(m[1]) + ")"
	}
	return out, nil
}

// write adds the node as XML. It writes no namespaces: the root does.
func (n node) write(b *bytes.Buffer) {
	if n.name == "" {
		escape(b, n.text)
		return
	}
	b.WriteByte('<')
	b.WriteString(n.name)
	for _, a := range n.attrs {
		writeAttr(b, a[0], a[1])
	}
	if len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, c := range n.children {
		c.write(b)
	}
	b.WriteString("</" + n.name + ">")
}

func writeAttr(b *bytes.Buffer, name, value string) {
	b.WriteByte(' ')
	b.WriteString(name)
	b.WriteString(`="`)
	escape(b, value)
	b.WriteByte('"')
}

// escape writes text so that both an XML reader and an HTML reader see text.
func escape(b *bytes.Buffer, s string) {
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
}

// prefixOf makes an id prefix from the chart's id.
func prefixOf(id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(id) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' && b.Len() > 0 {
			b.WriteRune(r)
		} else if b.Len() > 0 {
			b.WriteByte('-')
		}
	}
	if b.Len() == 0 {
		b.WriteString("chart")
	}
	return b.String() + "-"
}

// inline is the form that stands in a page.
func inline(raw string, c Chart) ([]byte, error) {
	prefix := prefixOf(c.ID)
	root, err := parse(raw, prefix)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	open(&b, c, prefix, c.Width, c.Height, false)
	for _, child := range root.children {
		child.write(&b)
	}
	b.WriteString("</svg>")
	return b.Bytes(), nil
}

// open writes the root element with the chart's name and description. The inline
// form has no height of its own: it takes it from the view box and its width.
func open(b *bytes.Buffer, c Chart, prefix string, width, height int, standalone bool) {
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg"`)
	if standalone {
		writeAttr(b, "width", fmt.Sprint(width))
		writeAttr(b, "height", fmt.Sprint(height))
	} else {
		writeAttr(b, "width", "100%")
	}
	writeAttr(b, "viewBox", fmt.Sprintf("0 0 %d %d", width, height))
	writeAttr(b, "role", "img")
	writeAttr(b, "aria-label", plain(c.Alt))
	writeAttr(b, "font-family", fontNames)
	b.WriteString("><title")
	writeAttr(b, "id", prefix+"title")
	b.WriteByte('>')
	escape(b, plain(c.Title))
	b.WriteString("</title><desc")
	writeAttr(b, "id", prefix+"desc")
	b.WriteByte('>')
	escape(b, plain(c.Alt))
	b.WriteString("</desc>")
}

// standalone is the whole picture: words above and below the plot.
func standalone(raw string, c Chart) ([]byte, error) {
	prefix := prefixOf(c.ID)
	root, err := parse(raw, prefix)
	if err != nil {
		return nil, err
	}
	font := c.font
	if font == 0 {
		font = float64(Page.Font)
	}
	pad := font * 1.4
	room := float64(c.Width)
	wide := c.Width + int(math.Round(2*pad))
	type line struct {
		words, weight string
		size, y       float64
	}
	var lines []line
	y := pad
	add := func(words string, size float64, weight string, most int) {
		// Bold letters are about a tenth wider than the widths we measure with.
		width := room
		if weight == "bold" {
			width = room / 1.1
		}
		for _, l := range wrap(plain(words), size, width, most) {
			y += size * 1.3
			lines = append(lines, line{words: l, weight: weight, size: size, y: y - size*0.3})
		}
	}
	add(c.Title, font*1.35, "bold", 3)
	y += font * 0.35
	add(c.Subtitle, font, "normal", 3)
	y += font * 0.9
	plotTop := y
	y += float64(c.Height) + font*0.6
	small := font * 0.86
	for i, n := range c.Notes {
		if i == 6 {
			add(fmt.Sprintf("And %d more notes; the table has them all.", len(c.Notes)-i), small, "normal", 1)
			break
		}
		add(n, small, "normal", 2)
	}
	add(c.Definition, small, "normal", 4)
	add(c.Source, small, "normal", 2)
	height := int(y + pad)

	var b bytes.Buffer
	open(&b, c, prefix, wide, height, true)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="%s"/>`, wide, height, white)
	for _, l := range lines {
		b.WriteString("<text")
		writeAttr(&b, "x", px(pad))
		writeAttr(&b, "y", px(l.y))
		writeAttr(&b, "font-size", fmt.Sprintf("%.4gpx", l.size))
		if l.weight != "normal" {
			writeAttr(&b, "font-weight", l.weight)
		}
		writeAttr(&b, "fill", ink)
		b.WriteByte('>')
		escape(&b, l.words)
		b.WriteString("</text>")
	}
	fmt.Fprintf(&b, `<g transform="translate(%s %s)">`, px(pad), px(plotTop))
	for _, child := range root.children {
		child.write(&b)
	}
	b.WriteString("</g></svg>")
	return b.Bytes(), nil
}
