package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/problem"
)

// view is what a scope may see of one patient at one provider (P1): which days
// of theirs are its own. Every reader of a case and every writer asks it, so
// that what is shown and what can be changed are the same. A provider's scope
// sees all of a patient in its beds. A council's sees the days on which its
// residents were its residents, and what was said of these days; what became
// another council's ends, for it, where it moved.
type view struct {
	whole  bool
	pieces []piece // ascending
}

// piece is a run of days of one delay that stand on one statement: a stretch,
// or the delay itself when it has no counted day yet.
type piece struct {
	listed      delay.Day // the delay's first listing
	first, last delay.Day // last is 0 for a delay without counted days
	statement   int64
	own         bool
}

// viewOf works out the view of a patient whom the scope reaches.
func viewOf(ctx context.Context, tx *sql.Tx, scope people.Scope, patient int64) (view, error) {
	if len(scope.Providers()) > 0 {
		return view{whole: true}, nil
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT d.listed_first, d.ready_date, coalesce(t.first_day, 0), coalesce(t.last_day, 0), st.statement_id, g.council
		FROM delay d
		LEFT JOIN stretch t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
		JOIN statement st ON st.statement_id = coalesce(t.statement_id, d.statement_id)
		JOIN given g ON g.given_id = st.given_id
		WHERE d.patient_id = ?
		ORDER BY d.listed_first, t.first_day`, patient)
	if err != nil {
		return view{}, fmt.Errorf("the days of a patient: %w", err)
	}
	defer rows.Close()
	var v view
	for rows.Next() {
		var p piece
		var ready delay.Day
		var council string
		if err := rows.Scan(&p.listed, &ready, &p.first, &p.last, &p.statement, &council); err != nil {
			return view{}, err
		}
		if n := len(v.pieces); n == 0 || v.pieces[n-1].listed != p.listed {
			// A delay begins on the day on which the person became ready.
			p.first = ready
		}
		p.own = slices.Contains(scope.Councils(), council)
		v.pieces = append(v.pieces, p)
	}
	return v, rows.Err()
}

// holds says whether a day is the scope's own. Days after the last piece are
// those of the last, and days before the first those of the first.
func (v view) holds(day delay.Day) bool {
	if v.whole {
		return true
	}
	own := len(v.pieces) > 0 && v.pieces[0].own
	for _, p := range v.pieces {
		if p.first > day {
			break
		}
		own = p.own
	}
	return own
}

// of gives the first and the last of a delay's pieces that are the scope's own,
// nil when none is, and whether the delay went on as another's.
func (v view) of(listed delay.Day) (first, last *piece, moved bool) {
	for i := range v.pieces {
		p := &v.pieces[i]
		if p.listed != listed {
			continue
		}
		moved = !p.own
		if p.own {
			last = p
			if first == nil {
				first = p
			}
		}
	}
	return first, last, moved
}

// changeable refuses a change about the present of a patient who is another's
// by the moment at.
func (v view) changeable(at time.Time) error {
	day, err := londonDay(at)
	if err != nil {
		return err
	}
	if !v.holds(day) {
		return problem.New(problem.Conflict, "This person is not your organisation's resident any more, so nothing was saved. "+
			"The record shows what stood until they moved.")
	}
	return nil
}

// zone is that of the days of a record.
var zone = sync.OnceValues(func() (*time.Location, error) { return time.LoadLocation("Europe/London") })

func londonDay(at time.Time) (delay.Day, error) {
	london, err := zone()
	if err != nil {
		return 0, problem.Wrap(err, problem.Unavailable,
			"The time zone Europe/London could not be read on this machine. Install its time zone data")
	}
	return delay.DayOf(at.In(london)), nil
}
