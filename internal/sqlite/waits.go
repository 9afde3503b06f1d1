package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"homeward/internal/agreement"
	"homeward/internal/delay"
	"homeward/internal/measure"
)

// wait is a delay as what it counts under changed.
type wait struct {
	provider                 int64
	ready, began, listedLast delay.Day
	endKind                  delay.EndKind
	// left is the key of the leaving: its pathway can be another than that of the last
	// delayed day, everything else is that day's.
	left int32
	// steps are its segments in the order of their days, at least one.
	steps []step
}

// step is a segment of a wait, with the key of its cell.
type step struct {
	first, last delay.Day
	key         int32
}

func (t *step) days() int { return int(t.last-t.first) + 1 }

// follows says whether the step i begins on the day after the one before it.
func (c *wait) follows(i int) bool { return i > 0 && c.steps[i-1].last == c.steps[i].first-1 }

// goesOn says whether another step begins on the day after the step i.
func (c *wait) goesOn(i int) bool { return i+1 < len(c.steps) && c.follows(i+1) }

// leaving is the key of a step as it is of a leaving.
func (c *wait) leaving(i int) int32 {
	if i == len(c.steps)-1 {
		return c.left
	}
	return c.steps[i].key
}

// keptSteps bounds the steps that are kept for the next question, some 30 bytes each:
// a year of England's delays has 190,000.
const keptSteps = 500_000

// keptWaits keeps what has been read of waits. The questions of one page ask about the
// same delays again and again, and so do pages that many people look at. After a write
// only those of the providers that it concerned are read again.
type keptWaits struct {
	at int64 // the turn
	// turn is held by whoever finds, or reads, what is kept, so that nobody reads the
	// same beside.
	turn chan struct{}
	// most is how many steps are kept.
	most int
	// places are the providers, read with the first waits by who holds the turn.
	places map[int64]place

	mu     sync.Mutex // guards the rest
	ranges []*keptRange
	// long are ranges of more than is kept. All who ask read them, side by side.
	long []waitRange
}

func newKeptWaits() *keptWaits { return &keptWaits{turn: make(chan struct{}, 1), most: keptSteps} }

// goOn takes over what was kept at a turn before.
func (k *keptWaits) goOn(before *keptWaits) {
	before.mu.Lock()
	defer before.mu.Unlock()
	k.most, k.ranges, k.long = before.most, slices.Clone(before.ranges), slices.Clone(before.long)
}

// isLong says whether more is asked than is kept.
func (k *keptWaits) isLong(asked waitRange) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.long, func(l waitRange) bool { return asked.covers(l) })
}

func (k *keptWaits) noteLong(asked waitRange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.long = append(k.long, asked)
}

// drop lets a range go.
func (k *keptWaits) drop(one *keptRange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ranges = slices.DeleteFunc(slices.Clone(k.ranges), func(o *keptRange) bool { return o == one })
}

// find gives the range that covers another, nil for none.
func (k *keptWaits) find(asked waitRange) *keptRange {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.ranges, func(one *keptRange) bool { return one.covers(asked) })
	if i < 0 {
		return nil
	}
	return k.ranges[i]
}

// put keeps a range. What was asked first makes room.
func (k *keptWaits) put(one *keptRange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ranges = append(slices.Clone(k.ranges), one)
	steps := 0
	for i, r := range slices.Backward(k.ranges) {
		if steps += r.steps; steps > k.most {
			k.ranges = slices.Clone(k.ranges[i+1:])
			return
		}
	}
}

// keptRange is a range and its waits by provider, as of a turn. It never changes.
type keptRange struct {
	waitRange
	asOf  int64
	keys  *cellKeys
	waits map[int64][]wait
	steps int
}

// query asks for the waits of a range.
func (r waitRange) query() measure.Query {
	q := measure.Query{From: r.from, To: r.to, Filter: measure.Filter{Providers: r.providers, Councils: r.councils}}
	if r.byPathway {
		q.By = []measure.Dimension{measure.ByPathway}
	}
	return q
}

// waitRange is what of a query its waits depend on.
type waitRange struct {
	from, to  delay.Day
	providers []string
	councils  []delay.Council
	byPathway bool
}

func rangeOf(q measure.Query) waitRange {
	return waitRange{q.From, q.To, slices.Clone(q.Filter.Providers), slices.Clone(q.Filter.Councils), byPathway(q)}
}

// byPathway says whether days are parted by the pathway too.
func byPathway(q measure.Query) bool { return segmentsOf(q.Filter, q.By) != "segment" }

