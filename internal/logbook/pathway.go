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
	pieces := listedPieces(first, last, listed, lists)
	said := speaking(effective)
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

// listedPieces are the pathways that lists state of the days first to last of a
// delay, the last one on the days after it.
func listedPieces(first, last, listed delay.Day, lists []Way) []Piece {
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
	return pieces
}

// speaking gives the entries that say where somebody is going, with it as their
// statement.
func speaking(effective []Entry) []Entry {
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
	return said
}

// Leaving is what was stated of where a wait ended.
type Leaving struct {
	// Pathway is that of the leaving: what was stated last of the wait, of the
	// day of leaving too. Empty when nothing was.
	Pathway delay.Pathway
	// Logged is what the log's end states and Listed what the lists state last,
	// empty when they do not.
	Logged, Listed delay.Pathway
}

// Left gives the pathway of the leaving of a wait with the counted days first to
// last, which extracts listed from listed to listedLast. lists and effective are
// as Ways has them, the entries of this wait alone. An end with a destination
// speaks of the day of leaving, whatever day it names, until the lists say
// something new; an entry that opens the wait again takes it back.
func Left(first, last, listed, listedLast delay.Day, lists []Way, effective []Entry) Leaving {
	final := max(last+1, listedLast)
	of, _ := slices.BinarySearchFunc(lists, listedLast+1, func(w Way, day delay.Day) int { return int(w.First - day) })
	pieces := listedPieces(first, final, listed, lists[:of])
	out := Leaving{Listed: pathwayOf(pieces[len(pieces)-1].Given)}
	var entries []Entry
	end := -1
	for _, e := range effective {
		ends := e.Kind == Ended && numberOf(delay.Pathway(e.Destination)) != 0
		if end >= 0 && (ends || e.Kind == Opened || e.Kind == Resumed) {
			entries = slices.Delete(entries, end, end+1)
			out.Logged, end = delay.PathwayNotStated, -1
		}
		if ends {
			// It stands as a change does, of the day of leaving alone.
			out.Logged, end = delay.Pathway(e.Destination), len(entries)
			e.Kind, e.Day = Changed, final
		}
		entries = append(entries, e)
	}
	refined := Refine(pieces, speaking(entries))
	out.Pathway = pathwayOf(refined[len(refined)-1].Statement)
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
