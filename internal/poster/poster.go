package poster

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeward/internal/call"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// Draw draws the poster of a slide from what the call keeps. It is empty for a
// slide that is words alone, has a chart or actions, or was kept before posters
// were drawn from what it shows.
func Draw(c *call.Content, s call.Slide) Drawing {
	p := &pen{id: "poster-" + strconv.Itoa(s.Number)}
	switch {
	case c.AsAt == 0:
		return Drawing{}
	case s.Number == 1 && len(s.Facts) > 0:
		return where(p, c, s)
	case s.Number == 2 && c.Movement != nil && s.Subtitle != "":
		return movement(p, c, s)
	case s.Number == 4 && c.Share.Known && len(s.Months) > 0:
		return share(p, c, s)
	case len(s.Bars) > 0 && s.Subtitle != "":
		return bars(p, c, s)
	case len(s.Weeks) > 0:
		return weeks(p, s)
	case len(s.Longest) > 0:
		return longest(p, c, s)
	case len(s.Desks) > 0:
		return desks(p, c, s)
	}
	return Drawing{}
}

// gap is between the blocks of a bar: two pixels of the ground at 1,280 beside
// their outlines.
const gap = 6

// parts draws a bar of parts by body with the numbers that they have room for, and
// gives its end. Undivided, it is one block.
func (p *pen) parts(x, y, h, scale float64, count call.Count, divides bool, size float64) float64 {
	if !divides {
		w := float64(count.Total()) * scale
		p.rect(x, y, w, h, "whole")
		if words := measure.Whole(count.Total()); width(words, size, true)+24 <= w && h >= tall(words, size) {
			p.text(x+12, y+h/2+size*0.36, size, words, attr{bold: true, class: "on-ink"})
		}
		return x + w
	}
	by := count.ByBody()
	for _, b := range delay.Bodies {
		if by[b] == 0 {
			continue
		}
		w := max(float64(by[b])*scale-gap, 3)
		p.block(x, y, w, h, b)
		if words := measure.Whole(by[b]); b != delay.NotAttributed && width(words, size, true)+18 <= w && h >= tall(words, size) {
			p.text(x+w/2, y+h/2+size*0.36, size, words, attr{bold: true, anchor: "middle", class: on(b)})
		}
		x += w + gap
	}
	return x - gap
}

// tall is the least height of a block that holds a number.
func tall(words string, size float64) float64 {
	if strings.Contains(words, ",") { // A comma reaches below the line, and the number stands in the middle.
		return size * 1.16
	}
	return size * 0.76
}

// legend names the bodies with their numbers from x on, in rows no wider than
// room and a step apart, and gives the y of the last.
func (p *pen) legend(x, y, step, room float64, words func(delay.Body) string) float64 {
	at := x
	for _, b := range delay.Bodies {
		w := words(b)
		if w == "" {
			continue
		}
		if wide := 42 + width(w, small, false); at+wide > x+room && at > x {
			at, y = x, y+step
		}
		p.block(at, y-24, 28, 28, b)
		p.text(at+40, y, small, w, attr{})
		at += 42 + width(w, small, false) + 44
	}
	return y
}

func named(b delay.Body) string { return measure.UpperFirst(b.String()) }

func spoken(count call.Count) string {
	var out []string
	by := count.ByBody()
	for _, b := range delay.Bodies {
		if by[b] > 0 {
			out = append(out, b.String()+" "+measure.Whole(by[b]))
		}
	}
	return strings.Join(out, ", ")
}

func shortDay(d call.Day) string { return delay.Day(d).Time().Format("2 January") }

// hospitals are how many are drawn with a bar of their own.
const hospitals = 8

