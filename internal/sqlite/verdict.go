package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"homeward/internal/audit"
	"homeward/internal/people"
	"homeward/internal/person"
	"homeward/internal/problem"
)

// The words of verdicts in the audit log.
var verdictWords = [...]string{verdictTakenBack: "taken back", verdictSame: "the same person", verdictNotSame: "not the same person"}

// mayJudge says whether the actor's role says who is one person: coordinators
// within their providers, analysts everywhere, by references alone (P1).
func mayJudge(by people.Actor) error {
	if by.May(people.JudgePeople) {
		return nil
	}
	return problem.New(problem.Forbidden, "Whether two references are one person is for coordinators and analysts to say. Your role is %s.",
		by.Grant.Role)
}

// PossiblePairs lists pairs of people whom the evidence gives for possibly one
// person or who lie at two providers on one day, and the pairs that people have
// judged: newest first, at most limit of each kind. A coordinator gets those of
// which one side is at their providers. The error is a Forbidden problem for
// other roles than coordinator and analyst.
func (s *Store) PossiblePairs(ctx context.Context, by people.Actor, limit int) ([]person.Pair, error) {
	if err := mayJudge(by); err != nil {
		return nil, err
	}
	var w where
	w.add("1")
	if !by.May(people.DecideExtracts) {
		w = where{}
		w.scoped(by.Scope(), "p.provider_id", "''")
	}
	inScope := w.String()
	other := strings.ReplaceAll(inScope, "p.", "o.")
	var out []person.Pair
	add := func(kind person.PairKind) func(*sql.Rows) error {
		return func(rows *sql.Rows) error {
			p := person.Pair{Kind: kind}
			var verdict int
			var at int64
			if err := rows.Scan(&p.One.Reference, &p.One.Provider, &p.Other.Reference, &p.Other.Provider, &p.From, &verdict, &at, &p.By,
				&p.Reason); err != nil {
				return err
			}
			p.Judged, p.Same = verdict != verdictTakenBack, verdict == verdictSame
			if at != 0 {
				p.At = moment(at)
			}
			out = append(out, p)
			return nil
		}
	}
	const judged = `
			coalesce(l.verdict, 0), coalesce(l.made_at, 0), coalesce(l.made_role, ''), coalesce(l.reason, '')`
	const latest = `
		LEFT JOIN person_verdict l ON l.one_id = min(p.patient_id, o.patient_id) AND l.other_id = max(p.patient_id, o.patient_id)
			AND NOT EXISTS (SELECT 1 FROM person_verdict x WHERE x.one_id = l.one_id AND x.other_id = l.other_id AND x.verdict_id > l.verdict_id)
		JOIN provider pv ON pv.provider_id = p.provider_id
		JOIN provider ov ON ov.provider_id = o.provider_id`
	// One local number with two NHS numbers (I4), or stated with both and judged
	// apart: two people of one provider who share a local number.
	if err := eachRow(ctx, s.read, `
		WITH number AS (
			SELECT local_number_id AS id, patient_id FROM stated_with
			UNION
			SELECT local_number, patient_id FROM patient WHERE local_number <> 0)
		SELECT DISTINCT p.reference, pv.code, o.reference, ov.code,
			coalesce((SELECT max(d.listed_first) FROM delay d WHERE d.patient_id = o.patient_id), 0) AS day,`+judged+`
		FROM number a
		JOIN number b ON b.id = a.id
		JOIN patient m ON m.patient_id = a.patient_id
		JOIN patient n ON n.patient_id = b.patient_id
		JOIN patient p ON p.patient_id = m.person_id
		JOIN patient o ON o.patient_id = n.person_id AND o.patient_id > p.patient_id`+latest+`
		WHERE (`+inScope+` OR `+other+`)
		ORDER BY day DESC, p.reference, o.reference
		LIMIT ?`, add(person.SamePerson), append(append(append([]any{}, w.args...), w.args...), limit)...); err != nil {
		return nil, fmt.Errorf("possible same people: %w", err)
	}
	// Whoever has days that another provider counts (C19). A transfer concerns
	// both providers; each sees the other's reference and nothing more.
	if err := eachRow(ctx, s.read, `
		SELECT p.reference, pv.code, o.reference, ov.code, min(f.day),`+judged+`
		FROM finding f
		JOIN patient p ON p.patient_id = f.patient_id
		JOIN patient m ON m.person_id = p.patient_id AND m.nhs_id <> 0
		JOIN patient n ON n.nhs_id = m.nhs_id AND n.provider_id <> p.provider_id
		JOIN patient o ON o.patient_id = n.person_id
		JOIN finding g ON g.patient_id = o.patient_id AND g.rule = 'C19' AND g.day = f.day`+latest+`
		WHERE f.rule = 'C19' AND p.patient_id < o.patient_id AND (`+inScope+` OR `+other+`)
		GROUP BY p.patient_id, o.patient_id
		ORDER BY max(f.day) DESC, p.reference, o.reference
		LIMIT ?`, add(person.Transfer), append(append(append([]any{}, w.args...), w.args...), limit)...); err != nil {
		return nil, fmt.Errorf("possible transfers: %w", err)
	}
	// What people have judged and no list above shows: joined people, and those
	// whose evidence has changed since.
	err := eachRow(ctx, s.read, `
		SELECT p.reference, pv.code, o.reference, ov.code, 0, l.verdict, l.made_at, l.made_role, l.reason
		FROM person_verdict l
		JOIN patient p ON p.patient_id = l.one_id
		JOIN patient o ON o.patient_id = l.other_id
		JOIN provider pv ON pv.provider_id = p.provider_id
		JOIN provider ov ON ov.provider_id = o.provider_id
		WHERE l.verdict <> 0 AND NOT EXISTS (SELECT 1 FROM person_verdict x WHERE x.one_id = l.one_id AND x.other_id = l.other_id AND `+
		`x.verdict_id > l.verdict_id)
			AND (`+inScope+` OR `+other+`)
		ORDER BY l.verdict_id DESC
		LIMIT ?`, add(person.JudgedPair), append(append(append([]any{}, w.args...), w.args...), limit)...)
	if err != nil {
		return nil, fmt.Errorf("judged pairs: %w", err)
	}
	shown := map[[2]string]bool{}
	return slices.DeleteFunc(out, func(p person.Pair) bool {
		key := [2]string{min(p.One.Reference, p.Other.Reference), max(p.One.Reference, p.Other.Reference)}
		again := p.Kind == person.JudgedPair && shown[key]
		shown[key] = true
		return again
	}), nil
}

