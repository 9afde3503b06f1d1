package web

import (
	"context"
	"strings"
	"sync"

	"homeward/internal/closing"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/national"
	"homeward/internal/revision"
)

// englandMoves keeps of which closed months England's counts are others now, as
// long as the lists are those of one ledger: it takes a count of each month.
type englandMoves struct {
	mu     sync.Mutex
	ledger *national.Ledger
	moved  map[delay.Month]bool
}

func (k *englandMoves) of(l *national.Ledger, m delay.Month) (moved, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ledger != l {
		k.ledger, k.moved = l, map[delay.Month]bool{}
	}
	moved, known = k.moved[m]
	return moved, known
}

func (k *englandMoves) keep(l *national.Ledger, m delay.Month, moved bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ledger == l {
		k.moved[m] = moved
	}
}

// englandMoved says whether England's counts that a month was closed with are
// others now: of a month for which none were kept they are not.
func (s *Server) englandMoved(ctx context.Context, r closing.Record, content *closing.Content) (bool, error) {
	if content.EnglandSHA256 == "" {
		return false, nil
	}
	present, err := s.now(ctx)
	if err != nil {
		return false, err
	}
	l, err := present.Ledger(ctx)
	if err != nil {
		return false, err
	}
	if moved, known := s.englandMoves.of(l, r.Month); known {
		return moved, nil
	}
	kept, _, err := s.opts.Closings.ClosedEngland(ctx, r.Month, content)
	if err != nil || kept == nil {
		return false, err
	}
	moved, err := revision.Closed{Record: r, Content: content, Names: s.opts.Places, England: kept, Place: s.sitrepCell,
		EnglandNow: s.opts.Closings.EnglandOf(l, r.Month)}.EnglandMoved()
	if err == nil {
		s.englandMoves.keep(l, r.Month, moved)
	}
	return moved, err
}

// monthMoves is how one closed month has changed since.
type monthMoves struct {
	month           delay.Month
	more, elsewhere int64
	england         bool
}

func (m monthMoves) days() bool { return m.more != 0 || m.elsewhere != 0 }

// oneMonthMoved says how a month that is closed has changed, after the day of the
// close, with the part of its page that shows it.
func oneMonthMoved(m monthMoves) (words, part string) {
	switch {
	case m.days() && m.england:
		return changedSince(m.more, m.elsewhere) + " England's counts of it have changed too.", "#revisions"
	case m.days():
		return changedSince(m.more, m.elsewhere), "#revisions"
	case m.england:
		return "its delayed days are the same today, and England's counts of it have changed since.", "#england-revisions"
	}
	return "its figures are the same today.", ""
}

// monthsMoved says how several months that are closed have changed.
func monthsMoved(all []monthMoves) (words string, changed bool) {
	var days, england []string
	var sum, elsewhere int64
	for _, m := range all {
		if m.days() {
			days = append(days, m.month.Long()+", "+changedBy(m.more, m.elsewhere))
			sum, elsewhere = sum+m.more, elsewhere+m.elsewhere
		}
		if m.england {
			england = append(england, m.month.Long())
		}
	}
	n := count(int64(len(all)))
	switch {
	case len(days) > 3:
		words = n + " months of this period are closed; the figures of " + count(int64(len(days))) + " have changed since: " +
			changedBy(sum, elsewhere) + " in all."
	case len(days) > 0:
		words = n + " months of this period are closed; these have changed since: " + strings.Join(days, "; ") + "."
	default:
		same := "figures"
		if len(england) > 0 {
			same = "delayed days"
		}
		words = measure.UpperFirst(plural(int64(len(all)), "month", "months")) + " of this period are closed; their " + same +
			" are the same today."
	}
	switch {
	case len(england) > 3:
		words += " England's counts of " + count(int64(len(england))) + " have changed."
	case len(england) > 0:
		words += " England's counts of " + andList(england) + " have changed."
	}
	return words, len(days)+len(england) > 0
}