func where(p *pen, c *call.Content, s call.Slide) Drawing {
	total := measure.Whole(c.Waiting.Total())
	size := fitting(total, 368, 620)
	p.text(-size*0.03, 270, size, total, attr{bold: true, class: "hero"})
	said := []string{"At the end of " + shortDay(c.AsAt) + "."}
	if c.Movement != nil {
		said = append(said, "At the last call, "+shortDay(c.Last)+": "+measure.Whole(c.Movement.Of(call.Shown).Total())+".")
	}
	for i, w := range said {
		p.text(0, 372+float64(i)*52, 38, w, attr{})
	}
	var alt strings.Builder
	alt.WriteString(total + " people waiting. " + strings.Join(said, " ") + " By hospital: ")
	type row struct {
		// when is the day of which a count speaks that is behind the others; note
		// stands in the place of the count.
		name, note, when string
		count            call.Count
	}
	var rows []row
	var others call.Count
	more, uncounted := 0, 0
	for i, h := range c.Hospitals {
		r := row{name: call.ShortName(h.Name), count: h.Waiting}
		switch {
		case h.Day == 0:
			r.note = "no extract yet"
		case !h.Counted:
			r.note = "not counted, last list " + delay.Day(h.Day).Time().Format("2 Jan")
		case h.Day < c.AsAt:
			r.when = delay.Day(h.Day).Time().Format("2 Jan")
		}
		if i >= hospitals-1 && len(c.Hospitals) > hospitals {
			if more++; h.Counted {
				others = others.Plus(h.Waiting, 1)
			} else {
				uncounted++
			}
			continue
		}
		rows = append(rows, r)
	}
	if more > 0 {
		rest := row{name: strconv.Itoa(more) + " others", count: others}
		switch uncounted {
		case 0:
		case more:
			rest.note = "not counted"
		default:
			rest.name += ", " + strconv.Itoa(uncounted) + " not counted"
		}
		rows = append(rows, rest)
	}
	most, notes, late := int64(1), 0.0, 0.0
	for _, r := range rows {
		if r.note == "" {
			most = max(most, r.count.Total())
		}
		notes = max(notes, width(r.note, small, false))
		if r.when != "" {
			late = max(late, width(r.when, small, false)+14)
		}
	}
	const left, room = 704.0, 800.0
	high := 404.0
	pitch := min(128, high/float64(len(rows)))
	var all []string
	size, lines := float64(label), 1
	for _, r := range rows {
		all = append(all, r.name)
		if width(r.name, label, true) > room {
			size = small
		}
		if width(r.name, small, true) > room {
			lines = 2
		}
	}
	// Names stand over their bars where both have room, else beside them, on as many
	// lines as a row has.
	above := pitch >= 96 && (lines == 1 || pitch >= 116)
	x, wide := left, room-46-late-width(measure.Whole(most), 48, true)
	names, tight := room, false
	if !above {
		size, lines = small, max(1, int((pitch-8)/small))
		most := 400.0
		if slices.ContainsFunc(all, func(name string) bool { return slices.ContainsFunc(wrap(name, small, most, lines, true), wasCut) }) {
			most = 500 // Bars of two thirds of their length tell as much, names that are cut do not.
		}
		names = space(all, small, min(most, room-notes-14), lines, true)
		// Beside many long names the bars would be stubs: the names stand over them
		// after all, on one line, the bars are flat, and the key goes below both
		// halves of the slide.
		cut := slices.ContainsFunc(all, func(name string) bool { return slices.ContainsFunc(wrap(name, small, names, lines, true), wasCut) })
		fit := !slices.ContainsFunc(all, func(name string) bool { return width(name, small, true) > room })
		if tight = cut || fit && wide-names-14 < 260; tight {
			high, names, lines = 452, room, 1
			pitch = high / float64(len(rows))
		} else {
			x, wide = left+names+14, wide-names-14
		}
	}
	y := (high - pitch*float64(len(rows))) / 2
	for _, r := range rows {
		top, h := y, pitch*0.76
		said := wrap(r.name, size, names, lines, true)
		at := y + h/2 + 11 - small*float64(len(said)-1)/2
		if above {
			more := small * float64(lines-1)
			top, h = y+40+more, pitch-52-more
			at = y + 30 + small*float64(lines-len(said))
		}
		if tight {
			top, h, at = y+34, pitch-40, y+26
		}
		for i, line := range said {
			p.text(left, at+small*float64(i), size, line, attr{bold: true})
		}
		if r.note != "" {
			p.text(x, top+h/2+11, small, r.note, attr{class: "quiet"})
			alt.WriteString(r.name + " " + r.note + "; ")
		} else {
			number := min(48, pitch*0.9)
			if tight {
				number = min(48, max(small, (h+4)/0.72))
			}
			end := p.parts(x, top, h, wide/float64(most), r.count, c.Divides(), min(36, max(small, h*0.6)))
			words := measure.Whole(r.count.Total())
			p.text(end+16, top+h/2+number*0.36, number, words, attr{bold: true})
			alt.WriteString(r.name + " " + words)
			if r.when != "" {
				p.text(end+30+width(words, number, true), top+h/2+number*0.36, small, r.when, attr{class: "quiet"})
				alt.WriteString(" on " + r.when)
			}
			alt.WriteString("; ")
		}
		y += pitch
	}
	if by := c.Waiting.ByBody(); c.Divides() {
		x, y, room := left, 438.0, room
		if tight {
			x, y, room = 2, 496, Width-2
		}
		p.legend(x, y, 44, room, func(b delay.Body) string {
			if by[b] == 0 {
				return ""
			}
			return named(b) + " " + measure.Whole(by[b])
		})
		alt.WriteString("by who the next step is with: " + spoken(c.Waiting))
	}
	p.line(0, 530, Width, 530, "rule")
	column := float64(Width) / float64(len(s.Facts))
	for i, f := range s.Facts {
		x := float64(i) * column
		p.text(x, 616, 60, f.Figure, attr{bold: true})
		wide := width(f.Figure, 60, true) + 20
		p.lines(x+wide, 595, small, column-wide-30, 2, f.Words, attr{})
		alt.WriteString(". " + f.Figure + " " + f.Words)
	}
	return p.done(alt.String() + ".")
}

