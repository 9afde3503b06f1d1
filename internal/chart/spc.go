package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/problem"
	"homeward/internal/spc"
)

// Control is a control chart with what stands beside it.
type Control struct {
	Chart
	// Result is what the rules say, in the chart's unit: shares as per cent. It
	// has no points when there is nothing to draw.
	Result spc.Result
	// Variation and Assurance are the icons with their words; Assurance has no
	// words when no level is agreed.
	Variation, Assurance Icon
	// Settings says how the rules were set.
	Settings string
	// Listed are the annotations in the order of their numbers.
	Listed []Note
	// Offers are where the limits might start again, newest first.
	Offers []Offer
}

// direction is which way a metric improves.
func direction(m measure.Metric) spc.Direction {
	d, _ := measure.DefinitionOf(m.ID, nil)
	switch d.Direction {
	case "lower is better":
		return spc.Decrease
	case "higher is better":
		return spc.Increase
	}
	return spc.Neutral
}

// ControlOf is the control chart of the series number i of a trend, by the
// settings of Making Data Count. A reading that is not comparable is left out
// and drawn as a gap, never joined and never zero.
func ControlOf(t measure.Trend, i int, o TrendOptions) (Control, error) {
	var all []measure.TrendReading
	if i < len(t.Series) {
		all = t.Series[i].Readings
	}
	p := drawn(t.Metric, t.Grain, all)
	params := spc.MakingDataCount(direction(t.Metric))
	params.Target = o.target(p)
	params.Rebase = restarts(p, o.Annotations)
	c := Control{Settings: "Settings: " + params.Words() + ".", Listed: noted(t, all, o.Annotations)}
	c.Chart = Chart{
		ID: o.ID, Subtitle: trendSubtitle(t, o), Notes: trendNotes(t, p),
		missing:    p.missing(),
		Definition: trendDefinition(t.Metric, t.Filter.Book), Source: source(t.AsAt),
	}
	if p.numbers() == 0 {
		c.Title = nothingTitle(t, o, p)
		c.Table = controlTable(p, spc.Result{}, o, c.Title)
		c.Alt = "Control chart of " + t.Metric.Noun + ", " + name(trendPlace(o)) + ". There is no data to show."
		c.draw, c.fit = nothing(c.Title), lowFit
		c.Chart = c.by(t.Filter.Book).At(Page)
		return c, nil
	}
	r, err := spc.Analyse(p.points(), params)
	if err != nil {
		return c, err
	}
	c.Result = r
	c.Variation, c.Assurance = variationIcon(r), assuranceIcon(r)
	c.Title, c.Offers = controlTitle(t, p, r, o), offersOf(t, r)
	for _, n := range r.Notes() {
		// Missing readings have been named by provider already.
		if !strings.Contains(n, "missing between") {
			c.Notes = append(c.Notes, n)
		}
	}
	if below(t.Metric, r) {
		c.Notes = append(c.Notes, "The lower limit works out below zero. No reading can be, so it is shown as 0.")
	}
	if w := levelWords(t.Metric, o.Levels); w != "" {
		c.Notes = append(c.Notes, w)
	}
	if w := noteWords(c.Listed); w != "" {
		c.Notes = append(c.Notes, w)
	}
	c.Table = controlTable(p, r, o, c.Title)
	c.Alt = controlAlt(t, p, r, o, c.Listed)
	axis := o.Scale
	if axis.Top == 0 {
		axis = controlScale(t, p, r, o)
	}
	c.draw = func(s Size) (json.RawMessage, error) {
		k := s.from(len(p.rs), phoneMarks)
		return drawControl(t.Metric, p.tail(k), tail(r, k), o, axis, c.Listed, s)
	}
	c.Chart = c.by(t.Filter.Book).latest(len(p.rs), phoneMarks, stepWord(t.Grain)+"s").At(Page)
	return c, nil
}

// tail leaves out the first readings of a result. What the rules say of the
// others, and their lines, stay as they were reckoned from all.
func tail(r spc.Result, k int) spc.Result {
	r.Points = r.Points[k:]
	groups := r.Groups
	r.Groups = nil
	for _, g := range groups {
		if g.Last >= k {
			g.First, g.Last = max(0, g.First-k), g.Last-k
			r.Groups = append(r.Groups, g)
		}
	}
	return r
}

// restarts are the first days of the readings that limits restart with.
func restarts(p drawnPart, annotations []measure.Annotation) []delay.Day {
	var out []delay.Day
	for _, a := range annotations {
		if !a.Restart {
			continue
		}
		for _, r := range p.rs {
			if r.First >= a.Day {
				out = append(out, r.First)
				break
			}
		}
	}
	return out
}

