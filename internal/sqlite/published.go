package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/people"
	"homeward/internal/published"
)

// AddPublished stores what a published file states, with an entry in the audit
// log. Bytes that were added before, under any name, change nothing: the number
// is then theirs and added is false. Of k the name, digest, size and vintage
// are read.
func (s *Store) AddPublished(ctx context.Context, by people.Actor, f *published.File, k published.Kept) (id int64, added bool, err error) {
	err = s.recorded(ctx, func(r *recording) error {
		err := r.QueryRowContext(ctx, `SELECT published_file_id FROM published_file WHERE sha256 = ?`, k.SHA256[:]).Scan(&id)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		first, last := f.Values[0].Period.First, f.Values[0].Period.First
		for i := range f.Values {
			first, last = min(first, f.Values[i].Period.First), max(last, f.Values[i].Period.First)
		}
		done, err := r.ExecContext(ctx, `
			INSERT INTO published_file (series, title, name, sha256, bytes, published, revised, vintage, given, notes, values_n, first_day,
				last_day, added_by, added_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			f.Series, f.Title, k.Name, k.SHA256[:], k.Bytes, f.Published, f.Revised, k.Vintage, k.Given, strings.Join(f.Notes, "\n"),
			len(f.Values), first, last, by.Who(), r.at.UnixMicro())
		if err != nil {
			return busy(err)
		}
		if id, err = done.LastInsertId(); err != nil {
			return err
		}
		if err := addValues(ctx, r.Tx, id, f.Values); err != nil {
			return err
		}
		added = true
		return r.record(entry(by, audit.PublishedAdded, fmt.Sprintf("published file %d", id), "", fmt.Sprintf("%s, %d values, sha256 %s",
			f.Series, len(f.Values), hex.EncodeToString(k.SHA256[:]))))
	})
	return id, added, err
}

// addValues stores values, which are sorted by period, level, measure.
func addValues(ctx context.Context, tx *sql.Tx, file int64, values []published.Value) error {
	type part struct {
		period              published.Period
		level               published.Level
		measure, dimensions string
	}
	parts, texts, dims := map[part]int64{}, map[string]int64{}, map[string]string{}
	text := func(t string) (int64, error) {
		if id, ok := texts[t]; ok {
			return id, nil
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO published_text (text) VALUES (?) ON CONFLICT DO NOTHING`, t); err != nil {
			return 0, err
		}
		var id int64
		err := tx.QueryRowContext(ctx, `SELECT published_text_id FROM published_text WHERE text = ?`, t).Scan(&id)
		texts[t] = id
		return id, err
	}
	rows := newBulk(ctx, tx, "published_value", []string{"published_part_id", "code", "breakdown", "name", "value", "mark"}, "")
	for i := range values {
		v := &values[i]
		d, ok := dims[v.Breakdown]
		if !ok {
			d = v.Dimensions()
			dims[v.Breakdown] = d
		}
		p := part{v.Period, v.Level, v.Measure, d}
		id, ok := parts[p]
		if !ok {
			done, err := tx.ExecContext(ctx, `
				INSERT INTO published_part (published_file_id, first_day, grain, level, measure, dimensions)
				VALUES (?, ?, ?, ?, ?, ?)`, file, p.period.First, string(p.period.Grain), string(p.level), p.measure, d)
			if err != nil {
				return err
			}
			if id, err = done.LastInsertId(); err != nil {
				return err
			}
			parts[p] = id
		}
		code, err := text(v.Code)
		if err != nil {
			return err
		}
		breakdown, err := text(v.Breakdown)
		if err != nil {
			return err
		}
		name, err := text(v.Name)
		if err != nil {
			return err
		}
		if err := rows.add(id, code, breakdown, name, v.Text, v.Mark); err != nil {
			return err
		}
	}
	return rows.flush()
}

// PublishedFiles gives the files that were added, by series, vintage and then
// in the order in which they came.
func (s *Store) PublishedFiles(ctx context.Context) ([]published.Kept, error) {
	var out []published.Kept
	err := eachRow(ctx, s.read, `
		SELECT published_file_id, series, title, name, sha256, bytes, published, revised, vintage, given, notes, values_n, first_day, last_day,
			added_by, added_at
		FROM published_file
		ORDER BY series, vintage, published_file_id`, func(rows *sql.Rows) error {
		var k published.Kept
		var sum []byte
		var notes string
		var at int64
		if err := rows.Scan(&k.ID, &k.Series, &k.Title, &k.Name, &sum, &k.Bytes, &k.Published, &k.Revised, &k.Vintage, &k.Given, &notes,
			&k.Values, &k.First, &k.Last, &k.By, &at); err != nil {
			return err
		}
		if len(sum) != sha256.Size {
			return errors.New("the digest of a published file is damaged in the database")
		}
		copy(k.SHA256[:], sum)
		if notes != "" {
			k.Notes = strings.Split(notes, "\n")
		}
		k.At = time.UnixMicro(at).UTC()
		out = append(out, k)
		return nil
	})
	return out, err
}

// PublishedValues gives the published values that a query asks for, by period,
// level, measure, code and breakdown. Of several files that state a part, the
// newest vintage stands, then the one that came last.
func (s *Store) PublishedValues(ctx context.Context, q published.Query) ([]published.Stored, error) {
	var where strings.Builder
	args := []any{}
	only := func(column string, values []string) {
		if len(values) == 0 {
			return
		}
		where.WriteString(" AND " + column + " IN (?" + strings.Repeat(", ?", len(values)-1) + ")")
		for _, v := range values {
			args = append(args, v)
		}
	}
	if q.Series != "" {
		only("f.series", []string{q.Series})
	}
	if q.From != 0 {
		where.WriteString(" AND p.first_day >= ?")
		args = append(args, q.From)
	}
	if q.To != 0 {
		where.WriteString(" AND p.first_day <= ?")
		args = append(args, q.To)
	}
	if q.File != 0 {
		where.WriteString(" AND p.published_file_id = ?")
		args = append(args, q.File)
	}
	only("p.measure", q.Measures)
	levels := make([]string, len(q.Levels))
	for i, l := range q.Levels {
		levels[i] = string(l)
	}
	only("p.level", levels)
	first := "WHERE nth = 1"
	if q.Every {
		first = "WHERE nth >= 1"
	}
	byCode := where.Len()
	only("c.text", q.Codes)
	codes := where.String()[byCode:]
	// Which file stands is settled for whole parts before codes are looked at.
	query := `
		WITH ranked AS (
			SELECT p.published_part_id, p.published_file_id, p.first_day, p.grain, p.level, p.measure,
				row_number() OVER (PARTITION BY f.series, p.first_day, p.grain, p.level, p.measure, p.dimensions
					ORDER BY f.vintage DESC, f.published_file_id DESC) AS nth
			FROM published_part p
			JOIN published_file f ON f.published_file_id = p.published_file_id
			WHERE TRUE` + where.String()[:byCode] + `
		)
		SELECT r.published_file_id, r.first_day, r.grain, r.level, r.measure, c.text, n.text, b.text, v.value, v.mark
		FROM ranked r
		JOIN published_value v ON v.published_part_id = r.published_part_id
		JOIN published_text c ON c.published_text_id = v.code
		JOIN published_text n ON n.published_text_id = v.name
		JOIN published_text b ON b.published_text_id = v.breakdown
		` + first + codes + `
		ORDER BY r.first_day, r.grain, r.level, r.measure, c.text, b.text, r.published_file_id`
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []published.Stored
	for rows.Next() {
		var v published.Stored
		var on delay.Day
		if err := rows.Scan(&v.File, &on, &v.Period.Grain, &v.Level, &v.Measure, &v.Code, &v.Name, &v.Breakdown, &v.Text,
			&v.Mark); err != nil {
			return nil, err
		}
		v.Period.First = on
		out = append(out, v)
	}
	return out, rows.Err()
}