// wasCut says that words were cut for want of room.
func wasCut(line string) bool { return strings.HasSuffix(line, "…") }

// lineNames are the names of the bars of a movement.
var lineNames = map[call.LineKey]string{call.Late: "Late or corrected", call.Began: "Extracts began", call.New: "New", call.Ended: "Ended",
	call.Paused: "Resumed less paused", call.Moved: "Next step moved", call.Lost: "No longer listed"}

func movement(p *pen, c *call.Content, s call.Slide) Drawing {
	type bar struct {
		key   call.LineKey
		count call.Count
		from  int64
	}
	var all []bar
	at, most := int64(0), int64(1)
	for _, l := range c.Movement.Lines {
		n := l.Count.Total()
		if n == 0 && l.Key != call.Shown && l.Key != call.Now && l.Key != call.New && l.Key != call.Ended {
			continue
		}
		b := bar{l.Key, l.Count, at}
		if l.Key == call.Shown || l.Key == call.Now {
			b.from = 0
			at = n
		} else {
			at += n
		}
		most = max(most, at, b.from)
		all = append(all, b)
	}
	const ground, top = 430.0, 70.0
	scale := (ground - top) / float64(most)
	y := func(n int64) float64 { return ground - float64(n)*scale }
	pitch := float64(Width) / float64(len(all))
	wide := min(pitch*0.8, 190)
	var alt strings.Builder
	alt.WriteString("Waterfall: ")
	for i, b := range all {
		n := b.count.Total()
		x := float64(i)*pitch + (pitch-wide)/2
		middle := x + wide/2
		level := n
		switch b.key {
		case call.Shown, call.Now:
			p.column(x, ground, wide, scale, b.count, c.Divides())
			p.text(middle, y(n)-14, fitting(measure.Whole(n), 60, pitch-6), measure.Whole(n), attr{bold: true, anchor: "middle"})
			name, when := "Last call", shortDay(c.Last)
			if b.key == call.Now {
				name, when = "Now", shortDay(c.AsAt)
			}
			p.text(middle, ground+42, small, name, attr{bold: true, anchor: "middle"})
			p.text(middle, ground+76, small, when, attr{anchor: "middle"})
			alt.WriteString(measure.Whole(n) + " " + strings.ToLower(name) + ", ")
		default:
			level = b.from + n
			upper := y(max(b.from, level))
			class := "up"
			if n < 0 {
				class = "down"
			}
			p.rect(x, upper, wide, max(math.Abs(float64(n))*scale, 4), class)
			p.text(middle, upper-14, fitting(measure.Signed(n), key, pitch-6), measure.Signed(n), attr{bold: true, anchor: "middle"})
			p.lines(middle, ground+50, small, pitch-8, 2, lineNames[b.key], attr{bold: true, anchor: "middle"})
			alt.WriteString(measure.Signed(n) + " " + strings.ToLower(lineNames[b.key]) + ", ")
		}
		if i < len(all)-1 {
			p.line(x+wide, y(level), x+pitch, y(level), "link")
		}
	}
	p.line(0, ground+2, Width, ground+2, "axis")
	p.rect(0, 536, Width, 122, "band")
	before, now := c.Movement.Of(call.Shown), c.Movement.Of(call.Now)
	said := 614.0
	if c.Divides() {
		b, n := before.ByBody(), now.ByBody()
		words := func(body delay.Body) string {
			return fmt.Sprintf("%s %s → %s (%s)", named(body), measure.Whole(b[body]), measure.Whole(n[body]), measure.Signed(n[body]-b[body]))
		}
		// A legend of two rows leaves the sentence its own.
		first, step := 584.0, 44.0
		said = 638
		if rows := (&pen{}).legend(24, 1, 1, Width-30, words); rows > 1 {
			first, step, said = 570, 40, 650
		}
		p.legend(24, first, step, Width-30, words)
		alt.WriteString("by body: before " + spoken(before) + "; now " + spoken(now) + ". ")
	}
	if len(s.Lines) > 0 {
		p.text(24, said, small, cut(s.Lines[len(s.Lines)-1], small, Width-48, false), attr{})
	}
	return p.done(alt.String() + s.Subtitle)
}

