package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/measure"
	"homeward/internal/quality"
)

// Found gives the extracts that stand for the days from from to to, counted or
// else held, with what was found in each, by provider and day.
func (s *Store) Found(ctx context.Context, from, to delay.Day) ([]quality.Extract, error) {
	return sharedAnswer(ctx, s, question("found", measure.Query{From: from, To: to}), func() ([]quality.Extract, error) {
		return s.found(ctx, from, to)
	})
}

func (s *Store) found(ctx context.Context, from, to delay.Day) ([]quality.Extract, error) {
	type of struct {
		file   int64
		sentAs string
		sole   bool
	}
	var out []quality.Extract
	var where []of
	if err := eachRow(ctx, s.read, `
		SELECT v.code, w.code, s.extract_date, f.sha256, f.file_id, (SELECT count(*) FROM extract x WHERE x.file_id = f.file_id) = 1
		FROM standing s
		JOIN provider w ON w.provider_id = s.sender_id
		JOIN provider v ON v.provider_id = s.provider_id
		JOIN extract e ON e.extract_id = CASE s.counted_extract WHEN 0 THEN s.held_extract ELSE s.counted_extract END
		JOIN file f ON f.file_id = e.file_id
		WHERE s.extract_date BETWEEN ? AND ?
		ORDER BY v.code, s.extract_date, s.sender_id`, func(rows *sql.Rows) error {
		var e quality.Extract
		var o of
		var sum []byte
		err := rows.Scan(&e.Provider, &o.sentAs, &e.Day, &sum, &o.file, &o.sole)
		e.File = hex.EncodeToString(sum)
		out, where = append(out, e), append(where, o)
		return err
	}, from, to); err != nil {
		return nil, err
	}
	// One receipt at a time: those of backfills are large.
	at := map[int64][]int{}
	var files []int64
	for i, o := range where {
		if at[o.file] == nil {
			files = append(files, o.file)
		}
		at[o.file] = append(at[o.file], i)
	}
	list, err := json.Marshal(files)
	if err != nil {
		return nil, err
	}
	return out, eachRow(ctx, s.read, `
		SELECT file_id, report -> '$.groups'
		FROM file
		WHERE file_id IN (SELECT value FROM json_each(?)) AND report ->> '$.groups' IS NOT NULL`, func(rows *sql.Rows) error {
		var file int64
		var text []byte
		if err := rows.Scan(&file, &text); err != nil {
			return err
		}
		var groups []extract.Group
		if err := json.Unmarshal(text, &groups); err != nil {
			return fmt.Errorf("reading a receipt's findings: %w", err)
		}
		for _, i := range at[file] {
			out[i].Found, out[i].Undivided = quality.Of(groups, where[i].sole, where[i].sentAs, out[i].Day)
		}
		return nil
	}, string(list))
}

// BlankDelays counts, by provider, the delays with a counted day from from to to
// that lack what measures need, and those that ended without a stated end.
func (s *Store) BlankDelays(ctx context.Context, from, to delay.Day) ([]quality.Blank, error) {
	return sharedAnswer(ctx, s, question("blank delays", measure.Query{From: from, To: to}), func() ([]quality.Blank, error) {
		return s.blankDelays(ctx, from, to)
	})
}

func (s *Store) blankDelays(ctx context.Context, from, to delay.Day) ([]quality.Blank, error) {
	var out []quality.Blank
	err := eachRow(ctx, s.read, `
		SELECT v.code, count(*), sum(t.admitted_date = 0), sum(p.nhs_id = 0), sum(l.ward = ''),
			sum(d.end_date BETWEEN ?1 AND ?2), sum(d.end_date BETWEEN ?1 AND ?2 AND d.end_kind = 2)
		FROM delay d
		JOIN statement t ON t.statement_id = d.statement_id
		JOIN place l ON l.place_id = t.place_id
		JOIN patient p ON p.patient_id = d.patient_id
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE d.first_day BETWEEN 1 AND ?2 AND d.last_day >= ?1
		GROUP BY v.code
		ORDER BY v.code`, func(rows *sql.Rows) error {
		var provider string
		var of, admitted, numbers, wards, ended, inferred int64
		err := rows.Scan(&provider, &of, &admitted, &numbers, &wards, &ended, &inferred)
		out = append(out, quality.Blank{Provider: provider, Field: quality.Leaving, Blank: inferred, Of: ended},
			quality.Blank{Provider: provider, Field: quality.Admission, Blank: admitted, Of: of},
			quality.Blank{Provider: provider, Field: quality.NHSNumber, Blank: numbers, Of: of},
			quality.Blank{Provider: provider, Field: quality.Ward, Blank: wards, Of: of})
		return err
	}, from, to)
	return out, err
}
