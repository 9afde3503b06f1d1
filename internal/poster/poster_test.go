package poster

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homeward/internal/call"
	"homeward/internal/delay"
)

var (
	texts  = regexp.MustCompile(`<text x="(-?[\d.]+)" y="(-?[\d.]+)" font-size="([\d.]+)"([^>]*)>([^<]*)</text>`)
	blocks = regexp.MustCompile(`<rect x="(-?[\d.]+)" y="(-?[\d.]+)" width="([\d.]+)" height="([\d.]+)"`)
)

// anyCall is a call with whatever numbers and names: the drawings must hold.
func anyCall(t *rapid.T) *call.Content {
	many := rapid.Int64Range(0, 40)
	if rapid.Bool().Draw(t, "large") {
		many = rapid.Int64Range(0, 4000)
	}
	count := func(name string) call.Count {
		return call.Count{SocialCare: many.Draw(t, name), NHS: many.Draw(t, name), Joint: many.Draw(t, name), NotAttributed: many.Draw(t, name)}
	}
	name := rapid.SampledFrom([]string{"Northgate", "University Hospitals Plymouth", "Royal Devon University Healthcare",
		"Barking, Havering and Redbridge University Hospitals", `<img src=x>"&`})
	day := call.Day(delay.MustDay("2026-11-03"))
	c := &call.Content{Version: 1, AsAt: day, Call: day + 1, Last: day - 6, Undivided: rapid.Bool().Draw(t, "undivided")}
	for range rapid.IntRange(0, 14).Draw(t, "hospitals") {
		h := call.Hospital{Name: name.Draw(t, "name"), Day: day - call.Day(rapid.IntRange(0, 2).Draw(t, "behind")), Waiting: count("waiting"),
			Counted: rapid.Bool().Draw(t, "counted")}
		if h.Counted {
			c.Waiting = c.Waiting.Plus(h.Waiting, 1)
		}
		c.Hospitals = append(c.Hospitals, h)
	}
	c.Movement = &call.Movement{Lines: []call.Line{{Key: call.Shown, Count: count("shown")}}}
	now := c.Movement.Lines[0].Count
	for _, k := range []call.LineKey{call.Late, call.New, call.Ended, call.Paused, call.Moved, call.Lost} {
		n := count(string(k))
		if k == call.Ended { // Nobody can leave who was not there.
			n = call.Count{}.Plus(now, -1)
		}
		now = now.Plus(n, 1)
		c.Movement.Lines = append(c.Movement.Lines, call.Line{Key: k, Count: n})
	}
	c.Movement.Lines = append(c.Movement.Lines, call.Line{Key: call.Now, Count: now})
	c.Share = call.Share{Days: count("days"), Known: true, Value: 0.24,
		Low: rapid.Float64Range(0, 0.24).Draw(t, "least"), High: rapid.Float64Range(0.24, 1).Draw(t, "high"),
		Basis: rapid.SampledFrom([]string{"", "agreed"}).Draw(t, "basis")}
	c.Share.Days.NHS++
	c.Slides = []call.Slide{
		{Number: 1, Facts: []call.Fact{{Figure: "12", Words: "became ready that day; they count from the next"},
			{Figure: "1,234", Words: "days of 20 to 30 September 2026 not settled"}, {Figure: "3 of 3", Words: "extracts in"}}},
		{Number: 2, Subtitle: "it adds up", Lines: []string{"12 people have passed 21 days since. 4 waits are disputed, 3 at the last call."}},
		{Number: 4}, {Number: 5, Subtitle: "people waiting"}, {Number: 6}, {Number: 7}, {Number: 8}}
	for i := range rapid.IntRange(1, 12).Draw(t, "months") {
		m := call.Share{From: call.Day(delay.MustDay("2026-01-01")) + call.Day(31*i), Known: rapid.Bool().Draw(t, "known"),
			Value: rapid.Float64Range(0, 1).Draw(t, "value")}
		m.Low, m.High, m.Gaps = m.Value, m.Value, rapid.Bool().Draw(t, "gaps")
		if rapid.Bool().Draw(t, "doubt") {
			m.Low, m.High = rapid.Float64Range(0, m.Value).Draw(t, "low"), rapid.Float64Range(m.Value, 1).Draw(t, "to")
		}
		c.Slides[2].Months = append(c.Slides[2].Months, m)
	}
	for i := range rapid.IntRange(1, 7).Draw(t, "reasons") {
		n := count("reason")
		bar := call.Bar{Name: name.Draw(t, "reason"), Value: n.Total(), Words: "some", Rest: i == 6}
		if !c.Undivided {
			bar.Count = &n
		}
		if before := many.Draw(t, "before"); before > 5 {
			bar.Before = &before
		}
		c.Slides[3].Bars = append(c.Slides[3].Bars, bar)
	}
	if c.Slides[3].Bars[0].Rest {
		c.Slides[3].Bars[0].Rest = false
	}
	for i := range 8 {
		w := call.Week{From: day - call.Day(56-7*i), New: many.Draw(t, "new"), Ended: many.Draw(t, "ended"), Start: 5,
			Other: many.Draw(t, "other"),
			Whole: rapid.Bool().Draw(t, "whole"), Gaps: rapid.Bool().Draw(t, "gaps"), Lists: rapid.Bool().Draw(t, "lists")}
		w.End = w.Start + w.Net() + w.Other
		c.Slides[4].Weeks = append(c.Slides[4].Weeks, w)
	}
	for range rapid.IntRange(1, 8).Draw(t, "waits") {
		c.Slides[5].Longest = append(c.Slides[5].Longest, call.Longer{Reference: "HW-WMQ3GH7W", Hospital: name.Draw(t, "at"),
			Days: many.Draw(t, "waited") + 1, Reason: rapid.SampledFrom([]string{"Dii Nursing home",
				"Housing provision arrangement for homelessness still underway"}).Draw(t, "for"),
			Body: rapid.SampledFrom([]string{"", "nhs", "social-care", "joint", "none"}).Draw(t, "body"),
			Due:  day + call.Day(rapid.IntRange(-3, 3).Draw(t, "due"))})
	}
	names := []string{"The council answers next", "The NHS answers next", "No answer is expected"}
	for i, desk := range names[:rapid.IntRange(1, 3).Draw(t, "desks")] {
		d := call.Desk{Name: desk, Body: []string{"social-care", "nhs", ""}[i], Waits: 4}
		for _, words := range []string{"Proposed", "Disputed", "Decided, not agreed", "Not attributed"} {
			part := call.DeskPart{Words: words, Days: many.Draw(t, "part")}
			d.Days += part.Days
			d.Parts = append(d.Parts, part)
		}
		c.Unsettled.Days += d.Days
		c.Slides[6].Desks = append(c.Slides[6].Desks, d)
	}
	c.Unsettled.Of = c.Unsettled.Days + many.Draw(t, "settled")
	return c
}