// column draws a column of parts by body from the ground up.
func (p *pen) column(x, ground, wide, scale float64, count call.Count, divides bool) {
	if !divides {
		h := float64(count.Total()) * scale
		p.rect(x, ground-h, wide, h, "whole")
		return
	}
	by := count.ByBody()
	y := ground
	for _, b := range delay.Bodies {
		if by[b] == 0 {
			continue
		}
		h := float64(by[b]) * scale
		y -= h
		p.block(x, y, wide, max(h-gap, 2), b)
		if b != delay.NotAttributed && h > 46 {
			p.text(x+wide/2, y+(h-gap)/2+label*0.34, label, measure.Whole(by[b]), attr{bold: true, anchor: "middle", class: on(b)})
		}
	}
}

func share(p *pen, c *call.Content, s call.Slide) Drawing {
	sh := c.Share
	by, total := sh.Days.ByBody(), float64(sh.Days.Total())
	const top, high = 90.0, 150.0
	x := 0.0
	var rest []string
	var alt strings.Builder
	alt.WriteString("Bar: ")
	for _, b := range delay.Bodies {
		if by[b] == 0 {
			continue
		}
		whole := Width * float64(by[b]) / total
		w := max(whole-gap, 3)
		p.block(min(x, Width-w), top, w, high, b)
		words := named(b) + " " + measure.Whole(by[b])
		portion := measure.PerCent(float64(by[b]) / total)
		alt.WriteString(words + ", " + portion + "; ")
		switch {
		case b == delay.NotAttributed || max(width(words, 36, true), width(portion, 68, true))+36 > w:
			rest = append(rest, words+" ("+portion+")")
		default:
			p.text(x+20, top+74, 68, portion, attr{bold: true, class: on(b)})
			p.text(x+20, top+124, 36, words, attr{bold: true, class: on(b)})
		}
		x += whole
	}
	if len(rest) > 0 {
		p.text(Width, top+high+40, small, strings.Join(rest, ", "), attr{anchor: "end"})
	}
	if sh.High > sh.Low {
		low, high := sh.Low*Width, sh.High*Width
		p.line(low, 54, high, 54, "whisker")
		p.line(low, 34, low, top+12, "whisker")
		p.line(high, 34, high, top+12, "whisker")
		words := "range " + measure.PerCent(sh.Low) + " to " + measure.PerCent(sh.High)
		if sh.Basis == "" {
			words += " while " + measure.Plural(int64(math.Round((sh.High-sh.Low)*total)), "day is", "days are") +
				" disputed or not attributed"
		} else {
			words += " until the other days are agreed"
		}
		alt.WriteString(words + ". ")
		switch wide := width(words, 32, false); {
		case high+20+wide <= Width:
			p.text(high+20, 64, 32, words, attr{})
		case low-20 >= wide:
			p.text(low-20, 64, 32, words, attr{anchor: "end"})
		default: // Above the whisker, which leaves it no room beside.
			p.text(min(low, Width-wide), 24, 32, words, attr{})
		}
	}
	p.text(0, 336, 32, "Share with social care, month by month, with its range", attr{bold: true})
	if slices.ContainsFunc(s.Months, func(m call.Share) bool { return m.Gaps }) {
		p.text(Width, 336, small, "▲ lists of some days are missing", attr{anchor: "end"})
	}
	const ground = 606.0
	most := 0.01
	for _, m := range s.Months {
		most = max(most, m.High, m.Value)
	}
	pitch := float64(Width) / 12
	alt.WriteString("By month: ")
	for i, m := range s.Months {
		left := float64(i+12-len(s.Months))*pitch + 16
		middle := left + pitch/2 - 16
		name := delay.Day(m.From).Time().Format("Jan")
		last := i == len(s.Months)-1
		label := name
		if m.Gaps {
			label = "▲ " + name
		}
		p.text(middle, ground+44, small, label, attr{anchor: "middle", bold: last})
		if !m.Known {
			p.text(middle, ground-14, small, "–", attr{anchor: "middle"})
			alt.WriteString(label + " none, ")
			continue
		}
		y := func(v float64) float64 { return ground - v/most*220 }
		class := "past"
		if last {
			class = "this"
		}
		p.rect(left, y(m.Value), pitch-32, ground-y(m.Value), class)
		words := brief(measure.PerCent(m.Value))
		whisker := m.High > m.Low
		if ground-y(m.Value) > 48 && (!whisker || y(m.Low) < ground-46) {
			letters := ""
			if last {
				letters = "on-light"
			}
			p.text(middle, ground-16, small, words, attr{anchor: "middle", bold: true, class: letters})
		} else {
			p.text(middle, y(max(m.High, m.Value))-12, small, words, attr{anchor: "middle", bold: true})
		}
		alt.WriteString(label + " " + words)
		if whisker {
			p.line(middle, y(m.High), middle, y(m.Low), "range")
			p.line(middle-13, y(m.High), middle+13, y(m.High), "range")
			p.line(middle-13, y(m.Low), middle+13, y(m.Low), "range")
			alt.WriteString(" (" + measure.PerCent(m.Low) + " to " + measure.PerCent(m.High) + ")")
		}
		alt.WriteString(", ")
	}
	p.line(0, ground+1, Width, ground+1, "axis")
	return p.done(strings.TrimSuffix(alt.String(), ", ") + ".")
}