// Judge records that people say of two references that they are the same person
// or not, with their reason, and works out again what follows. TakeBack undoes
// the latest word on the pair. Both are in the audit log.
func (s *Store) Judge(ctx context.Context, by people.Actor, one, other string, same bool, reason string) error {
	verdict := verdictNotSame
	if same {
		verdict = verdictSame
	}
	return s.judge(ctx, by, one, other, verdict, reason)
}

// TakeBack takes back what people have said of two references; the evidence
// stands again. Without a word on the pair it is a Conflict problem.
func (s *Store) TakeBack(ctx context.Context, by people.Actor, one, other, reason string) error {
	return s.judge(ctx, by, one, other, verdictTakenBack, reason)
}

func (s *Store) judge(ctx context.Context, by people.Actor, one, other string, verdict int, reason string) error {
	if err := mayJudge(by); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return problem.New(problem.Invalid, "Say why: how do you know? Nothing has been saved.")
	}
	return s.recorded(ctx, func(r *recording) error {
		ids, err := s.pairIn(ctx, r.Tx, by, one, other)
		if err != nil {
			return err
		}
		first, second := min(ids[0], ids[1]), max(ids[0], ids[1])
		if first == second {
			return problem.New(problem.Invalid, "Both references are of the same record. Choose two.")
		}
		var was int
		if err := r.QueryRowContext(ctx, `
			SELECT coalesce((SELECT verdict FROM person_verdict WHERE one_id = ? AND other_id = ? ORDER BY verdict_id DESC LIMIT 1), 0)`, first,
			second).Scan(&was); err != nil {
			return err
		}
		if was == verdict {
			return problem.New(problem.Conflict, "This is what stands already. Nothing has changed.")
		}
		if _, err := r.ExecContext(ctx, `
			INSERT INTO person_verdict (one_id, other_id, verdict, made_at, made_by, made_role, reason)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, first, second, verdict, r.at.UnixMicro(), by.Who(), by.As(), reason); err != nil {
			return err
		}
		if err := r.record(auditEntry(by, audit.PersonJudged, one+" "+other, verdictWords[was], verdictWords[verdict])); err != nil {
			return err
		}
		if err := group(ctx, r.Tx, [][2]int64{{first, second}}); err != nil {
			return err
		}
		var provider int64
		if err := r.QueryRowContext(ctx, `SELECT provider_id FROM patient WHERE patient_id = ?`, first).Scan(&provider); err != nil {
			return err
		}
		return s.rework(ctx, r.Tx, provider, first)
	})
}

// pairIn gives the patients of two references that the actor may judge: one is
// within their scope, and the other too unless the evidence has brought the two
// together. An analyst sees no rows, and judges what has been brought together.
func (s *Store) pairIn(ctx context.Context, tx *sql.Tx, by people.Actor, one, other string) (ids [2]int64, err error) {
	var groups [2]int64
	within := 0
	for i, reference := range []string{one, other} {
		found := 0
		err := eachRow(ctx, tx, `SELECT patient_id, group_id FROM patient named WHERE `+named+` LIMIT 2`, func(rows *sql.Rows) error {
			found++
			return rows.Scan(&ids[i], &groups[i])
		}, reference)
		if err != nil {
			return ids, err
		}
		if found > 1 {
			return ids, sharedReference(reference)
		}
		if ids[i] == 0 || by.Scope().Empty() {
			continue
		}
		if _, _, _, err := s.patientIn(ctx, tx, by.Scope(), reference, ""); err == nil {
			within++
		} else if problem.KindOf(err) != problem.NotFound {
			return ids, err
		}
	}
	together := groups[0] != 0 && groups[0] == groups[1]
	if within == 2 || together && (within == 1 || by.May(people.DecideExtracts)) {
		return ids, nil
	}
	return ids, problem.New(problem.NotFound, "There is no delay with one of these references, or it is outside your organisation.")
}