// box is where something is drawn.
type box struct {
	left, top, right, bottom float64
	name                     string
}

func (b box) meets(o box) bool {
	const touch = 1
	return b.left < o.right-touch && o.left < b.right-touch && b.top < o.bottom-touch && o.top < b.bottom-touch
}

func (b box) holds(o box) bool {
	const touch = 1
	return b.left <= o.left+touch && b.right >= o.right-touch && b.top <= o.top+touch && b.bottom >= o.bottom-touch
}

var lines = regexp.MustCompile(`<line x1="(-?[\d.]+)" y1="(-?[\d.]+)" x2="(-?[\d.]+)" y2="(-?[\d.]+)" class="app-poster__([a-z]+)"`)

// said gives the words of a drawing and the space that their letters take.
func said(svg string) (out []box) {
	for _, m := range texts.FindAllStringSubmatch(svg, -1) {
		x, y, size := number(m[1]), number(m[2]), number(m[3])
		words := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&amp;", "&").Replace(m[5])
		wide := width(words, size, strings.Contains(m[4], "font-weight"))
		switch {
		case strings.Contains(m[4], `"middle"`):
			x -= wide / 2
		case strings.Contains(m[4], `"end"`):
			x -= wide
		}
		if strings.Contains(m[4], "__hero") {
			wide *= 0.94 // Its letters stand closer.
		}
		below := 0.2
		if !strings.ContainsAny(words, "gjpqy,;()") {
			below = 0
		}
		out = append(out, box{x, y - size*0.72, x + wide, y + size*below, words})
	}
	return out
}

