package chart

import (
	"strings"

	"homeward/internal/measure"
)

// target is the agreed level that a chart's readings are judged against, in the
// chart's unit: the one that stands at the last reading drawn, nil when none
// does.
func (o TrendOptions) target(p drawnPart) *float64 {
	if len(p.rs) == 0 {
		return nil
	}
	return levelAt(p.m, o.Levels, p.rs[len(p.rs)-1])
}

// levelAt is the level that stands on the last day of a reading.
func levelAt(m measure.Metric, levels []measure.Level, r reading) *float64 {
	for _, l := range levels {
		if l.InForce(r.Last) {
			v := unit(m, l.Value)
			return &v
		}
	}
	return nil
}

// levelSpan gives the first and last of the readings for which a level stands; ok is
// false when there is none.
func levelSpan(l measure.Level, rs []reading) (first, last int, ok bool) {
	for i, r := range rs {
		if l.InForce(r.Last) {
			if !ok {
				first, ok = i, true
			}
			last = i
		}
	}
	return first, last, ok
}

// levelWords lists the agreed levels of a chart with their days and who agreed
// them, as one sentence; empty when there is none.
func levelWords(m measure.Metric, levels []measure.Level) string {
	if len(levels) == 0 {
		return ""
	}
	parts := make([]string, len(levels))
	for i, l := range levels {
		parts[i] = lineWords(m, unit(m, l.Value)) + " from " + l.From.Long()
		if l.To != 0 {
			parts[i] += " to " + l.To.Long()
		}
		parts[i] += " (agreed: " + plain(l.Agreed)
		if l.Change != "" {
			parts[i] += "; change agreed: " + plain(l.Change)
		}
		parts[i] += ")"
	}
	head := "Agreed level: "
	if len(levels) > 1 {
		head = "Agreed levels: "
	}
	return head + strings.Join(parts, "; ") + "."
}
