package measure

import (
	"slices"
	"time"

	"homeward/internal/delay"
)

// Annotation is something that the partnership did or that happened, noted on
// the charts that it touches: "Home first team started".
type Annotation struct {
	ID  int64
	Day delay.Day
	// Words are up to AnnotationLimit characters and never about a person.
	Words string
	// Metric is the word of the one metric that it speaks of, empty for all.
	Metric string
	// Provider and Council are where it happened, empty for everywhere.
	Provider string
	Council  delay.Council
	// Restart says that control limits start again with the first reading that
	// begins on or after Day.
	Restart bool
	By      string
	At      time.Time
}

// AnnotationLimit is the length of an annotation's words, in characters.
const AnnotationLimit = 50

// Touches says whether the annotation is shown on a chart of the metric, the
// filter and the days. What happened in one hospital is shown on a chart of
// several: it is part of what the chart shows.
func (a Annotation) Touches(m Metric, f Filter, from, to delay.Day) bool {
	return a.Day >= from && a.Day <= to &&
		(a.Metric == "" || a.Metric == m.Word) &&
		(a.Provider == "" || f.asks(a.Provider)) &&
		(a.Council == "" || len(f.Councils) == 0 || slices.Contains(f.Councils, a.Council))
}

// Covers says whether everything that the filter asks about lies where the
// annotation speaks of. Only then may limits restart: a new process in one of
// three hospitals is not a new process of the whole.
func (a Annotation) Covers(f Filter) bool {
	return (a.Provider == "" || len(f.Providers) == 1 && f.Providers[0] == a.Provider) &&
		(a.Council == "" || len(f.Councils) == 1 && f.Councils[0] == a.Council)
}

// BeforeAfter is the average reading before and after a day. It proves nothing:
// other things change too.
type BeforeAfter struct {
	// Before and After are the readings that went into each side.
	Before, After               int
	BeforeAverage, AfterAverage float64
}

// LeastEachSide and MostEachSide bound the readings that are averaged on either
// side of an annotation.
const (
	LeastEachSide = 4
	MostEachSide  = 13
)

// Around averages up to MostEachSide readings that end before day and up to as
// many that begin on or after it. The reading that the day cuts in two is on
// neither side. ok is false with under LeastEachSide readings on a side.
// Averages are of readings, whatever the metric: they compare what is drawn.
func Around(m Metric, rs []TrendReading, day delay.Day) (b BeforeAfter, ok bool) {
	for _, r := range slices.Backward(rs) {
		if r.Last < day && r.Counts(m) && b.Before < MostEachSide {
			b.Before++
			b.BeforeAverage += r.Value
		}
	}
	for _, r := range rs {
		if r.First >= day && r.Counts(m) && b.After < MostEachSide {
			b.After++
			b.AfterAverage += r.Value
		}
	}
	if b.Before < LeastEachSide || b.After < LeastEachSide {
		return b, false
	}
	b.BeforeAverage /= float64(b.Before)
	b.AfterAverage /= float64(b.After)
	return b, true
}