// below says whether a lower limit is below zero.
func below(_ measure.Metric, r spc.Result) bool {
	return slices.ContainsFunc(r.Groups, func(g spc.Group) bool { return g.LPL.Known && g.LPL.Value < 0 })
}

// SharedScale is one value axis for the control charts of every series of a
// trend, so that panels beside each other compare.
//
// levels gives the agreed levels of each series as TrendOptions has them, nil
// for none.
func SharedScale(t measure.Trend, which []int, levels func(series int) []measure.Level) (Scale, error) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, i := range which {
		p := drawn(t.Metric, t.Grain, t.Series[i].Readings)
		if p.numbers() == 0 {
			continue
		}
		r, err := spc.Analyse(p.points(), spc.MakingDataCount(direction(t.Metric)))
		if err != nil {
			return Scale{}, err
		}
		var agreed []measure.Level
		if levels != nil {
			agreed = levels(i)
		}
		l, h := extent(t.Metric, p, r, agreed)
		low, high = math.Min(low, l), math.Max(high, h)
	}
	if low > high {
		return Scale{0, 1, 1}, nil
	}
	// Panels begin at nothing, so that a small one looks small.
	s := between(0, high, t.Metric.Whole)
	return s, nil
}

func extent(m measure.Metric, p drawnPart, r spc.Result, levels []measure.Level) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	add := func(v float64) { low, high = math.Min(low, v), math.Max(high, v) }
	for _, v := range p.values {
		if v != nil {
			add(*v)
		}
	}
	for _, g := range r.Groups {
		if g.LPL.Known && g.Limits == spc.LimitsGiven {
			add(limited(m, g.LPL.Value))
			add(limited(m, g.UPL.Value))
		}
	}
	for _, l := range levels {
		if _, _, ok := levelSpan(l, p.rs); ok {
			add(unit(m, l.Value))
		}
	}
	return low, high
}

func controlScale(t measure.Trend, p drawnPart, r spc.Result, o TrendOptions) Scale {
	low, high := extent(t.Metric, p, r, o.Levels)
	if len(o.Annotations) > 0 {
		high += (high - low) * 0.12 // room for the numbered flags
	}
	if r.Groups[len(r.Groups)-1].Limits != spc.LimitsGiven {
		// Without limits nothing says how much of a difference matters.
		low = 0
	}
	s := between(low, high, t.Metric.Whole)
	if t.Metric.Percent && s.Top > 100 {
		s.Top = 100
	}
	return s
}

// nothingTitle is the title of a chart without a reading.
func nothingTitle(t measure.Trend, o TrendOptions, p drawnPart) string {
	prefix := ""
	if o.Panel && o.Name != "" {
		prefix = name(o.Name) + ": "
	}
	if len(p.all) == 0 {
		return prefix + "No readings for these choices"
	}
	return prefix + t.Metric.Name + ": no data"
}

// subject names the measure in a title, with the body that it is narrowed to.
func subject(t measure.Trend) string {
	if len(t.Filter.Bodies) == 1 {
		if b := t.Filter.Bodies[0]; b == delay.NotAttributed {
			return t.Metric.Name + ", not attributed"
		}
		return t.Metric.Name + " with " + nhsThe(t.Filter.Bodies[0])
	}
	return t.Metric.Name
}

func nhsThe(b delay.Body) string {
	switch b {
	case delay.NHS:
		return "the NHS"
	case delay.Joint:
		return "both"
	}
	return b.String()
}

func has(m measure.Metric) string {
	if m.Percent {
		return "has"
	}
	return "have"
}

// controlTitle is the finding, T1 to T7: the first condition that holds speaks.
func controlTitle(t measure.Trend, p drawnPart, r spc.Result, o TrendOptions) string {
	long := findings(t, p, r, subject(t))
	if o.TitleRoom > 0 {
		for _, f := range append(long, subject(t)+": "+lowerFirst(shortFinding(r)), shortFinding(r)) {
			if len([]rune(f)) <= o.TitleRoom {
				return f
			}
		}
		return shorten(shortFinding(r), o.TitleRoom)
	}
	if !o.Panel || o.Name == "" {
		for _, f := range long {
			if len([]rune(f)) < titleLimit {
				return f
			}
		}
		return shorten(long[len(long)-1], titleLimit-1)
	}
	who := name(o.Name) + ": "
	for _, f := range append(findings(t, p, r, t.Metric.Name), shortFinding(r)) {
		if f = who + lowerFirst(f); len([]rune(f)) < titleLimit-15 {
			return f
		}
	}
	return shorten(who+lowerFirst(shortFinding(r)), titleLimit-1)
}

