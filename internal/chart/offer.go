package chart

import (
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/spc"
)

// Offer is a reading at which the limits of a chart might start again, because a
// long run on one side of the average begins there or ended just before.
type Offer struct {
	Day   delay.Day
	Words string
}

// mostOffers is how many restarts are offered at once.
const mostOffers = 3

// offersOf says in a sentence what the limits do not describe any more, for each
// reading at which they might start again.
func offersOf(t measure.Trend, r spc.Result) []Offer {
	var out []Offer
	runs := r.Shape().Runs
	for _, at := range r.Restarts() {
		if len(out) == mostOffers {
			break
		}
		day := r.Points[at].Day
		for _, run := range runs {
			long := plural(int64(run.Len()), stepWord(t.Grain), stepWord(t.Grain)+"s")
			verb := "were"
			if t.Metric.Percent {
				verb = "was"
			}
			words := ""
			switch side := subject(t) + " " + verb + " " + run.Word() + " average for " + long; {
			case run.First == at:
				words = side + ", from " + day.Long() + " on."
			case run.Last < at && run.First == r.Groups[len(r.Groups)-1].First:
				words = side + ", until " + r.Points[run.Last].Day.Long() + ", and not since."
			default:
				continue
			}
			out = append(out, Offer{day, words})
			break
		}
	}
	return out
}