// brief writes a share at the ends of the scale with a sign.
func brief(share string) string {
	return strings.NewReplacer("under ", "<", "over ", ">").Replace(share)
}

// bars are counts by name with their parts and their change since the last call.
func bars(p *pen, c *call.Content, s call.Slide) Drawing {
	most, changes, divides := int64(1), false, false
	var lead []call.Bar
	var rest *call.Bar
	var shown measure.ByBody
	for _, b := range s.Bars {
		changes, divides = changes || b.Before != nil, divides || b.Count != nil
		if b.Rest {
			rest = &b
			continue
		}
		lead = append(lead, b)
		most = max(most, b.Value)
	}
	var names []string
	for _, b := range lead {
		names = append(names, b.Name)
	}
	left := max(580, space(names, small, 720, 2, true)+40)
	right := Width - 46 - width(measure.Whole(most), key, true)
	if changes {
		right -= width("since last call", small, false) + 10
		p.text(Width, 30, small, "since last call", attr{anchor: "end"})
	}
	bottom := 560.0
	if rest == nil {
		bottom = 600
	}
	pitch := min(110, (bottom-46)/float64(len(lead)))
	scale := (right - left) / float64(most)
	var alt strings.Builder
	alt.WriteString("Bars: ")
	one := func(y float64, b call.Bar, heavy bool) {
		middle := y + pitch*0.5
		p.lines(left-24, middle, small, left-30, 2, b.Name, attr{anchor: "end", bold: heavy})
		if changes && b.Before != nil {
			p.text(Width, middle+13, 38, measure.Signed(b.Value-*b.Before), attr{anchor: "end", bold: true})
		}
		alt.WriteString(b.Name + " " + b.Words + "; ")
	}
	y := 46.0
	for _, b := range lead {
		one(y, b, true)
		count := call.Count{NotAttributed: b.Value}
		if b.Count != nil {
			count = *b.Count
			for body, n := range count.ByBody() {
				shown[body] += n
			}
		}
		h := pitch * 0.72
		end := p.parts(left, y+(pitch-h)/2, h, scale, count, b.Count != nil, label)
		p.text(end+16, y+pitch/2+16, key, measure.Whole(b.Value), attr{bold: true})
		y += pitch
	}
	if rest != nil {
		p.line(0, 568, Width, 568, "rule")
		pitch = 56
		one(572, *rest, false)
		p.text(left, 572+28+13, 38, measure.Plural(rest.Value, "person", "people"), attr{bold: true})
	}
	if divides {
		p.legend(left, 654, 44, Width-left, func(b delay.Body) string {
			if shown[b] == 0 {
				return ""
			}
			return named(b)
		})
	}
	return p.done(strings.TrimSuffix(alt.String(), "; ") + ".")
}

