package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"homeward/internal/agreement"
	"homeward/internal/attribution"
	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/measure"
	"homeward/internal/people"
	"homeward/internal/problem"
	"homeward/internal/rulechange"
)

// RuleChanges gives every change of the rules that was proposed, the latest
// first.
func (s *Store) RuleChanges(ctx context.Context) ([]rulechange.Change, error) {
	all, err := ruleChanges(ctx, s.read)
	slices.Reverse(all)
	return all, err
}

// RuleChange gives one change with its answers, or a NotFound problem.
func (s *Store) RuleChange(ctx context.Context, number int64) (*rulechange.Change, error) {
	all, err := ruleChanges(ctx, s.read)
	if err != nil {
		return nil, err
	}
	return oneChange(all, number)
}

func oneChange(all []rulechange.Change, number int64) (*rulechange.Change, error) {
	i := slices.IndexFunc(all, func(c rulechange.Change) bool { return c.Number == number })
	if i < 0 {
		return nil, problem.New(problem.NotFound, "There is no change of the rules with the number %d.", number)
	}
	return &all[i], nil
}

// ruleChanges reads all changes in the order in which they were proposed.
func ruleChanges(ctx context.Context, tx querier) ([]rulechange.Change, error) {
	var out []rulechange.Change
	err := eachRow(ctx, tx, `
		SELECT change_id, set_name, code_set, rule_set, reason, from_day, body, label, nhs, social_care, joint, acute, non_acute,
			stated_stands, by_groups, why, made_at, made_by, made_role
		FROM rule_change
		ORDER BY change_id`, func(rows *sql.Rows) error {
		var c rulechange.Change
		var at int64
		l := &c.Line
		err := rows.Scan(&c.Number, &c.Set, &c.CodeSet, &c.RuleSet, &c.Reason, &c.From, &c.Body, &l.Label, &l.NHS, &l.SocialCare, &l.Joint,
			&l.Acute, &l.NonAcute, &c.StatedStands, &c.ByGroups, &c.Why, &at, &c.Proposed.By, &c.Proposed.Role)
		c.Proposed.At = moment(at)
		out = append(out, c)
		return err
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	return out, eachRow(ctx, tx, `
		SELECT change_id, act, side, why, moves, made_at, made_by, made_role
		FROM rule_answer
		ORDER BY answer_id`, func(rows *sql.Rows) error {
		var number, at int64
		var a rulechange.Answer
		var moves []byte
		if err := rows.Scan(&number, &a.Act, &a.Side, &a.Why, &moves, &at, &a.By, &a.Role); err != nil {
			return err
		}
		a.At = moment(at)
		if err := json.Unmarshal(moves, &a.Moves); err != nil {
			return fmt.Errorf("what change %d moves: %w", number, err)
		}
		c, err := oneChange(out, number)
		if err == nil {
			c.Answers = append(c.Answers, a)
		}
		return err
	})
}

// Amendments gives the changes that stand, as attribution uses them.
func (s *Store) Amendments(ctx context.Context) (attribution.Amendments, error) {
	return amendments(ctx, s.read)
}

func amendments(ctx context.Context, tx querier) (attribution.Amendments, error) {
	london, err := zone()
	if err != nil {
		return nil, err
	}
	all, err := ruleChanges(ctx, tx)
	return rulechange.Amendments(all, london), err
}

// ProposeRule keeps a change that an analyst proposes and gives its number. It
// changes no figure.
func (s *Store) ProposeRule(ctx context.Context, by people.Actor, c rulechange.Change) (number int64, err error) {
	if by.Kind != people.APerson || !by.May(people.ProposeRules) {
		return 0, problem.New(problem.Forbidden, "An analyst proposes a change of the rules.")
	}
	err = s.recorded(ctx, func(r *recording) error {
		l := c.Line
		done, err := r.ExecContext(ctx, `
			INSERT INTO rule_change (set_name, code_set, rule_set, reason, from_day, body, label, nhs, social_care, joint, acute, non_acute,
				stated_stands, by_groups, why, made_at, made_by, made_role)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.Set, c.CodeSet, c.RuleSet, string(c.Reason), c.From, int64(c.Body), l.Label, l.NHS, l.SocialCare, l.Joint, l.Acute, l.NonAcute,
			c.StatedStands, c.ByGroups, c.Why, r.at.UnixMicro(), by.Who(), by.As())
		if err != nil {
			return busy(err)
		}
		if number, err = done.LastInsertId(); err != nil {
			return err
		}
		return r.record(entry(by, audit.RuleProposed, changeRecord(number), "", ruleWords(c)))
	})
	return number, err
}

// changeRecord names a change in the audit log.
func changeRecord(number int64) string { return fmt.Sprintf("change of the rules %d", number) }

// ruleWords writes a change for the audit log.
func ruleWords(c rulechange.Change) string {
	body := "as stated"
	if c.Body != delay.NotAttributed {
		body = c.Body.String()
	}
	return fmt.Sprintf("%s, reason %s: %s from %s. %s", c.Set, c.Reason.Code(), body, c.From, c.Why)
}

// TryRule works out which days a change moves if it stands, from the evidence and
// the changes that stand already. Nothing is written.
func (s *Store) TryRule(ctx context.Context, c *rulechange.Change) ([]rulechange.Move, error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	moves, _, err := s.reattribute(ctx, tx, c, false)
	return moves, err
}

// ConfirmRule turns one of the two keys of a change (G1). seen is what
// rulechange.Seen gave of the moves that the actor looked at: others are a
// Conflict problem. With the second key the change stands and everything that
// follows from it is derived, in the same transaction.
func (s *Store) ConfirmRule(ctx context.Context, by people.Actor, number int64, seen string) (stands bool, err error) {
	err = s.recorded(ctx, func(r *recording) error {
		c, err := r.change(number)
		if err != nil {
			return err
		}
		if err := c.MayConfirm(by); err != nil {
			return err
		}
		moves, _, err := s.reattribute(ctx, r.Tx, c, false)
		if err != nil {
			return err
		}
		if rulechange.Seen(moves) != seen {
			return problem.New(problem.Conflict, "The days that change %d moves have changed since you opened this page. Look at them again "+
				"before you confirm it.", number)
		}
		if err := r.answer(c, by, rulechange.Confirmed, "", moves); err != nil {
			return err
		}
		if c, err = r.change(number); err != nil || c.State() != rulechange.Stands {
			return err
		}
		stands = true
		_, begun, err := s.reattribute(ctx, r.Tx, c, true)
		if err != nil {
			return err
		}
		for _, patient := range slices.Sorted(maps.Keys(begun)) {
			for _, day := range begun[patient] {
				if _, err := r.ExecContext(ctx, `INSERT INTO rule_began (change_id, patient_id, first_day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
					number, patient, day); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return stands, err
}

// DeclineRule has a director of either side say no to a change, with a reason.
func (s *Store) DeclineRule(ctx context.Context, by people.Actor, number int64, why string) error {
	return s.recorded(ctx, func(r *recording) error {
		c, err := r.change(number)
		if err != nil {
			return err
		}
		if err := c.MayConfirm(by); err != nil {
			return err
		}
		return r.answer(c, by, rulechange.Declined, why, nil)
	})
}

// WithdrawRule takes a proposal back that does not stand yet.
func (s *Store) WithdrawRule(ctx context.Context, by people.Actor, number int64, why string) error {
	return s.recorded(ctx, func(r *recording) error {
		c, err := r.change(number)
		if err != nil {
			return err
		}
		if err := c.MayWithdraw(by); err != nil {
			return err
		}
		return r.answer(c, by, rulechange.Withdrawn, why, nil)
	})
}

func (r *recording) change(number int64) (*rulechange.Change, error) {
	all, err := ruleChanges(r.ctx, r.Tx)
	if err != nil {
		return nil, err
	}
	return oneChange(all, number)
}

func (r *recording) answer(c *rulechange.Change, by people.Actor, act rulechange.Act, why string, moves []rulechange.Move) error {
	if moves == nil {
		moves = []rulechange.Move{}
	}
	text, err := json.Marshal(moves)
	if err != nil {
		return err
	}
	if _, err := r.ExecContext(r.ctx, `
		INSERT INTO rule_answer (change_id, act, side, why, moves, made_at, made_by, made_role)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, c.Number, string(act), int64(by.Grant.Side), why, string(text), r.at.UnixMicro(), by.Who(),
		by.As()); err != nil {
		return busy(err)
	}
	words := strings.TrimSuffix(ruleWords(*c), " "+c.Why)
	if act == rulechange.Confirmed {
		days, _ := rulechange.Total(moves)
		words += fmt.Sprintf(" %d delayed days move.", days)
	}
	return r.record(entry(by, audit.RuleAnswered, changeRecord(c.Number), "", string(act)+": "+words+" "+why))
}

// reattribute divides the days of everybody whom a change concerns into segments
// again, as if it stood beside the changes that stand. It gives the days that
// count under another body for it, and the first days of segments that were not
// there before, and writes nothing unless asked to. Who waited when does not
// depend on the rules, so that stretches stay as they are.
func (s *Store) reattribute(ctx context.Context, tx *sql.Tx, c *rulechange.Change, write bool) ([]rulechange.Move, map[int64][]delay.Day,
	error) {
	all, err := amendments(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	if london, err := zone(); err != nil {
		return nil, nil, err
	} else if c.State() != rulechange.Stands {
		one := c.Amendment(london)
		// It would begin to stand after those that do.
		one.Stands = time.Unix(1<<40, 0)
		all = append(all, one)
		all.Sort()
	}
	concerned := map[int64][]int64{}
	if err := eachRow(ctx, tx, `
		SELECT DISTINCT p.provider_id, p.patient_id
		FROM given g
		JOIN statement st ON st.given_id = g.given_id
		JOIN stretch t ON t.statement_id = st.statement_id AND (t.last_day >= ?2 OR t.listed_first >= ?2)
		JOIN patient p ON p.patient_id = t.patient_id
		WHERE g.reason = ?1
		ORDER BY 1, 2`, func(rows *sql.Rows) error {
		var provider, patient int64
		err := rows.Scan(&provider, &patient)
		concerned[provider] = append(concerned[provider], patient)
		return err
	}, string(c.Reason), c.From); err != nil {
		return nil, nil, err
	}
	moved, begun := map[rulechange.Move]*rulechange.Move{}, map[int64][]delay.Day{}
	for _, provider := range slices.Sorted(maps.Keys(concerned)) {
		d := newDerivation(ctx, tx, s, provider)
		d.amendments, d.begun = &all, begun
		err := d.reattribute(concerned[provider], moved, write)
		d.close()
		if err != nil {
			return nil, nil, err
		}
	}
	out := make([]rulechange.Move, 0, len(moved))
	for _, m := range moved {
		out = append(out, *m)
	}
	rulechange.SortMoves(out)
	return out, begun, nil
}

func (d *derivation) reattribute(patients []int64, moved map[rulechange.Move]*rulechange.Move, write bool) error {
	if err := d.look(); err != nil {
		return err
	}
	w := newCourseWriter(d)
	for part := range slices.Chunk(patients, manyAtOnce) {
		stored, err := d.load(part)
		if err != nil {
			return err
		}
		for _, patient := range part {
			old := stored[patient]
			records, err := d.recordsOf(patient)
			if err != nil {
				return err
			}
			words, err := d.said(records)
			if err != nil {
				return err
			}
			next := *old
			next.segments = nil
			if err := d.attribute(&next, words.of(records...)); err != nil {
				return err
			}
			movesBetween(old.segments, next.segments, moved)
			if !write {
				continue
			}
			if err := d.replace(w, patient, old, next); err != nil {
				return err
			}
		}
	}
	if !write {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	return d.writeCounts()
}

// recordsOf gives the patients who are one person with the one whose reference
// stands (I6).
func (d *derivation) recordsOf(head int64) ([]int64, error) {
	var out []int64
	err := d.each(`SELECT patient_id FROM patient WHERE person_id = ? ORDER BY patient_id`, head, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// movesBetween adds the days that count under another body in next than in old,
// which tile the same days.
func movesBetween(old, next []segmentRow, moved map[rulechange.Move]*rulechange.Move) {
	for _, was := range old {
		for _, is := range next {
			first, last := max(was.first, is.first), min(was.last, is.last)
			if was.listedFirst != is.listedFirst || was.standing.Body == is.standing.Body {
				continue
			}
			for first <= last {
				month := first.Month()
				end := min(last, month.Last())
				key := rulechange.Move{Month: month.String(), Council: string(was.council), Was: was.standing.Body.Slug(),
					Is: is.standing.Body.Slug()}
				one := moved[key]
				if one == nil {
					one = new(key)
					moved[key] = one
				}
				days := int64(end-first) + 1
				one.Days += days
				if was.standing.State != agreement.Proposed {
					one.Answered += days
				}
				first = end + 1
			}
		}
	}
}

// amended gives the changes that stand, read once a derivation.
func (d *derivation) amended() (attribution.Amendments, error) {
	if d.amendments == nil {
		all, err := amendments(d.ctx, d.tx)
		if err != nil {
			return nil, err
		}
		d.amendments = &all
	}
	return *d.amendments, nil
}

// ruled gives what a given's days count by under an amendment, the body alone
// being another.
func (d *derivation) ruled(given int64, row givenRow, a *attribution.Amendment) (givenRow, error) {
	if a == nil {
		return row, nil
	}
	key := ruledKey{given, a.Number}
	if body, ok := d.ruledAs[key]; ok {
		row.body = body
		return row, nil
	}
	g, was, err := givenWhole(d.ctx, d.tx, given)
	if err != nil {
		return row, err
	}
	row.body = a.Attribute(g, was).Body
	if d.ruledAs == nil {
		d.ruledAs = map[ruledKey]delay.Body{}
	}
	d.ruledAs[key] = row.body
	return row, nil
}

// ruledKey is a given under an amendment.
type ruledKey struct{ given, amendment int64 }

// givenWhole reads a given with the outcome that it was stored with.
func givenWhole(ctx context.Context, tx *sql.Tx, id int64) (attribution.Given, attribution.Outcome, error) {
	var g attribution.Given
	var o attribution.Outcome
	if err := tx.QueryRowContext(ctx, `SELECT `+givenColumns+` FROM given g WHERE g.given_id = ?`, id).Scan(scanGiven(&g, &o)...); err != nil {
		return g, o, fmt.Errorf("given %d: %w", id, err)
	}
	return g, o, nil
}

// cut parts stretches where an amendment of their reason begins, and gives each
// piece with what it counts by. The days of kept segments, which people have
// decided about, count as before: a decision stands above the rules (A6).
func (d *derivation) cut(stretches []stretchRow, all attribution.Amendments, kept []segmentRow) ([]piecedStretch, error) {
	var out []piecedStretch
	for _, st := range stretches {
		row, err := d.statement(st.statement)
		if err != nil {
			return nil, err
		}
		given, err := d.given(row.given)
		if err != nil {
			return nil, err
		}
		begins := all.Begins(given.reason, st.first, st.last)
		for _, k := range kept {
			for _, day := range [...]delay.Day{k.first, k.last + 1} {
				if k.listedFirst == st.listedFirst && st.first < day && day <= st.last && !slices.Contains(begins, day) {
					begins = append(begins, day)
				}
			}
		}
		slices.Sort(begins)
		for _, until := range append(begins, st.last+1) {
			part := st
			part.last = until - 1
			st.first = until
			one := piecedStretch{part, given}
			at := slices.IndexFunc(kept, func(k segmentRow) bool {
				return k.listedFirst == part.listedFirst && k.first <= part.first && part.last <= k.last
			})
			if at >= 0 {
				one.given = kept[at].givenRow
			} else {
				day := attribution.ListingDay(part.mark, part.listedFirst, part.first)
				if one.given, err = d.ruled(row.given, given, all.On(given.reason, day)); err != nil {
					return nil, err
				}
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// piecedStretch is a piece of a stretch with what it counts by.
type piecedStretch struct {
	stretchRow
	given givenRow
}

// amendedOutcome gives what decided a day of a given under the amendments of a
// store, for what shows it.
func amendedOutcome(all attribution.Amendments, g attribution.Given, was attribution.Outcome, day delay.Day) attribution.Outcome {
	if a := all.On(g.Reason, day); a != nil {
		return a.Attribute(g, was)
	}
	return was
}

// given narrows givens g to the bodies of a filter, as the changes of the rules
// that stand have them on the day, and takes the bodies out of the filter. Without
// such a change the filter stays.
func (w *where) given(ctx context.Context, tx *sql.Tx, f *measure.Filter, day delay.Day) error {
	if len(f.Bodies) == 0 {
		return nil
	}
	all, err := amendments(ctx, tx)
	if err != nil || len(all) == 0 {
		return err
	}
	givens, err := ruledGivensOf(ctx, tx, all)
	if err != nil {
		return err
	}
	var ruled, within []int64
	for id, g := range givens.by {
		if all.On(g.Reason, day) == nil {
			continue
		}
		ruled = append(ruled, id)
		if slices.Contains(f.Bodies, givens.body(id, 0, day)) {
			within = append(within, id)
		}
	}
	var as where
	in(&as, "g.body", f.Bodies, func(b delay.Body) any { return int64(b) })
	list := func(ids []int64) string {
		return "[" + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ids)), ","), "[]") + "]"
	}
	w.add("("+as.String()+" AND g.given_id NOT IN (SELECT value FROM json_each(?)) OR g.given_id IN (SELECT value FROM json_each(?)))",
		append(as.args, list(ruled), list(within))...)
	f.Bodies = nil
	return nil
}

// RuledSince gives the days that changes of the rules speak of which have come to
// stand after a moment.
func (s *Store) RuledSince(ctx context.Context, at time.Time) ([]AnsweredDays, error) {
	all, err := amendments(ctx, s.read)
	if err != nil {
		return nil, err
	}
	var out []AnsweredDays
	for _, a := range all {
		if !a.Stands.After(at) {
			continue
		}
		if err := eachRow(ctx, s.read, `
			SELECT DISTINCT v.code, iif(t.listed_first >= ?2, t.first_day, max(t.first_day, ?2)), t.last_day
			FROM segment t
			JOIN provider v ON v.provider_id = t.provider_id
			WHERE t.reason = ?1 AND (t.last_day >= ?2 OR t.listed_first >= ?2)
			ORDER BY 1, 2, 3`, func(rows *sql.Rows) error {
			var d AnsweredDays
			err := rows.Scan(&d.Provider, &d.First, &d.Last)
			out = append(out, d)
			return err
		}, string(a.Reason), a.From); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ruledGivens are the givens of the reasons that changes of the rules are of.
type ruledGivens struct {
	all attribution.Amendments
	by  map[int64]ruledGiven
}

type ruledGiven struct {
	attribution.Given
	was attribution.Outcome
}

func (s *Store) ruledGivens(ctx context.Context) (ruledGivens, error) {
	all, err := amendments(ctx, s.read)
	if err != nil {
		return ruledGivens{}, err
	}
	return ruledGivensOf(ctx, s.read, all)
}

func ruledGivensOf(ctx context.Context, tx querier, all attribution.Amendments) (ruledGivens, error) {
	out := ruledGivens{all: all, by: map[int64]ruledGiven{}}
	var err error
	for _, reason := range all.Reasons() {
		err = errors.Join(err, eachRow(ctx, tx, `SELECT g.given_id, `+givenColumns+` FROM given g WHERE g.reason = ?`,
			func(rows *sql.Rows) error {
				var id int64
				var g ruledGiven
				err := rows.Scan(append([]any{&id}, scanGiven(&g.Given, &g.was)...)...)
				out.by[id] = g
				return err
			}, string(reason)))
	}
	return out, err
}

// body gives the body of a given on a day, was being that without a change.
func (r ruledGivens) body(given int64, was delay.Body, day delay.Day) delay.Body {
	if g, ok := r.by[given]; ok {
		return amendedOutcome(r.all, g.Given, g.was, day).Body
	}
	return was
}
