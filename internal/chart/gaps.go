package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/opts"
)

// gapMark is the sign of missing data: it stands under the axis of a chart and in
// the words that explain it.
const gapMark = "▲"

// gapNote explains the marks where a chart stands without a page around it.
const gapNote = gapMark + " under the axis: an extract is missing on some of these days."

// noDataNote begins the sentences that name whose data are missing.
const noDataNote = "No data "

// aboutGaps says whether a note is about missing data. A page says that once, for
// all of its charts.
func aboutGaps(note string) bool { return note == gapNote || strings.HasPrefix(note, noDataNote) }

// lacks says that the extract of some hospital is missing on some day of the
// reading. A reading without anything to divide lacks nothing.
func (r reading) lacks() bool {
	return r.gappy || len(r.Missing) > 0 || r.none && r.Listed == 0
}

// withGapNote adds what explains the marks, where there are any.
func withGapNote(notes []string, rs []reading) []string {
	for _, r := range rs {
		if r.lacks() {
			return append(notes, gapNote)
		}
	}
	return notes
}

// gapSentence says in alt text which steps are marked; empty where none is.
func gapSentence(rs []reading, step string) string {
	n, last := 0, 0
	for i, r := range rs {
		if r.lacks() {
			n, last = n+1, i
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1:
		return fmt.Sprintf(" Marked under the axis: an extract is missing in the %s from %s.", step, rs[last].First.Long())
	}
	return fmt.Sprintf(" Marked under the axis: an extract is missing in %s.", plural(int64(n), step, step+"s"))
}

// gapMarks are the triangles under the axis at the readings that lack data. bottom
// is the value at which the axis stands. Where readings are narrower than a mark,
// one stands for its neighbours: marks over each other would read as a bar.
func gapMarks(rs []reading, bottom, band float64, s Size) []any {
	lacking := make([]bool, len(rs))
	for i, r := range rs {
		lacking[i] = r.lacks()
	}
	return marksUnder(lacking, bottom, band, s)
}

func marksUnder(lacking []bool, bottom, band float64, s Size) []any {
	font := float64(s.Font)
	width, height := math.Round(font*0.6), math.Round(font*0.5)
	var out []any
	next := math.Inf(-1)
	for i, lacks := range lacking {
		at := float64(i) * band
		if !lacks || at < next {
			continue
		}
		next = at + width*1.15
		out = append(out, point{
			Name: "Missing data", Coord: [2]float64{float64(i), bottom}, Symbol: "triangle", SymbolSize: [2]float64{width, height},
			SymbolOffset: [2]float64{0, height/2 + 1},
			ItemStyle:    &itemStyle{ItemStyle: &opts.ItemStyle{Color: usualEdge}},
			Label:        &pointLabel{Label: opts.Label{Show: opts.Bool(false)}},
		})
	}
	return out
}

// under adds marks to those of a series that may have none.
func under(points *opts.MarkPoints, marks []any) *opts.MarkPoints {
	if len(marks) == 0 {
		return points
	}
	if points == nil {
		points = &opts.MarkPoints{}
	}
	points.Data = append(points.Data, marks...)
	return points
}