func shortFinding(r spc.Result) string {
	if r.Points[len(r.Points)-1].Missing {
		return "No data in the latest reading"
	}
	return r.LatestWords()
}

// findings are wordings of the same finding, longest first.
func findings(t measure.Trend, p drawnPart, r spc.Result, what string) []string {
	step := stepWord(t.Grain)
	if s := missingTitle(what, p.rs, step); s != "" {
		return []string{s, missingTitle(t.Metric.Name, p.rs, step)}
	}
	var total int64
	for _, one := range p.all[p.at : p.at+len(p.rs)] {
		total += one.Amount
	}
	if total < 10 {
		one, many := "delayed day", "delayed days"
		switch t.Metric.ID {
		case measure.NewDelays, measure.EndedDelays, measure.DaysWaited:
			one, many = "person", "people"
		}
		return []string{fmt.Sprintf("Too few %s to describe a change (%s)", many, plural(total, one, many))}
	}
	last := r.Points[len(r.Points)-1]
	if last.Missing {
		return []string{what + ": no reading " + when(last.Day, t.Grain)}
	}
	g := r.Groups[len(r.Groups)-1]
	v := words(t.Metric, last.Value)
	at := when(last.Day, t.Grain)
	// Where the whole date leaves no room, the subtitle has its year.
	brief := strings.TrimSuffix(at, last.Day.Time().Format(" 2006"))
	if w := soFar(t.Metric, r); w != "" {
		return []string{what + ": " + v + " " + at + "; " + w, what + ": " + v + " " + brief + "; " + w, what + ": " + v + "; " + w}
	}
	if g.Limits != spc.LimitsGiven {
		why := "too few readings to say if this is usual"
		if g.Limits == spc.LimitsNotAvailable {
			why = "limits are not available"
		}
		return []string{what + ": " + v + " " + at + "; " + why, what + ": " + v + " " + brief + "; " + why, what + ": " + v + "; " + why}
	}
	lo, hi := lineWords(t.Metric, limited(t.Metric, g.LPL.Value)), lineWords(t.Metric, limited(t.Metric, g.UPL.Value))
	verb := has(t.Metric)
	sh := r.Shape()
	if !sh.Quiet {
		return unquiet(t, r, sh, what, v, at, brief, lo, hi)
	}
	n, side := run(r)
	switch last.Cause {
	case spc.AboveLimit, spc.BelowLimit:
		dir := "above"
		if last.Cause == spc.BelowLimit {
			dir = "below"
		}
		return []string{
			fmt.Sprintf("%s reached %s %s, %s its usual %s to %s", what, v, at, dir, lo, hi),
			fmt.Sprintf("%s reached %s %s, %s its usual %s to %s", what, v, brief, dir, lo, hi),
			fmt.Sprintf("%s reached %s, %s its usual %s to %s", what, v, dir, lo, hi),
		}
	case spc.TrendUp, spc.TrendDown:
		return []string{trending(t, r, what, v)}
	case spc.TwoInThreeAbove, spc.TwoInThreeBelow:
		end := "top"
		if last.Cause == spc.TwoInThreeBelow {
			end = "bottom"
		}
		was := "were"
		if t.Metric.Percent {
			was = "was"
		}
		return []string{
			fmt.Sprintf("%s %s near the %s of its usual range in 2 of the last 3 %ss", what, was, end, step),
			fmt.Sprintf("%s near the %s of its usual range in 2 of 3 %ss", what, end, step),
		}
	case spc.ShiftAbove, spc.ShiftBelow:
		return []string{fmt.Sprintf("%s %s been %s average for %d %ss in a row", what, verb, side, n, step)}
	}
	noun := strings.Replace(what, t.Metric.Name, t.Metric.Noun, 1)
	if sh.Signals > 0 {
		within, others := "within its usual "+lo+" to "+hi, "; "+sh.SignalWords(step)
		return []string{what + ": " + v + " " + brief + ", " + within + others, what + ": " + v + ", " + within + others,
			what + ": " + v + ", " + within}
	}
	return []string{
		fmt.Sprintf("No significant change in %s: about %s, usually %s to %s", noun, lineWords(t.Metric, g.Mean.Value), lo, hi),
		// A long name leaves room for the range, which says more than the average.
		fmt.Sprintf("No significant change in %s: usually %s to %s", noun, lo, hi),
	}
}