// clashes gives what a drawing has on top of its words: other words, lines, or the
// edge of a block.
func clashes(svg string) (out []string) {
	svg = svg[strings.Index(svg, "</defs>"):]
	all := said(svg)
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.meets(b) {
				out = append(out, fmt.Sprintf("%q lies over %q", a.name, b.name))
			}
		}
		for _, m := range lines.FindAllStringSubmatch(svg, -1) {
			x1, y1, x2, y2 := number(m[1]), number(m[2]), number(m[3]), number(m[4])
			const thick = 1.5
			if l := (box{min(x1, x2) - thick, min(y1, y2) - thick, max(x1, x2) + thick, max(y1, y2) + thick, m[5]}); a.meets(l) {
				out = append(out, fmt.Sprintf("a line (%s) crosses %q", l.name, a.name))
			}
		}
		for _, m := range blocks.FindAllStringSubmatch(svg, -1) {
			x, y := number(m[1]), number(m[2])
			if r := (box{x, y, x + number(m[3]), y + number(m[4]), m[0]}); a.meets(r) && !r.holds(a) {
				out = append(out, fmt.Sprintf("the edge of a block crosses %q: %s", a.name, r.name))
			}
		}
	}
	return out
}

// Whatever a call counts, its posters have no letter smaller than the wall's
// least, nothing past an edge, and every word escaped.
func TestPosters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyCall(t)
		for _, s := range c.Slides {
			d := Draw(c, s)
			if d.SVG == "" || d.Alt == "" {
				t.Fatalf("slide %d is not drawn", s.Number)
			}
			if strings.Contains(d.SVG, "<img") || strings.Contains(d.SVG, "NaN") || strings.Contains(d.SVG, "Inf") {
				t.Fatalf("slide %d: %s", s.Number, d.SVG)
			}
			for _, m := range texts.FindAllStringSubmatch(d.SVG, -1) {
				x, y, size := number(m[1]), number(m[2]), number(m[3])
				words := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&amp;", "&").Replace(m[5])
				wide := width(words, size, strings.Contains(m[4], "font-weight"))
				switch {
				case strings.Contains(m[4], `"middle"`):
					x -= wide / 2
				case strings.Contains(m[4], `"end"`):
					x -= wide
				}
				if size < small {
					t.Errorf("slide %d: %q has letters of %g", s.Number, words, size)
				}
				if hero := strings.Contains(m[4], "__hero"); !hero && (x < -2 || x+wide > Width+2 || y-size*0.72 < -2 || y > Height) {
					t.Errorf("slide %d: %q from %g to %g at %g passes an edge", s.Number, words, x, x+wide, y)
				}
			}
			for _, one := range clashes(d.SVG) {
				t.Errorf("slide %d: %s", s.Number, one)
			}
			drawn := d.SVG[strings.Index(d.SVG, "</defs>"):]
			for _, m := range blocks.FindAllStringSubmatch(drawn, -1) {
				if x, y := number(m[1]), number(m[2]); x < 0 || y < 0 || x+number(m[3]) > Width+1 || y+number(m[4]) > Height+1 {
					t.Errorf("slide %d: %s passes an edge", s.Number, m[0])
				}
			}
		}
	})
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return v
}

// The words of a poster say the same numbers as its bars, and those add up: the
// movement from bar to bar, the desks to what is not settled.
func TestPosterNumbersAddUp(t *testing.T) {
	t.Parallel()
	day := call.Day(delay.MustDay("2026-11-03"))
	c := &call.Content{AsAt: day, Last: day - 6, Movement: &call.Movement{Lines: []call.Line{
		{Key: call.Shown, Count: call.Count{SocialCare: 36, NHS: 90, Joint: 2, NotAttributed: 2}},
		{Key: call.Late, Count: call.Count{NHS: 2}}, {Key: call.New, Count: call.Count{SocialCare: 14, NHS: 40}},
		{Key: call.Ended, Count: call.Count{SocialCare: -21, NHS: -54, Joint: -1}}, {Key: call.Paused, Count: call.Count{NHS: -5}},
		{Key: call.Moved}, {Key: call.Now, Count: call.Count{SocialCare: 29, NHS: 73, Joint: 1, NotAttributed: 2}}}}}
	d := Draw(c, call.Slide{Number: 2, Subtitle: "130 + 2 + 54 − 76 − 5 = 105 ✓"})
	sum := int64(0)
	var said []string
	for _, m := range texts.FindAllStringSubmatch(d.SVG, -1) {
		said = append(said, m[5])
	}
	for _, want := range []string{"130", "+2", "+54", "−76", "−5", "105", "Social care 36 → 29 (−7)", "Not attributed 2 → 2 (0)"} {
		if !strings.Contains(fmt.Sprintf("|%s|", strings.Join(said, "|")), "|"+want+"|") {
			t.Errorf("%q is not on the poster: %q", want, said)
		}
	}
	for _, l := range c.Movement.Lines[:len(c.Movement.Lines)-1] {
		sum += l.Count.Total()
	}
	if sum != c.Movement.Of(call.Now).Total() {
		t.Errorf("the example adds up to %d", sum)
	}
	if strings.Contains(d.SVG, "Next step moved") {
		t.Error("a bar of nothing is drawn")
	}
}