// covers says whether the waits of a range are among those of r.
func (r *waitRange) covers(o waitRange) bool {
	return r.from <= o.from && o.to <= r.to && r.byPathway == o.byPathway &&
		(len(r.providers) == 0 || slices.Equal(r.providers, o.providers)) &&
		(len(r.councils) == 0 || slices.Equal(r.councils, o.councils))
}

// place is a provider's code, and its first extract date that counts, 0 when none
// does.
type place struct {
	code      string
	firstList delay.Day
}

// eachWait gives the delays that have a counted day, or an end, from q.From to q.To at
// the providers of its filter, and that may have a day of its councils; whatever else
// is asked is for do, which keeps none of them. It gives with each its provider, and what
// the keys of all are.
func (s *Store) eachWait(ctx context.Context, q measure.Query, do func(keys *cellKeys, one *wait, at place)) error {
	kept := newKeptWaits() // Nobody asks again, unless they share it.
	if s.sharing != nil {
		kept = s.sharing.waits
	}
	held, err := s.waitsOf(ctx, kept, q, do)
	if err != nil || held == nil {
		return err
	}
	at := set(q.Filter.Providers)
	for provider, waits := range held.waits {
		if !among(at, kept.places[provider].code) {
			continue
		}
		for i := range waits {
			if one := &waits[i]; listedEarly(q) <= one.listedLast && one.began <= q.To {
				do(held.keys, one, kept.places[provider])
			}
		}
	}
	return nil
}

