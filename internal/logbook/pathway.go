package logbook

import (
	"slices"

	"homeward/internal/delay"
)

// Way is a run of days on one pathway.
type Way struct {
	First, Last delay.Day
	Pathway     delay.Pathway
}

// Ways gives the pathways of the days first to last of one delay that was first
// listed on listed: of each day the one that was stated last, on that day or
// before. lists are the days on which extracts state one, in order. What they
// state on the first listing is of the back-dated days too (C9). The log speaks
// as it does of reasons: an entry that says where they are going stands from its
// day on, until the extracts say something new; not decided yet is such a word.
// The ways tile the days; there are none where no day has a pathway.
func Ways(first, last, listed delay.Day, lists []Way, effective []Entry) []Way {
	pieces := []Piece{{First: first, Last: last, Mark: delay.Listed}}
	for _, w := range lists {
		at := &pieces[len(pieces)-1]
		from := w.First
		if w.First <= listed && listed <= w.Last {
			from = first
		}
		switch number := numberOf(w.Pathway); {
		case w.Last < listed || from > last || number == at.Given:
		case from <= at.First:
			at.Given, at.Statement = number, number
		default:
			at.Last = from - 1
			pieces = append(pieces, Piece{First: from, Last: last, Given: number, Statement: number, Mark: delay.Listed})
		}
	}
	var said []Entry
	for _, e := range effective {
		switch e.Kind {
		case Opened, Resumed, Changed, Corrected:
			if e.Destination != "" {
				e.Statement = numberOf(delay.Pathway(e.Destination))
				said = append(said, e)
			}
		}
	}
	if len(said) == 0 && len(pieces) == 1 && pieces[0].Given == 0 {
		return nil
	}
	var out []Way
	for _, r := range Refine(pieces, said) {
		w := Way{r.First, r.Last, pathwayOf(r.Statement)}
		if n := len(out); n > 0 && out[n-1].Pathway == w.Pathway {
			out[n-1].Last = w.Last
			continue
		}
		out = append(out, w)
	}
	if len(out) == 1 && out[0].Pathway == delay.PathwayNotStated {
		return nil
	}
	return out
}

// numberOf numbers a pathway as a statement: 0 for none and for what is none.
func numberOf(p delay.Pathway) int64 {
	if p == delay.PathwayNotStated {
		return 0
	}
	return int64(slices.Index(delay.Pathways[:], p) + 1)
}

func pathwayOf(number int64) delay.Pathway {
	if number == 0 {
		return delay.PathwayNotStated
	}
	return delay.Pathways[number-1]
}