func weeks(p *pen, s call.Slide) Drawing {
	var up, down int64
	other := false
	for _, w := range s.Weeks {
		if w.Whole {
			up, down = max(up, w.Net()), max(down, -w.Net())
			other = other || w.Other != 0
		}
	}
	const left = 224.0
	pitch := (Width - left) / float64(len(s.Weeks))
	names := []string{"Week from", "New", "Ended", "Waiting"}
	if other {
		names = []string{"Week from", "New", "Ended", "Other", "Waiting"}
	}
	step := 48.0
	table := Height - 14 - step*float64(len(names)-1)
	const top = 62.0
	bottom := table - 52
	if down > 0 {
		bottom -= 52
	}
	scale := (bottom - top) / float64(max(up+down, 1))
	zero := top + float64(up)*scale
	p.text(0, zero-40, small, "more", attr{bold: true})
	p.text(0, zero-8, small, "became ready", attr{})
	if down > 0 {
		p.text(0, zero+38, small, "more left", attr{bold: true})
	}
	var alt strings.Builder
	alt.WriteString("Net weekly change: ")
	for i, w := range s.Weeks {
		x := left + float64(i)*pitch
		middle := x + pitch/2
		cells := []string{delay.Day(w.From).Time().Format("2 Jan"), measure.Whole(w.New), measure.Whole(w.Ended), measure.Whole(w.End)}
		if other {
			cells = []string{cells[0], cells[1], cells[2], measure.Signed(w.Other), cells[3]}
		}
		if net := w.Net(); w.Whole {
			h := math.Abs(float64(net)) * scale
			switch {
			case net > 0:
				p.rect(x+pitch*0.14, zero-h, pitch*0.72, h, "up")
				p.text(middle, zero-h-14, fitting(measure.Signed(net), key, pitch-6), measure.Signed(net), attr{bold: true, anchor: "middle"})
			case net < 0:
				p.rect(x+pitch*0.14, zero, pitch*0.72, h, "down")
				p.text(middle, zero+h+46, fitting(measure.Signed(net), key, pitch-6), measure.Signed(net), attr{bold: true, anchor: "middle"})
			default:
				p.text(middle, zero-14, key, "0", attr{bold: true, anchor: "middle"})
			}
			alt.WriteString(cells[0] + " " + measure.Signed(net) + ", ")
			if w.Gaps {
				cells[0] = "▲ " + cells[0]
			}
		} else {
			words := "no lists"
			if w.Lists {
				words = "not whole"
			}
			p.text(middle, zero-14, small, words, attr{anchor: "middle", class: "quiet"})
			alt.WriteString(cells[0] + " " + words + ", ")
			for j := range cells[1:] {
				cells[j+1] = "–"
			}
		}
		for j, c := range cells {
			p.text(middle, table+float64(j)*step, 32, c, attr{anchor: "middle", bold: j > 0})
		}
	}
	for j, name := range names {
		p.text(0, table+float64(j)*step, small, name, attr{bold: j > 0})
		if j > 0 {
			p.line(0, table+float64(j)*step-35, Width, table+float64(j)*step-35, "hair")
		}
	}
	p.line(left, zero, Width, zero, "axis")
	return p.done(strings.TrimSuffix(alt.String(), ", ") + ".")
}

