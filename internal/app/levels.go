package app

import (
	"homeward/internal/config"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// headline is which days figures count when nobody asks for others.
func (a *App) headline() measure.Basis { return headlineOf(a.Partnership()) }

func headlineOf(p *config.Partnership) measure.Basis {
	if p.Settings.Headline == config.HeadlineAgreed {
		return measure.BasisAgreed
	}
	return measure.BasisCounted
}

// levels are the agreed levels of the partnership file, which has been checked.
func (a *App) levels() []measure.Level { return levelsOf(a.Partnership().AgreedLevels, a.headline()) }

func levelsOf(list []config.AgreedLevel, headline measure.Basis) []measure.Level {
	var out []measure.Level
	for _, l := range list {
		m, ok := measure.MetricOf(l.Measure, nil)
		from, err := delay.ParseDay(l.From)
		if !ok && l.Measure != config.DischargeDelay || err != nil {
			continue
		}
		one := measure.Level{Metric: l.Measure, Grain: measure.Dimension(l.Grain), Provider: l.Provider, Council: delay.Council(l.Council),
			Value: l.Level, From: from, Agreed: l.Agreed, Change: l.Change}
		if m.Percent {
			one.Value /= 100
		}
		if m.OfDays() {
			one.Basis = headline
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