// What a projector must not hide: names are whole where there is room for them,
// hospitals that are not counted are said, a week of which some lists came is not
// one without lists, and no words lie over others or are crossed by a line.
// A hospital's name of many letters is smaller, then on two lines, and never cut
// where a row has the room.
func TestLongNamesOfHospitalsStandWhole(t *testing.T) {
	t.Parallel()
	day := call.Day(delay.MustDay("2026-11-03"))
	for n := 1; n <= 5; n++ {
		long := "Birmingham Community Healthcare and Specialist Rehabilitation Centre"
		if n == 5 {
			long = "Northern Care Alliance and Community Rehabilitation Centre" // what two lines beside a bar hold
		}
		c := &call.Content{AsAt: day, Call: day + 1, Waiting: call.Count{NHS: 90, SocialCare: 30}}
		for range n {
			c.Hospitals = append(c.Hospitals, call.Hospital{Name: long, Day: day, Counted: true, Waiting: call.Count{NHS: 9, SocialCare: 3}})
		}
		d := Draw(c, call.Slide{Number: 1, Facts: []call.Fact{{Figure: "1", Words: "x"}}})
		var words strings.Builder
		for _, b := range said(d.SVG) {
			words.WriteString(b.name + " ")
		}
		if strings.Contains(words.String(), "…") || strings.Count(words.String(), "Centre") != n {
			t.Errorf("%d hospitals: %s", n, words.String())
		}
		if all := clashes(d.SVG); len(all) > 0 {
			t.Errorf("%d hospitals: %s", n, strings.Join(all, "; "))
		}
	}
}

// Six to eight hospitals of long names keep their names whole and bars that can be
// compared: two thirds of the half slide, not stubs beside the names.
func TestManyLongNamesLeaveBarsTheirLength(t *testing.T) {
	t.Parallel()
	day := call.Day(delay.MustDay("2026-11-03"))
	names := []string{"Barking, Havering and Redbridge University Hospitals NHS Trust",
		"Royal Devon University Healthcare NHS Foundation Trust",
		"University Hospitals Plymouth NHS Trust", "Lancashire and South Cumbria NHS Foundation Trust",
		"South West Yorkshire Partnership NHS Foundation Trust", "Sheffield Teaching Hospitals NHS Foundation Trust",
		"Birmingham Women's and Children's NHS Foundation Trust", "Mid and South Essex NHS Foundation Trust"}
	for n := 5; n <= len(names); n++ {
		c := &call.Content{AsAt: day, Call: day + 1}
		for i, name := range names[:n] {
			h := call.Hospital{Name: name, Day: day, Counted: i != 6, Waiting: call.Count{NHS: int64(69 - 8*i), SocialCare: int64(33 - 3*i)}}
			if h.Counted {
				c.Waiting = c.Waiting.Plus(h.Waiting, 1)
			}
			c.Hospitals = append(c.Hospitals, h)
		}
		d := Draw(c, call.Slide{Number: 1, Facts: []call.Fact{{Figure: "1", Words: "x"}}})
		var words []string
		for _, b := range said(d.SVG) {
			words = append(words, html.UnescapeString(b.name))
		}
		for _, name := range names[:n] {
			if !slices.Contains(words, call.ShortName(name)) {
				t.Errorf("%d hospitals: %s is not whole in %q", n, name, words)
			}
		}
		drawn := d.SVG[strings.Index(d.SVG, "</defs>"):]
		longest := 0.0
		for _, m := range blocks.FindAllStringSubmatch(drawn, -1) {
			longest = max(longest, number(m[1])+number(m[3]))
		}
		if bar := longest - 704; bar < 500 {
			t.Errorf("%d hospitals: the longest bar has %.0f of 800", n, bar)
		}
		if all := clashes(d.SVG); len(all) > 0 {
			t.Errorf("%d hospitals: %s", n, strings.Join(all, "; "))
		}
	}
}