func longest(p *pen, c *call.Content, s call.Slide) Drawing {
	refs, due := width("Reference", small, true), width("Due", small, true)
	var hospitals, reasons []string
	// beside is what stands beside a bar: its number, where it is too short for it,
	// and who the next step is with.
	beside := func(w call.Longer, inside bool) float64 {
		wide := 24.0
		if body, err := delay.ParseBody(w.Body); err == nil {
			wide += space([]string{named(body)}, small, Width, 2, false)
		}
		if !inside {
			wide += width(measure.Whole(w.Days), key, true) + 12
		}
		return wide
	}
	least := 0.0
	for _, w := range s.Longest {
		least = max(least, beside(w, false)+90)
		refs = max(refs, width(w.Reference, small, false)*1.05)
		when, now := dueWords(w.Due, c.Call)
		due = max(due, width(when, small, now))
		hospitals, reasons = append(hospitals, w.Hospital), append(reasons, w.Reason)
	}
	// The columns of names are as wide as two lines of the longest need; the bars
	// have the rest, and the least in any case.
	hosp := refs + 18
	days := hosp + max(space(hospitals, small, 330, 2, false), width("Hospital", small, true)) + 20
	room := max(space(reasons, small, Width-due-24-least-days, 2, false), width("Waiting for", small, true))
	reason := Width - due - 24 - room
	head := attr{bold: true}
	p.text(0, 32, small, "Reference", head)
	p.text(hosp, 32, small, "Hospital", head)
	p.text(days, 32, small, "Days so far", head)
	p.text(reason, 32, small, "Waiting for", head)
	p.text(Width, 32, small, "Due", attr{bold: true, anchor: "end"})
	p.line(0, 48, Width, 48, "axis")
	// Words that stand beside a bar need room there; a shorter scale can put one more
	// number beside its bar.
	scale := (reason - days - 24) / call.LongDays
	inside := func(w call.Longer) bool {
		body, err := delay.ParseBody(w.Body)
		return width(measure.Whole(w.Days), key, true)+20 <= float64(w.Days)*scale && (err != nil || body != delay.NotAttributed)
	}
	for was := 0.0; was != scale; {
		was = scale
		for _, w := range s.Longest {
			scale = min(scale, (reason-days-beside(w, inside(w)))/float64(max(w.Days, 1)))
		}
	}
	pitch := min(96, (Height-56)/float64(len(s.Longest)))
	y := 52.0
	limit := days + call.LongDays*scale
	var alt strings.Builder
	alt.WriteString("The longest waits in days: ")
	for i, w := range s.Longest {
		middle := y + pitch/2
		if i > 0 {
			p.line(0, y, Width, y, "hair")
		}
		p.text(0, middle+11, small, w.Reference, attr{})
		p.lines(hosp, middle, small, days-hosp-14, 2, w.Hospital, attr{})
		wide, h := float64(w.Days)*scale, pitch*0.74
		words := measure.Whole(w.Days)
		number := width(words, key, true)
		body, err := delay.ParseBody(w.Body)
		divided := err == nil
		class := "on-ink"
		if divided {
			class = on(body)
			p.block(days, middle-h/2, wide, h, body)
		} else {
			p.rect(days, middle-h/2, wide, h, "whole")
		}
		after := days + wide + 12
		from, to := after, after+number
		if inside(w) {
			from, to = days+wide-10-number, days+wide-10
			p.text(to, middle+17, key, words, attr{bold: true, anchor: "end", class: class})
		} else {
			p.text(after, middle+17, key, words, attr{bold: true})
			after += number + 12
		}
		crossed := limit > from-4 && limit < to+4
		if divided {
			room := width(named(body), small, false) + 1
			if room > reason-after-4 { // On two lines.
				room = space([]string{named(body)}, small, reason-after-4, 2, false)
			}
			p.lines(after, middle, small, room, 2, named(body), attr{})
			crossed = crossed || (limit > after-4 && limit < after+room+4)
			alt.WriteString(words + " (" + body.String() + "), ")
		} else {
			alt.WriteString(words + ", ")
		}
		if !crossed { // The line stops at words, which it would make unreadable.
			p.line(limit, y, limit, y+pitch, "mark")
		}
		when, now := dueWords(w.Due, c.Call)
		p.lines(reason, middle, small, room, 2, w.Reason, attr{})
		p.text(Width, middle+11, small, when, attr{anchor: "end", bold: now})
		y += pitch
	}
	return p.done(strings.TrimSuffix(alt.String(), ", ") + ".")
}

