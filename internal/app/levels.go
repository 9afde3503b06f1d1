package app

import (
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// levels are the agreed levels of the partnership file, which has been checked.
func (a *App) levels() []measure.Level { return levelsOf(a.Partnership.AgreedLevels) }

func levelsOf(list []config.AgreedLevel) []measure.Level {
	var out []measure.Level
	for _, l := range list {
		m, ok := measure.MetricOf(l.Measure)
		from, err := delay.ParseDay(l.From)
		if !ok || err != nil {
			continue
		}
		one := measure.Level{Metric: l.Measure, Grain: measure.Dimension(l.Grain), Provider: l.Provider, Council: delay.Council(l.Council),
			Value: l.Level, From: from, Agreed: l.Agreed, Change: l.Change}
		if m.Percent {
			one.Value /= 100
		}
		if l.To != "" {
			if one.To, err = delay.ParseDay(l.To); err != nil {
				continue
			}
		}
		out = append(out, one)
	}
	return out
}
