package sqlite

import (
	"bytes"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"homeward/internal/delay"
	"homeward/internal/ingest"
)

// stand works out where the provider's days stand and writes what changed.
// Only the days given, ascending, the extract after each (R5) and those after it that
// are unlike their layout (R5) can stand otherwise than before; no days mean all.
// What was discarded is compared with nothing.
func (d *derivation) stand(days []delay.Day) error {
	from, to := delay.Day(0), never
	if len(days) > 0 {
		if err := d.tx.QueryRowContext(d.ctx, `
			SELECT coalesce((SELECT max(extract_date) FROM extract e WHERE sender_id = ?1 AND extract_date < ?2 AND `+standsAsRead+`
					AND `+lastWord+` <> 1 AND tells AND (unlike_in = '' OR `+lastWord+` = 0)),
				(SELECT min(extract_date) FROM extract e WHERE sender_id = ?1 AND extract_date < ?2), ?2),
				coalesce((SELECT min(extract_date) FROM extract e WHERE sender_id = ?1 AND extract_date > ?3 AND `+standsAsRead+`
					AND `+lastWord+` <> 1 AND tells AND unlike_in = ''),
				(SELECT max(extract_date) FROM extract e WHERE sender_id = ?1 AND extract_date > ?3), ?3)`,
			d.sender, days[0], days[len(days)-1]).Scan(&from, &to); err != nil {
			return err
		}
	}
	received, err := d.received(from, to)
	if err != nil {
		return err
	}
	if d.before, err = d.standings(from, to); err != nil {
		return err
	}
	if d.was, err = d.countedDays(); err != nil {
		return err
	}
	put, err := d.stmt(`
		INSERT INTO standing (provider_id, sender_id, extract_date, counted_extract, held_extract)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET counted_extract = excluded.counted_extract, held_extract = excluded.held_extract`)
	if err != nil {
		return err
	}
	for _, st := range ingest.Standings(received, d.store.settings.Short) {
		was := d.before[st.Date]
		if len(days) > 0 && st.Date < days[0] {
			// It is here to compare the next with, and stands as it stood.
			st.Counted, st.Held = was.Counted, was.Held
		}
		d.now[st.Date] = st
		if was.Counted == st.Counted && was.Held == st.Held {
			continue
		}
		if was.Counted != st.Counted {
			d.changed = append(d.changed, st.Date)
		}
		if _, err := put.ExecContext(d.ctx, d.provider, d.sender, st.Date, st.Counted, st.Held); err != nil {
			return err
		}
	}
	if err := d.vanished(); err != nil {
		return err
	}
	if err := d.name(); err != nil {
		return err
	}
	d.calendar, err = d.countedDays()
	return err
}

// vanished takes away the days on which nothing stands any more, because the
// files that spoke of them were read again otherwise.
func (d *derivation) vanished() error {
	any := false
	for day, was := range d.before {
		if _, stands := d.now[day]; stands {
			continue
		}
		if _, err := d.tx.ExecContext(d.ctx, `DELETE FROM standing WHERE provider_id = ? AND extract_date = ? AND sender_id = ?`, d.provider,
			day, d.sender); err != nil {
			return err
		}
		if was.Counted != 0 {
			d.changed, any = append(d.changed, day), true
		}
	}
	if any {
		slices.Sort(d.changed)
	}
	return nil
}

// standsAsRead says of an extract e that its file was not read again since.
const standsAsRead = `NOT EXISTS (SELECT 1 FROM reading q WHERE q.replaces = e.file_id)`

// acceptances gives people's word on the bytes of extract e, whichever reading
// of them it was given on; its columns are those of acceptance a.
const acceptances = `
			FROM extract o
			CROSS JOIN acceptance a ON a.extract_id = o.extract_id
			LEFT JOIN reading oq ON oq.file_id = o.file_id
			LEFT JOIN reading eq ON eq.file_id = e.file_id
			WHERE o.sender_id = e.sender_id AND o.extract_date = e.extract_date
				AND coalesce(oq.first_file, o.file_id) = coalesce(eq.first_file, e.file_id)`