// trending is the finding of a rise or fall that the latest reading is part of.
func trending(t measure.Trend, r spc.Result, what, v string) string {
	dir := "risen"
	if r.Points[len(r.Points)-1].Cause == spc.TrendDown {
		dir = "fallen"
	}
	n, _ := run(r)
	return fmt.Sprintf("%s %s %s %d %ss in a row, to %s", what, has(t.Metric), dir, n, stepWord(t.Grain), v)
}

// soFar says where the average of the readings since a restart stands, while they
// are too few for limits; empty otherwise.
func soFar(m measure.Metric, r spc.Result) string {
	g := r.Groups[len(r.Groups)-1]
	if len(r.Groups) == 1 || g.Limits != spc.NotEnoughReadings || !g.Mean.Known {
		return ""
	}
	return fmt.Sprintf("average so far %s, %d of %d", lineWords(m, g.Mean.Value), g.Readings, r.Params.LeastPoints)
}

// unquiet is the finding of a series of which more than a fifth are signals: its
// level, the shift to it, how long it has stood, and the latest reading against
// the limits, which are not called usual.
func unquiet(t measure.Trend, r spc.Result, sh spc.Shape, what, v, at, brief, lo, hi string) []string {
	step := stepWord(t.Grain)
	last := len(r.Points) - 1
	against := ""
	switch r.Points[last].Cause {
	case spc.AboveLimit:
		against = ", above the limits"
	case spc.BelowLimit:
		against = ", below the limits"
	}
	if cause := r.Points[last].Cause; cause == spc.TrendUp || cause == spc.TrendDown {
		return []string{trending(t, r, what, v)}
	}
	many := func(run spc.Run) string { return plural(int64(run.Len()), step, step+"s") }
	if n := len(sh.Runs); n > 0 && sh.Runs[n-1].Last == last {
		now := sh.Runs[n-1]
		been := what + " " + has(t.Metric) + " been " + now.Word() + " average for " + many(now)
		var out []string
		if n > 1 && sh.Runs[n-2].Side != now.Side && sh.Runs[n-2].First >= r.Groups[len(r.Groups)-1].First {
			before := sh.Runs[n-2]
			after := fmt.Sprintf(", after %d %s", before.Len(), before.Word())
			out = append(out, been+after+"; latest "+v+against, been+after+"; latest "+v)
		}
		return append(out, been+"; latest "+v+against, been+"; latest "+v, been)
	}
	others := "; " + sh.SignalWords(step)
	// A run that ended longer ago than it lasted says little of now.
	if n := len(sh.Runs); n > 0 && last-sh.Runs[n-1].Last <= sh.Runs[n-1].Len() {
		then := sh.Runs[n-1]
		if after := ", after " + many(then) + " " + then.Word() + " average"; against != "" && then.Last == last-1 {
			return []string{what + " reached " + v + " " + brief + against + " " + lo + " to " + hi + after,
				what + " reached " + v + against + " " + lo + " to " + hi + after, what + " reached " + v + against + after}
		}
		was := "were"
		if t.Metric.Percent {
			was = "was"
		}
		of := what + " " + was + " " + then.Word() + " average for " + many(then)
		until := " to " + r.Points[then.Last].Day.Time().Format("2 January")
		if against != "" { // It says more than the day does.
			return []string{of + until + "; latest " + v + against, of + "; latest " + v + against, of + "; latest " + v}
		}
		return []string{of + until + "; latest " + v + ", within the limits", of + until + "; latest " + v, of + "; latest " + v}
	}
	if against != "" {
		return []string{what + ": " + v + " " + brief + against + " " + lo + " to " + hi + others, what + ": " + v + against + others}
	}
	mean := ", average " + lineWords(t.Metric, r.Groups[len(r.Groups)-1].Mean.Value)
	return []string{what + ": " + v + " " + at + mean + others, what + ": " + v + " " + brief + mean + others, what + ": " + v + mean + others,
		what + ": " + v + others}
}

// run counts the readings of the trend or shift that the latest reading ends.
func run(r spc.Result) (n int, side string) {
	last := len(r.Points) - 1
	p := r.Points[last]
	same := func(i int) bool {
		q := r.Points[i]
		if q.Missing || q.Group != p.Group {
			return false
		}
		next := r.Points[i+1]
		switch p.Cause {
		case spc.TrendUp:
			return q.Value < next.Value
		case spc.TrendDown:
			return q.Value > next.Value
		}
		return q.RelativeToMean == p.RelativeToMean
	}
	n, side = 1, "above"
	if p.RelativeToMean.Value < 0 {
		side = "below"
	}
	for i := last - 1; i >= 0 && same(i); i-- {
		n++
	}
	return n, side
}