// dueWords says when a step is due.
func dueWords(due, call call.Day) (words string, now bool) {
	switch {
	case due == 0:
		return "No date", false
	case due == call:
		return "Today", true
	case due < call:
		return delay.Day(due).Time().Format("2 Jan") + ", past", true
	}
	return delay.Day(due).Time().Format("2 Jan"), false
}

func desks(p *pen, c *call.Content, s call.Slide) Drawing {
	u := c.Unsettled
	settled := Width * float64(u.Of-u.Days) / float64(max(u.Of, u.Days, 1))
	p.rect(0, 2, Width, 40, "past")
	p.block(settled, 2, Width-settled, 40, delay.NotAttributed)
	p.text(0, 80, small, measure.Plural(u.Of-u.Days, "day is", "days are")+" settled", attr{})
	p.text(Width, 80, small, measure.Whole(u.Days)+" not settled", attr{bold: true, anchor: "end"})
	const between, top = 30.0, 104.0
	wide := (Width - between*float64(len(s.Desks)-1)) / float64(len(s.Desks))
	var alt strings.Builder
	alt.WriteString(measure.Plural(u.Days, "day", "days") + " not settled of " + measure.Whole(u.Of) + ". ")
	for i, d := range s.Desks {
		x := float64(i) * (wide + between)
		p.rect(x, top, wide, Height-top-2, "card")
		if body, err := delay.ParseBody(d.Body); err == nil {
			p.block(x, top, wide, 18, body)
		}
		p.text(x+28, top+66, fitting(d.Name, 40, wide-56), d.Name, attr{bold: true})
		number := measure.Whole(d.Days)
		size := fitting(number, 150, wide*0.5)
		p.text(x+24, top+204, size, number, attr{bold: true})
		after := x + 24 + width(number, size, true) + 24
		p.text(after, top+162, 44, dayWord(d.Days), attr{bold: true})
		p.text(after, top+204, small, "in "+measure.Plural(d.Waits, "wait", "waits"), attr{})
		alt.WriteString(d.Name + ": " + number + " " + dayWord(d.Days) + " in " + measure.Plural(d.Waits, "wait", "waits"))
		rows := 0
		for _, part := range d.Parts {
			if part.Days > 0 {
				rows++
			}
		}
		step := min(70, 200/float64(max(rows, 1)))
		y := top + 210 + step
		for _, part := range d.Parts {
			if part.Days == 0 {
				continue
			}
			p.text(x+28, y, 32, part.Words, attr{})
			p.text(x+wide-28, y, key, measure.Whole(part.Days), attr{bold: true, anchor: "end"})
			p.line(x+28, y+14, x+wide-28, y+14, "hair")
			alt.WriteString(", " + strings.ToLower(part.Words) + " " + measure.Whole(part.Days))
			y += step
		}
		for j, clock := range []struct {
			name string
			at   time.Time
		}{{"Oldest since", d.Since}, {"Answer due", d.ReplyBy}} {
			words := "none"
			if !clock.at.IsZero() {
				words = clock.at.Format("2 January")
			}
			y := Height - 72 + float64(j)*46
			p.text(x+28, y, 32, clock.name, attr{})
			p.text(x+wide-28, y, 32, words, attr{bold: true, anchor: "end"})
			alt.WriteString(", " + strings.ToLower(clock.name) + " " + words)
		}
		alt.WriteString(". ")
	}
	return p.done(strings.TrimSpace(alt.String()))
}

func dayWord(n int64) string {
	if n == 1 {
		return "day"
	}
	return "days"
}