// lastWord gives what people said last of the bytes of extract e: 0 that they are
// accepted, 1 that they are discarded, 2 nothing.
const lastWord = `coalesce((SELECT a.discarded ` + acceptances + ` ORDER BY a.acceptance_id DESC LIMIT 1), 2)`

// received gives the extracts received for the days from from to to, each file
// as it was read last.
func (d *derivation) received(from, to delay.Day) ([]ingest.Received, error) {
	var out []ingest.Received
	err := eachRow(d.ctx, d.tx, `
		SELECT extract_id, extract_date, rows_read, quarantined, `+lastWord+` = 0, `+lastWord+` = 1, doubt <> '', unlike_in, tells,
			coalesce((SELECT first_file FROM reading r WHERE r.file_id = e.file_id), file_id)
		FROM extract e
		WHERE sender_id = ? AND extract_date BETWEEN ? AND ? AND `+standsAsRead+`
		ORDER BY extract_date, extract_id`, func(rows *sql.Rows) error {
		var r ingest.Received
		var unlike string
		err := rows.Scan(&r.ID, &r.Date, &r.Rows, &r.Quarantined, &r.Accepted, &r.Discarded, &r.Doubt, &unlike, &r.Tells, &r.Order)
		r.Unlike = strings.Fields(unlike)
		out = append(out, r)
		return err
	}, d.sender, from, to)
	return out, err
}

// standings gives where the days from from to to are stored to stand.
func (d *derivation) standings(from, to delay.Day) (map[delay.Day]ingest.DayStanding, error) {
	out := map[delay.Day]ingest.DayStanding{}
	err := eachRow(d.ctx, d.tx, `
		SELECT extract_date, counted_extract, held_extract
		FROM standing
		WHERE provider_id = ? AND sender_id = ? AND extract_date BETWEEN ? AND ?`, func(rows *sql.Rows) error {
		var st ingest.DayStanding
		err := rows.Scan(&st.Date, &st.Counted, &st.Held)
		out[st.Date] = st
		return err
	}, d.provider, d.sender, from, to)
	return out, err
}

// countedDays gives the days for which an extract of the sender is stored to
// count. They come as one text, because ten years are thousands of rows.
func (d *derivation) countedDays() (delay.Calendar, error) { return d.countedDaysOf(d.sender) }

func (d *derivation) countedDaysOf(sender int64) (delay.Calendar, error) {
	st, err := d.stmt(`
		SELECT json_group_array(extract_date)
		FROM (SELECT extract_date FROM standing WHERE provider_id = ? AND sender_id = ? AND counted_extract <> 0 ORDER BY extract_date)`)
	if err != nil {
		return nil, err
	}
	var text []byte
	if err := st.QueryRowContext(d.ctx, d.provider, sender).Scan(&text); err != nil {
		return nil, err
	}
	return parseDays(text)
}

// parseDays reads a JSON array of days.
func parseDays(text []byte) ([]delay.Day, error) {
	text = bytes.Trim(text, "[]")
	if len(text) == 0 {
		return nil, nil
	}
	days := make([]delay.Day, 0, len(text)/8+1)
	for part := range bytes.SplitSeq(text, []byte(",")) {
		day, err := strconv.ParseInt(string(part), 10, 32)
		if err != nil {
			return nil, err
		}
		days = append(days, delay.Day(day))
	}
	return days, nil
}

// countedOn gives the extract of the sender that counts for the day now, 0 when
// none does.
func (d *derivation) countedOn(day delay.Day) (int64, error) { return d.countedOf(d.sender, day) }

func (d *derivation) countedOf(sender int64, day delay.Day) (id int64, err error) {
	if st, ok := d.now[day]; ok && sender == d.sender {
		return st.Counted, nil
	}
	st, err := d.stmt(`SELECT counted_extract FROM standing WHERE provider_id = ? AND extract_date = ? AND sender_id = ?`)
	if err == nil {
		err = st.QueryRowContext(d.ctx, d.provider, day, sender).Scan(&id)
	}
	return id, err
}