// controlTable has a row for each reading, with its lines and the rule that
// names it.
func controlTable(p drawnPart, r spc.Result, o TrendOptions, caption string) Table {
	t := Table{Caption: caption, Head: []string{periodHead(p.grain), sentenceCase(p.m.Name)}}
	if o.Before != nil {
		t.Head = append(t.Head, "A year before")
	}
	t.Head = append(t.Head, "Average", "Lower limit", "Upper limit", "What it shows", "Rule")
	if len(o.Levels) > 0 {
		t.Head = append(t.Head, "Agreed level")
	}
	for i, one := range p.all {
		row := []Cell{text(rowHead(one, p.grain)), stateCell(p.m, one)}
		if o.Before != nil {
			cell := text(noData)
			if b, ok := yearBefore(o.Before, one, p.grain); ok {
				cell = stateCell(p.m, b)
			}
			row = append(row, cell)
		}
		if j := i - p.at; j >= 0 && j < len(r.Points) {
			pt := r.Points[j]
			g := groupOf(r, j)
			for _, line := range [...]spc.Number{g.Mean, g.LPL, g.UPL} {
				if line == g.Mean && j >= r.Groups[len(r.Groups)-1].First && soFar(p.m, r) != "" {
					row = append(row, number(line.Value, lineWords(p.m, line.Value)+" so far"))
					continue
				}
				if g.Limits != spc.LimitsGiven || !line.Known {
					row = append(row, text("Not available"))
					continue
				}
				v := limited(p.m, line.Value)
				row = append(row, number(v, lineWords(p.m, v)))
			}
			rule := pt.Rule
			if rule == "" {
				rule = "None"
			}
			shows := pt.Words
			if one.State == measure.NotApplicable {
				shows = "Not applicable"
			}
			row = append(row, text(shows), text(rule))
		} else {
			for range 3 {
				row = append(row, text("Not available"))
			}
			row = append(row, text("Not judged"), text("None"))
		}
		if len(o.Levels) > 0 {
			cell := text("None")
			if v := levelAt(p.m, o.Levels, reading{Period: one.Period}); v != nil {
				cell = number(*v, lineWords(p.m, *v))
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func groupOf(r spc.Result, i int) spc.Group {
	for _, g := range r.Groups {
		if i >= g.First && i <= g.Last {
			return g
		}
	}
	return spc.Group{}
}

// mostRuns is how many runs on one side of the average an alternative text tells.
const mostRuns = 3

func controlAlt(t measure.Trend, p drawnPart, r spc.Result, o TrendOptions, notes []Note) string {
	m := t.Metric
	s := fmt.Sprintf("Control chart of %s, %s, from %s to %s, %s.", m.Noun, name(trendPlace(o)),
		p.rs[0].First.Long(), p.rs[len(p.rs)-1].Last.Long(), plural(int64(len(p.rs)), stepWord(t.Grain), stepWord(t.Grain)+"s"))
	low, high, last := -1, -1, -1
	for i, v := range p.values {
		if v == nil {
			continue
		}
		last = i
		if low < 0 || *v < *p.values[low] {
			low = i
		}
		if high < 0 || *v > *p.values[high] {
			high = i
		}
	}
	say := func(i int) string { return words(m, *p.values[i]) + " " + when(p.rs[i].First, t.Grain) }
	if low != high {
		s += fmt.Sprintf(" Lowest %s, highest %s, latest %s.", say(low), say(high), say(last))
	} else {
		s += " Latest " + say(last) + "."
	}
	if g := r.Groups[len(r.Groups)-1]; g.Limits == spc.LimitsGiven {
		sh, between := r.Shape(), "limits"
		if sh.Quiet {
			between = "usual range"
		}
		s += fmt.Sprintf(" Average %s, %s %s to %s.", lineWords(m, g.Mean.Value), between, lineWords(m, limited(m, g.LPL.Value)),
			lineWords(m, limited(m, g.UPL.Value)))
		var runs strings.Builder
		for _, run := range sh.Runs[max(0, len(sh.Runs)-mostRuns):] {
			fmt.Fprintf(&runs, " %s average for %s, from %s to %s.", sentenceCase(run.Word()),
				plural(int64(run.Len()), stepWord(t.Grain), stepWord(t.Grain)+"s"), r.Points[run.First].Day.Long(), r.Points[run.Last].Day.Long())
		}
		s += runs.String()
	} else if w := soFar(m, r); w != "" {
		s += " " + sentenceCase(w) + " since the limits started again."
	}
	if w := levelWords(m, o.Levels); w != "" {
		s += " " + w
	}
	s += " " + strings.TrimSuffix(r.Variation.Words, ".") + "."
	if r.Assurance.Words != "" {
		s += " " + strings.TrimSuffix(r.Assurance.Words, ".") + "."
	}
	if n := len(p.values) - p.numbers(); n > 0 {
		s += fmt.Sprintf(" No reading for %s.", plural(int64(n), stepWord(t.Grain), stepWord(t.Grain)+"s"))
	}
	s += gapSentence(p.rs, stepWord(t.Grain))
	if w := noteWords(notes); w != "" {
		s += " " + w
	}
	return s + " Values are in the table below."
}

// The look of a reading by what it shows: shape and colour together, so that
// either alone tells.
type look struct {
	kind   string
	symbol string
	fill   string
	edge   string
	words  string
}

const (
	upTriangle   = "path://M6,0L12,11H0Z"
	downTriangle = "path://M0,1H12L6,12Z"
	lineMark     = "path://M0,5H12V7H0Z"
	usualFill    = "#A6A6A6"
	usualEdge    = "#425563"
	denseLine    = "#768692"
	wantedFill   = "#00B0F0"
	otherFill    = "#E46C0A"
	neutralFill  = "#490092"
)

// mark is the symbol on the plot, which ECharts builds from its place and size;
// the key's triangles are paths of their own.
func (l look) mark() string {
	switch {
	case l.kind == "other":
		return "triangle"
	case l.symbol == lineMark:
		return "circle"
	}
	return l.symbol
}

// upright is 1, or -1 for a triangle that stands on its point: a size below
// nothing turns a symbol over.
func (l look) upright() float64 {
	if l.symbol == downTriangle {
		return -1
	}
	return 1
}

// mostMarked is the most readings that all bear a mark. Beyond it, or with less
// than three pixels of a drawing for each, marks hide each other: the line shows
// every reading, and only those that say something are marked. None is left out
// or averaged.
const mostMarked = 400

// lookOf gives how a reading is drawn.
func lookOf(pt spc.PointResult, g spc.Group) look {
	high := pt.Words != "" && strings.HasPrefix(pt.Words, "High")
	switch {
	case g.Limits != spc.LimitsGiven:
		return look{"unjudged", "circle", white, usualEdge, "Not judged: no limits"}
	case pt.Kind == spc.Improvement:
		return look{"wanted", "rect", wantedFill, ink, pt.Words}
	case pt.Kind == spc.Concern && high:
		return look{"other", upTriangle, otherFill, ink, pt.Words}
	case pt.Kind == spc.Concern:
		return look{"other", downTriangle, otherFill, ink, pt.Words}
	case pt.Kind == spc.NeutralHigh || pt.Kind == spc.NeutralLow:
		return look{"neutral", "diamond", neutralFill, neutralFill, pt.Words}
	}
	return look{"usual", "circle", usualFill, usualEdge, "No signal"}
}

// keyEntry is one item of the key: go-echarts' legend takes names alone.
type keyEntry struct {
	Name string `json:"name"`
	Icon string `json:"icon"`
}

// vertical is a line across the plot at a reading.
type vertical struct {
	XAxis int    `json:"xAxis"`
	Name  string `json:"name"`
}

func drawControl(m measure.Metric, p drawnPart, r spc.Result, o TrendOptions, axis Scale, notes []Note, s Size) (json.RawMessage, error) {
	if len(r.Points) == 0 {
		return nil, problem.New(problem.Internal, "a control chart without readings was asked for")
	}
	font := float64(s.Font)
	n := len(p.rs)
	g := r.Groups[len(r.Groups)-1]

	// The looks that occur, with their readings, in the order of the key.
	var looks []look
	members := map[string][]int{}
	dense := n > mostMarked || float64(n)*3 > float64(s.Width)
	for i, pt := range r.Points {
		if pt.Missing {
			continue
		}
		l := lookOf(pt, groupOf(r, i))
		if dense && (l.kind == "usual" || l.kind == "unjudged") {
			l.words, l.symbol = l.words+" (line only)", lineMark
			if l.kind == "unjudged" {
				l.fill = l.edge // a hollow mark this small would be a hole in the line
			}
		}
		key := l.words
		if members[key] == nil {
			looks = append(looks, l)
		}
		members[key] = append(members[key], i)
	}
	slices.SortStableFunc(looks, func(a, b look) int { return rankLook(a) - rankLook(b) })

	// The lines' words at the right.
	var ends []lineEnd
	if g.Limits == spc.LimitsGiven {
		ends = []lineEnd{
			{"Lower limit " + lineWords(m, limited(m, g.LPL.Value)), "normal", n - 1, limited(m, g.LPL.Value)},
			{"Average " + lineWords(m, g.Mean.Value), "bold", n - 1, g.Mean.Value},
			{"Upper limit " + lineWords(m, limited(m, g.UPL.Value)), "normal", n - 1, limited(m, g.UPL.Value)},
		}
	}
	if w := soFar(m, r); w != "" {
		// Two lines, for the plot's sake.
		ends = append(ends, lineEnd{sentenceCase(strings.Replace(w, ", ", ",\n", 1)), "normal", n - 1, g.Mean.Value})
	}
	if v := o.target(p); v != nil {
		ends = append(ends, lineEnd{"Agreed level " + lineWords(m, *v), "normal", n - 1, *v})
	}
	right := font
	for i := range ends {
		if o.Panel || s.Phone {
			ends[i].words = strings.NewReplacer("Lower limit ", "Lower\n", "Upper limit ", "Upper\n", "Average ", "Average\n", "Agreed level ",
				"Agreed\n").Replace(ends[i].words)
		}
		right = math.Max(right, widest(ends[i].words, font)+font*1.2)
	}
	grid := timeGrid(s, math.Max(axisWidth(axis.Top, axis.Step, font), textWidth("100%", font)), right, false)
	if !o.Panel {
		rows, used := 1, 0.0
		for _, l := range looks {
			w := textWidth(l.words, font) + font*2.4
			if used+w > float64(s.Width)-grid.left && used > 0 {
				rows, used = rows+1, 0
			}
			used += w
		}
		grid.top += font * 1.7 * float64(rows)
	}
	band := grid.width(s) / float64(n)

	c := charts.NewLine()
	c.SetGlobalOptions(common(s, grid, "line")...)
	axisName := sentenceCase(m.Unit)
	if o.Panel || s.Phone {
		axisName = ""
	}
	metricAxes(&c.RectChart, s, m, axisName, axis)
	labels, shown := axisLabels(p.rs, p.grain, grid.width(s), font)
	if !o.Panel {
		names := make([]keyEntry, len(looks))
		for i, l := range looks {
			names[i] = keyEntry{l.words, l.symbol}
		}
		c.SetGlobalOptions(charts.WithLegendOpts(opts.Legend{
			Show: opts.Bool(true), Left: px(grid.left), Top: "0", Data: names, Width: px(float64(s.Width) - grid.left),
			ItemWidth: int(math.Round(font * 0.9)), ItemHeight: int(math.Round(font * 0.9)),
			TextStyle: &opts.TextStyle{Color: ink, FontSize: s.Font, FontFamily: fontNames},
		}))
	}

	c.SetXAxis(labels)
	lineWidth := math.Max(1, s.Line*0.5)
	readingWidth, readingColor := lineWidth, usualEdge
	if dense {
		readingWidth, readingColor = lineWidth*0.6, denseLine
	}
	c.AddSeries(m.Name, lineOf(p.values, false, 0),
		charts.WithLineStyleOpts(opts.LineStyle{Width: float32(readingWidth), Color: readingColor}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: readingColor}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "none"}),
		charts.WithSeriesOpts(func(one *charts.SingleSeries) { one.MarkAreas = gapAreas(p.rs, band, s, true) }))

	// Lines of each group, with a gap between groups.
	flat := func(words, kind, color string, width float64, from, to int, v float64) {
		left, end := opts.LineData{Value: []float64{float64(from), plotted(v)}}, opts.LineData{Value: []float64{float64(to), plotted(v)}}
		c.AddSeries(words, []opts.LineData{left, end},
			charts.WithLineStyleOpts(opts.LineStyle{Width: float32(width), Color: color, Type: kind}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: color}),
			charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "none"}))
	}
	if soFar(m, r) != "" {
		flat("Average so far", "solid", usualEdge, lineWidth, g.First, g.Last, g.Mean.Value)
	}
	for _, gr := range r.Groups {
		if gr.Limits != spc.LimitsGiven {
			continue
		}
		flat("Average", "solid", ink, lineWidth, gr.First, gr.Last, gr.Mean.Value)
		flat("Lower limit", "dashed", usualEdge, lineWidth, gr.First, gr.Last, limited(m, gr.LPL.Value))
		flat("Upper limit", "dashed", usualEdge, lineWidth, gr.First, gr.Last, limited(m, gr.UPL.Value))
	}
	for _, l := range o.Levels {
		if first, last, ok := levelSpan(l, p.rs); ok {
			flat("Agreed level", "dotted", ink, lineWidth*1.2, first, last, unit(m, l.Value))
		}
	}

	size := math.Max(math.Min(band*0.85, font*0.72), 3)
	edge := float32(math.Max(1, font/14))
	for _, l := range looks {
		at := members[l.words]
		if l.symbol == lineMark {
			// The line shows them, but for one without neighbours.
			at = slices.DeleteFunc(slices.Clone(at), func(i int) bool { return !alone(p.values, i) })
		}
		style := opts.ItemStyle{Color: l.fill, BorderColor: l.edge, BorderWidth: edge, Opacity: opts.Float(1)}
		if size < 6 && l.fill != white {
			style.BorderColor, style.BorderWidth = "", 0 // outlines of small marks would run together
		}
		pts := make([]opts.LineData, len(at))
		for j, i := range at {
			pts[j] = opts.LineData{Value: []float64{float64(i), plotted(*p.values[i])}}
		}
		c.AddSeries(l.words, pts,
			charts.WithItemStyleOpts(style),
			charts.WithSeriesOpts(func(one *charts.SingleSeries) {
				side := plotted(symbolSize(l, size))
				one.Type, one.Symbol, one.SymbolSize = "scatter", l.mark(), [2]float64{side, side * l.upright()}
				// All marks of a look are one path: ten years by day are thousands.
				one.Large, one.LargeThreshold = opts.Bool(true), 1
			}))
	}

	// Words and flags stand on a series of their own, over everything.
	room := font * 1.35
	if o.Panel || s.Phone {
		room = font * 2.5
	}
	marks := endsApart(ends, room, n, band, axis, grid.height(s), font)
	flags, lines := flagged(p, notes, axis.Top, s)
	marks = append(append(marks, flags...), gapMarks(p.rs, axis.Bottom, band, s)...)
	c.AddSeries("Words", []opts.LineData{}, charts.WithSeriesOpts(func(one *charts.SingleSeries) {
		one.Type = "scatter"
		one.MarkPoints = &opts.MarkPoints{Data: marks}
		one.MarkLines = lines
	}))
	e := extras{y: axisExtras{step: axis.Step}, x: axisExtras{labels: shown, ticks: true}}
	if dense {
		e.over = controlLines
	}
	return finish(c, e)
}