func TestPosterSaysAll(t *testing.T) {
	t.Parallel()
	day := call.Day(delay.MustDay("2026-11-03"))
	hospital := func(name string, counted bool) call.Hospital {
		return call.Hospital{Name: name, Day: day, Counted: counted, Waiting: call.Count{NHS: 9, SocialCare: 3}}
	}
	c := &call.Content{AsAt: day, Call: day + 1, Waiting: call.Count{NHS: 90, SocialCare: 30}, Movement: &call.Movement{Lines: []call.Line{
		{Key: call.Shown, Count: call.Count{SocialCare: 3644, NHS: 9055, Joint: 2044, NotAttributed: 2011}},
		{Key: call.New, Count: call.Count{NHS: 40}},
		{Key: call.Now, Count: call.Count{SocialCare: 3644, NHS: 9095, Joint: 2044, NotAttributed: 2011}}}},
		Share: call.Share{Days: call.Count{NHS: 50, SocialCare: 30, NotAttributed: 40}, Known: true, Value: 0.25, Low: 0.2, High: 0.95}}
	for i := range 11 {
		c.Hospitals = append(c.Hospitals, hospital(fmt.Sprintf("Hospital of Long Name %d", i+1), i != 9))
	}
	longest := func(name, reason string) call.Longer {
		return call.Longer{Reference: "HW-WMQ3GH7W", Hospital: name, Days: 37, Reason: reason, Body: "nhs", Due: day + 1}
	}
	for _, one := range []struct {
		name        string
		slide       call.Slide
		want, never []string
	}{
		{"eleven hospitals, one not counted", call.Slide{Number: 1, Facts: []call.Fact{{Figure: "1", Words: "x"}}},
			[]string{"Hospital of Long Name 7", "4 others, 1 not counted"}, []string{"…"}},
		{"a legend of two rows", call.Slide{Number: 2, Subtitle: "it adds up", Lines: []string{"12 people have passed 21 days since."}},
			[]string{"Not attributed 2,011 → 2,011 (0)", "12 people have passed 21 days since."}, nil},
		{"a range that leaves its words no room", call.Slide{Number: 4, Months: []call.Share{
			{From: day, Known: true, Value: 0.25, Low: 0, High: 1}, {From: day, Known: true, Value: 0.25, Low: 0.2, High: 0.3}}},
			[]string{"range 20% to 95% while 90 days are disputed or not attributed", "25%"}, []string{"▲"}},
		{"a month of which lists are missing", call.Slide{Number: 4, Months: []call.Share{{From: day, Known: true, Value: 0.25, Gaps: true}}},
			[]string{"▲ Nov", "▲ lists of some days are missing"}, nil},
		{"a reason of many words", call.Slide{Number: 5, Subtitle: "people waiting", Bars: []call.Bar{
			{Name: "Patient/family/carer choice discussions on package still underway", Value: 9, Words: "9", Count: &call.Count{NHS: 9}}}},
			[]string{"Patient/family/carer choice discussions", "on package still underway"}, []string{"…"}},
		{"weeks that are not whole", call.Slide{Number: 6, Weeks: []call.Week{{From: day, Lists: true}, {From: day + 7}, {From: day + 14, New: 3,
			Whole: true}}}, []string{"not whole", "no lists", "+3"}, []string{"more left"}},
		{"long names", call.Slide{Number: 7, Longest: []call.Longer{
			longest("Royal Devon University Healthcare", "Housing provision arrangement for homelessness still underway"),
			longest("University Hospitals Plymouth", "Dii Nursing home"), longest("Northgate", "H Disputes")}},
			[]string{"Royal Devon", "University Healthcare", "37", "Housing provision arrangement", "for homelessness still underway"},
			[]string{"…"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			d := Draw(c, one.slide)
			words := "|"
			for _, b := range said(d.SVG) {
				words += b.name + "|"
			}
			for _, want := range one.want {
				if !strings.Contains(words, "|"+want+"|") {
					t.Errorf("%q is not on the poster: %s", want, words)
				}
			}
			for _, never := range one.never {
				if strings.Contains(words, never) {
					t.Errorf("%q is on the poster: %s", never, words)
				}
			}
			if all := clashes(d.SVG); len(all) > 0 {
				t.Errorf("%s", strings.Join(all, "; "))
			}
		})
	}
}
