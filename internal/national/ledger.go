package national

import (
	"slices"

	"homeward/internal/delay"
)

// Ledger is what a store holds of stays in hospital.
type Ledger struct {
	Stays []Stay
	// Days are each provider's extract dates that count, ascending.
	Days map[string]delay.Calendar
	// Beds names the providers that list everybody in a bed (R13), in order.
	// Only of these can England's situation report and discharge ready date be
	// counted: the others list nobody who left on the day they were ready.
	Beds []string
}

// OfBeds gives the ledger of the providers that list everybody in a bed, of
// those named when any are.
func (l *Ledger) OfBeds(providers []string) *Ledger {
	var wanted []string
	for _, p := range l.Beds {
		if len(providers) == 0 || slices.Contains(providers, p) {
			wanted = append(wanted, p)
		}
	}
	out := l.Of(wanted)
	out.Beds = wanted
	return out
}

// Of gives the ledger of the providers named, and of no other.
func (l *Ledger) Of(providers []string) *Ledger {
	out := &Ledger{Days: map[string]delay.Calendar{}}
	for _, p := range providers {
		if days := l.Days[p]; len(days) > 0 {
			out.Days[p] = days
		}
		if slices.Contains(l.Beds, p) {
			out.Beds = append(out.Beds, p)
		}
	}
	for i := range l.Stays {
		if slices.Contains(providers, l.Stays[i].Provider) {
			out.Stays = append(out.Stays, l.Stays[i])
		}
	}
	return out
}

// Extent gives the first and last day for which there is evidence, both zero
// when there is none.
func (l *Ledger) Extent() (first, last delay.Day) {
	for _, days := range l.Days {
		if first == 0 || days[0] < first {
			first = days[0]
		}
		last = max(last, days[len(days)-1])
	}
	return first, last
}

// Window gives the months from first to last as the evidence bounds them.
func (l *Ledger) Window(first, last delay.Month) Window {
	w := Window{First: first, Last: last}
	w.From, w.To = l.Extent()
	return w
}