// controlLines name the lines that readings are judged by.
var controlLines = []string{"Average", "Average so far", "Lower limit", "Upper limit", "Agreed level"}

func rankLook(l look) int {
	return map[string]int{"usual": 0, "wanted": 1, "other": 2, "neutral": 3, "unjudged": 4}[l.kind]
}

// symbolSize evens out shapes: a diamond or triangle of the same width looks
// smaller than a circle.
func symbolSize(l look, size float64) float64 {
	switch l.kind {
	case "other", "neutral":
		return size * 1.3
	case "wanted":
		return size * 1.05
	}
	return size
}

// flagged draws annotations: a line at the first reading that ends on or after
// the day, and a numbered flag at its top. Flags of one reading stand side by
// side. Without annotations lines is nil.
func flagged(p drawnPart, notes []Note, top float64, s Size) (flags []any, lines *opts.MarkLines) {
	font := float64(s.Font)
	side := math.Round(font * 1.35)
	beside := map[int]int{}
	var verticals []any
	for _, note := range notes {
		at := slices.IndexFunc(p.rs, func(r reading) bool { return r.Last >= note.Day })
		if at < 0 || s.Phone && note.Day < p.rs[0].First {
			continue // It is of readings that are not drawn.
		}
		if beside[at] == 0 {
			verticals = append(verticals, vertical{XAxis: at, Name: "note"})
		}
		flags = append(flags, point{
			Name: fmt.Sprintf("Note %d", note.Number), Coord: [2]float64{float64(at), top}, Symbol: "rect",
			SymbolSize: [2]float64{side, side}, SymbolOffset: [2]float64{float64(beside[at]) * (side + 2), math.Round(side / 2)},
			ItemStyle: &itemStyle{ItemStyle: &opts.ItemStyle{Color: ink}},
			Label: &pointLabel{Label: opts.Label{Show: opts.Bool(true), Position: "inside", Formatter: fmt.Sprint(note.Number),
				Color: white, FontSize: float32(s.small()), FontWeight: "bold"}},
		})
		beside[at]++
	}
	if verticals != nil {
		lines = &opts.MarkLines{Data: verticals, MarkLineStyle: opts.MarkLineStyle{
			Symbol: []string{"none", "none"}, Label: &opts.Label{Show: opts.Bool(false)},
			LineStyle: &opts.LineStyle{Color: ink, Width: 1, Type: "solid"},
		}}
	}
	return flags, lines
}
