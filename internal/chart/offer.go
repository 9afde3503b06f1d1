package chart

import (
	"slices"

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
		day, of := r.Points[at].Day, slices.IndexFunc(runs, func(run spc.Run) bool { return run.First == at })
		if of < 0 { // The run that the readings began with has ended just before.
			of = slices.IndexFunc(runs, func(run spc.Run) bool { return run.First == r.Groups[len(r.Groups)-1].First })
		}
		run, verb := runs[of], "were"
		if t.Metric.Percent {
			verb = "was"
		}
		words := subject(t) + " " + verb + " " + run.Word() + " average for " + plural(int64(run.Len()), stepWord(t.Grain), stepWord(t.Grain)+"s")
		switch {
		case run.First != at:
			words += ", until " + r.Points[run.Last].Day.Long()
		case run.Last == len(r.Points)-1:
			words += ", since " + day.Long()
		default:
			words += ", from " + day.Long() + " on"
		}
		out = append(out, Offer{day, words + "."})
	}
	return out
}