// waitsOf gives the waits of a query that are kept. It is nil where none are: then they
// were read, for do, and are kept now unless they are too many.
func (s *Store) waitsOf(ctx context.Context, kept *keptWaits, q measure.Query,
	do func(keys *cellKeys, one *wait, at place)) (*keptRange, error) {
	select {
	case kept.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	next := sync.OnceFunc(func() { <-kept.turn })
	defer next()
	asked := rangeOf(q)
	held := kept.find(asked)
	if held != nil && held.asOf == kept.at && kept.places != nil {
		return held, nil
	}
	tx, end, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if kept.places == nil {
		if kept.places, err = readPlaces(ctx, tx); err != nil {
			return nil, err
		}
	}
	if held != nil {
		now, err := kept.renew(ctx, tx, held)
		if err != nil {
			return nil, err
		}
		kept.drop(held)
		if now != nil {
			kept.put(now)
			return now, nil
		}
	}
	places, keys := kept.places, newCellKeys()
	found := &keptRange{asked, kept.at, keys, map[int64][]wait{}, 0}
	keep := s.sharing != nil && !kept.isLong(asked)
	if !keep {
		next()
	}
	if err := readWaits(ctx, tx, q, keys, func(one wait) {
		do(keys, &one, places[one.provider])
		if !keep {
			return
		}
		if found.add(one); found.steps > kept.most {
			// Ten years of a nation are read past, not held, and nobody waits for that.
			keep, found = false, nil
			kept.noteLong(asked)
			next()
		}
	}); err != nil || !keep {
		return nil, err
	}
	kept.put(found)
	return nil, nil
}

func (r *keptRange) add(one wait) {
	r.waits[one.provider] = append(r.waits[one.provider], one)
	r.steps += len(one.steps)
}

// manyChanged is of how many providers things are read again one by one; beyond them all
// are read at once.
const manyChanged = 50

// renew gives a range of before as of now, nil where too much has changed since.
func (k *keptWaits) renew(ctx context.Context, tx *sql.Tx, held *keptRange) (*keptRange, error) {
	ids, err := changed(ctx, tx, held.asOf)
	if err != nil || len(ids) > manyChanged {
		return nil, err
	}
	now := &keptRange{held.waitRange, k.at, held.keys, maps.Clone(held.waits), held.steps}
	var again []string
	for _, id := range ids {
		for _, one := range now.waits[id] {
			now.steps -= len(one.steps)
		}
		delete(now.waits, id)
		if code := k.places[id].code; len(held.providers) == 0 || slices.Contains(held.providers, code) {
			again = append(again, code)
		}
	}
	if len(again) > 0 {
		q := held.query()
		q.Filter.Providers, now.keys = again, held.keys.clone()
		if err := readWaits(ctx, tx, q, now.keys, now.add); err != nil {
			return nil, err
		}
	}
	return now, nil
}

// listedEarly is the first day on which the last listing of a delay can be that has a
// counted day, or an end, from q.From: the last counted day is at most a day after the
// last listing, and the end a day after that.
func listedEarly(q measure.Query) delay.Day { return q.From - 2 }

// readPlaces reads the providers.
func readPlaces(ctx context.Context, tx *sql.Tx) (map[int64]place, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT v.provider_id, v.code, coalesce((
			SELECT min(extract_date) FROM standing c WHERE c.provider_id = v.provider_id AND c.counted_extract <> 0), 0)
		FROM provider v`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]place{}
	for rows.Next() {
		var id int64
		var one place
		if err := rows.Scan(&id, &one.code, &one.firstList); err != nil {
			return nil, err
		}
		out[id] = one
	}
	return out, rows.Err()
}

// readWaits reads the waits of a query, one after the other, and numbers their cells.
func readWaits(ctx context.Context, tx *sql.Tx, q measure.Query, keys *cellKeys, each func(wait)) error {
	var w where
	// The start of a wait is never before its ready date. The index on the last
	// listing keeps old delays out.
	w.add("d.listed_last >= ? AND d.first_day BETWEEN 1 AND ?", listedEarly(q), q.To)
	var at where
	at.add("1")
	in(&at, "code", q.Filter.Providers, func(code string) any { return code })
	w.add("d.provider_id IN (SELECT provider_id FROM provider WHERE "+at.String()+")", at.args...)
	if len(q.Filter.Councils) > 0 {
		// A wait none of whose days is theirs has nothing for any question.
		var theirs where
		in(&theirs, "x.council", q.Filter.Councils, func(c delay.Council) any { return string(c) })
		w.add("EXISTS (SELECT 1 FROM segment x WHERE x.patient_id = d.patient_id AND x.listed_first = d.listed_first AND "+
			theirs.String()+")", theirs.args...)
	}
	pathway, order := "''", ""
	if byPathway(q) {
		// The view parts a segment by its pathways, in no order that it promises.
		pathway, order = "t.pathway", " ORDER BY t.patient_id, t.listed_first, t.first_day"
	}
	// Numbers stand together in one, and words in one text, because each column of a
	// row costs as much as finding the row.
	rows, err := tx.QueryContext(ctx, `
		SELECT t.patient_id, (d.listed_first << 32) | d.listed_last, (d.ready_date << 32) | d.first_day, (t.first_day << 32) | t.last_day,
			(d.provider_id << 32) | (t.care << 24) | (t.body << 16) | (t.state << 8) | d.end_kind,
			t.council || char(9) || t.reason || char(9) || `+pathway+` || char(9) || d.left_to
		FROM delay d
		CROSS JOIN `+segmentsOf(q.Filter, q.By)+` t ON t.patient_id = d.patient_id AND t.listed_first = d.listed_first
		WHERE `+w.String()+order, w.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	// What a row has in words, with the numbers that stand in kinds, has two keys.
	type words struct {
		kinds int64
		text  string
	}
	known := map[words][2]int32{}
	var one wait
	var patient int64
	var listedFirst delay.Day
	for rows.Next() {
		var who, listed, days, kinds, stands int64
		var text string
		if err := rows.Scan(&who, &listed, &days, &stands, &kinds, &text); err != nil {
			return err
		}
		as := words{kinds & 0xffffffff, text}
		key, ok := known[as]
		if !ok {
			said := strings.Split(text, "\t")
			cell := measure.Cell{Council: delay.Council(said[0]), Reason: delay.Reason(said[1]), Pathway: delay.Pathway(said[2]),
				Care: delay.CareType(kinds >> 24 & 0xff), Body: delay.Body(kinds >> 16 & 0xff), State: agreement.State(kinds >> 8 & 0xff)}
			key[0] = keys.number(cell)
			if left := delay.Pathway(said[3]); left != "" && delay.EndKind(kinds&0xff) != delay.Open {
				cell.Pathway = left
			}
			key[1] = keys.number(cell)
			known[as] = key
		}
		if first, last := unpack(listed); who != patient || first != listedFirst {
			if len(one.steps) > 0 {
				each(one)
			}
			patient, listedFirst = who, first
			one = wait{provider: kinds >> 32, listedLast: last, endKind: delay.EndKind(kinds & 0xff)}
			one.ready, one.began = unpack(days)
		}
		t := step{key: key[0]}
		one.left = key[1]
		t.first, t.last = unpack(stands)
		if n := len(one.steps); n > 0 && one.steps[n-1].last >= t.first {
			return fmt.Errorf("the segments of a delay are out of order: one from %s follows one to %s", t.first, one.steps[n-1].last)
		}
		one.steps = append(one.steps, t)
	}
	if len(one.steps) > 0 {
		each(one)
	}
	return rows.Err()
}

// unpack gives two days that stand in one number.
func unpack(two int64) (delay.Day, delay.Day) { return delay.Day(two >> 32), delay.Day(two) }
