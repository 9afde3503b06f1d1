package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"homeward/internal/delay"
	"homeward/internal/ingest"
	"homeward/internal/measure"
	"homeward/internal/problem"
)

// Arrival is one provider's extract for one day, counted or held.
type Arrival struct {
	Provider string
	Day      delay.Day
	// Counted says that an extract counts for the day; Held that a short one is
	// held (both can be, when a short re-send waits).
	Counted, Held bool
	// Rows is the number of rows kept from the counted extract, or from the held
	// one when none counts; SHA256 and Received are of the same file.
	Rows     int
	SHA256   string
	Received time.Time
	// Reading is not 0 when the file was read again; it is another number for each
	// time.
	Reading int64
	// HeldSHA256 and HeldRows are of the held file; empty when none is.
	HeldSHA256 string
	HeldRows   int
	// Doubt says why the held file is held whatever its rows, empty for other
	// reasons.
	Doubt string
	// Files is how many files have come for the day, each once however often it was
	// read.
	Files int
	// Codes are what other codes of the provider sent for the day.
	Codes []measure.CodeDay
}

// firstReceived is when the bytes of file f arrived, whenever they were read.
const firstReceived = `coalesce(
			(SELECT o.received_at FROM reading q JOIN file o ON o.file_id = q.first_file WHERE q.file_id = f.file_id), f.received_at)`

// Arrivals gives every extract date from from to to on which something stands,
// ordered by provider and day. Where two codes of one provider stand on a day,
// the rows are of both and the file is the provider's own.
func (s *Store) Arrivals(ctx context.Context, from, to delay.Day) ([]Arrival, error) {
	return sharedAnswer(ctx, s, question("arrivals", measure.Query{From: from, To: to}), func() ([]Arrival, error) {
		return s.arrivals(ctx, from, to)
	})
}

func (s *Store) arrivals(ctx context.Context, from, to delay.Day) ([]Arrival, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.code, s.extract_date, s.counted_extract, s.held_extract, e.kept, f.sha256, `+firstReceived+`,
			coalesce(h.rows_read, 0), hf.sha256,
			coalesce((SELECT q.file_id FROM reading q WHERE q.file_id = f.file_id), 0),
			s.sender_id <> s.provider_id, w.code, f.received_at, iif(s.sender_id = s.provider_id, 0, (
				SELECT min(x.received_at) FROM extract y JOIN file x ON x.file_id = y.file_id
				WHERE y.sender_id = s.sender_id AND y.extract_date = s.extract_date)),
			coalesce(nullif(h.doubt, ''), h.unlike, ''), (
				SELECT count(DISTINCT coalesce(q.first_file, e.file_id))
				FROM extract e LEFT JOIN reading q ON q.file_id = e.file_id
				WHERE e.sender_id = s.sender_id AND e.extract_date = s.extract_date AND `+lastWord+` <> 1)
		FROM standing s
		JOIN provider w ON w.provider_id = s.sender_id
		JOIN provider v ON v.provider_id = s.provider_id
		JOIN extract e ON e.extract_id = CASE s.counted_extract WHEN 0 THEN s.held_extract ELSE s.counted_extract END
		JOIN file f ON f.file_id = e.file_id
		LEFT JOIN extract h ON h.extract_id = s.held_extract
		LEFT JOIN file hf ON hf.file_id = h.file_id
		WHERE s.extract_date BETWEEN ? AND ?
		ORDER BY v.code, s.extract_date, s.sender_id <> s.provider_id, s.sender_id`, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Arrival
	for rows.Next() {
		var a Arrival
		var counted, held, received int64
		var sum, heldSum []byte
		var other bool
		var code string
		var came, began int64
		if err := rows.Scan(&a.Provider, &a.Day, &counted, &held, &a.Rows, &sum, &received, &a.HeldRows, &heldSum, &a.Reading, &other, &code,
			&came, &began, &a.Doubt, &a.Files); err != nil {
			return nil, err
		}
		a.Counted, a.Held = counted != 0, held != 0
		a.SHA256, a.Received = hex.EncodeToString(sum), time.UnixMicro(received)
		a.HeldSHA256 = hex.EncodeToString(heldSum)
		if other {
			a.Codes = []measure.CodeDay{{Code: code, File: a.SHA256, Counted: a.Counted, Began: time.UnixMicro(began), Came: time.UnixMicro(came),
				Again: a.Reading != 0}}
		}
		if n := len(out); n > 0 && out[n-1].Provider == a.Provider && out[n-1].Day == a.Day {
			out[n-1].add(a)
			continue
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// add takes in what another code of the same provider sent for the day.
func (a *Arrival) add(o Arrival) {
	a.Codes = append(a.Codes, o.Codes...)
	switch {
	case a.Counted == o.Counted:
		a.Rows += o.Rows
	case o.Counted:
		a.Counted, a.Rows, a.SHA256, a.Received, a.Reading = true, o.Rows, o.SHA256, o.Received, o.Reading
	}
	if o.Held {
		if !a.Held {
			a.HeldSHA256 = o.HeldSHA256
		}
		a.Held, a.HeldRows = true, a.HeldRows+o.HeldRows
		if a.Doubt == "" {
			a.Doubt = o.Doubt
		}
	}
	a.Files = max(a.Files, o.Files) // Two codes that each sent once have corrected nothing.
}

// Began gives the first day for which an extract of each provider counts, by code;
// none for a provider of which none does.
func (s *Store) Began(ctx context.Context) (map[string]delay.Day, error) {
	out := map[string]delay.Day{}
	err := eachRow(ctx, s.read, `
		SELECT code, first
		FROM (SELECT v.code, (
				SELECT extract_date
				FROM standing s
				WHERE s.provider_id = v.provider_id AND counted_extract <> 0
				ORDER BY extract_date
				LIMIT 1) AS first
			FROM provider v)
		WHERE first IS NOT NULL`, func(rows *sql.Rows) error {
		var code string
		var first delay.Day
		err := rows.Scan(&code, &first)
		out[code] = first
		return err
	})
	return out, err
}

// Rejection is one file that was turned away.
type Rejection struct {
	SHA256, Name, Reason string
	// Provider is whose it is, as far as that was known.
	Provider string
	Received time.Time
}

// Rejections gives the files that were turned away from from on and before
// before, the first first. Of bytes that came again and were taken since there is
// none.
func (s *Store) Rejections(ctx context.Context, from, before time.Time) ([]Rejection, error) {
	var out []Rejection
	err := eachRow(ctx, s.read, `
		SELECT f.sha256, f.name, coalesce(f.report ->> '$.reason', ''), coalesce(v.code, f.report ->> '$.provider', ''), f.received_at
		FROM file f
		LEFT JOIN provider p ON p.code = f.report ->> '$.provider'
		LEFT JOIN provider v ON v.provider_id = iif(p.shown_id = 0, p.provider_id, p.shown_id)
		WHERE f.outcome = 'rejected' AND f.received_at >= ? AND f.received_at < ?
			AND NOT EXISTS (SELECT 1 FROM file t WHERE t.sha256 = f.sha256 AND t.outcome = 'taken')
		ORDER BY f.file_id`, func(rows *sql.Rows) error {
		var r Rejection
		var sum []byte
		var at int64
		err := rows.Scan(&sum, &r.Name, &r.Reason, &r.Provider, &at)
		r.SHA256, r.Received = hex.EncodeToString(sum), time.UnixMicro(at)
		out = append(out, r)
		return err
	}, from.UnixMicro(), before.UnixMicro())
	return out, err
}

// Standings gives where the extracts of the taken file with this SHA-256, in
// hexadecimal, stand now, ordered by day; none for a file that was turned away.
func (s *Store) Standings(ctx context.Context, sum string) ([]ingest.StandsNow, error) {
	key, err := hex.DecodeString(sum)
	if err != nil {
		return nil, problem.New(problem.NotFound, "There is no extract with this fingerprint.")
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT v.code, e.extract_date, coalesce(s.counted_extract = e.extract_id, 0), coalesce(s.held_extract = e.extract_id, 0),
			coalesce(a.accepted_at, 0), coalesce(a.accepted_by, ''), coalesce(a.reason, ''),
			coalesce(a.discarded, 0)
		FROM file f
		JOIN extract e ON e.file_id = f.file_id
		JOIN provider v ON v.provider_id = e.provider_id
		LEFT JOIN standing s ON s.provider_id = e.provider_id AND s.extract_date = e.extract_date AND s.sender_id = e.sender_id
		LEFT JOIN acceptance a ON a.acceptance_id = (SELECT max(a.acceptance_id) `+acceptances+`)
		WHERE f.sha256 = ? AND `+standsAsRead+`
		ORDER BY e.extract_date, e.extract_id`, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ingest.StandsNow
	for rows.Next() {
		var st ingest.StandsNow
		var accepted int64
		if err := rows.Scan(&st.Provider, &st.Day, &st.Counted, &st.Held, &accepted, &st.By, &st.Reason, &st.Discarded); err != nil {
			return nil, err
		}
		if accepted != 0 {
			st.Accepted = time.UnixMicro(accepted)
		}
		out = append(out, st)
	}
	return out, rows.Err()
}

// FileRecord is one file that arrived, with its receipt as JSON.
type FileRecord struct {
	Bytes    int64
	Received time.Time
	// ReadAgain is when it was read again, zero when it was not; the receipt is
	// then of that reading.
	ReadAgain time.Time
	Report    []byte
}

// File gives the file whose SHA-256 is sum, in hexadecimal: the one that was
// taken when there is one, else the latest that was turned away. The error is
// a NotFound problem when there is none.
func (s *Store) File(ctx context.Context, sum string) (FileRecord, error) {
	var r FileRecord
	key, err := hex.DecodeString(sum)
	if err == nil {
		var received, again int64
		var lists []byte
		err = s.read.QueryRowContext(ctx, `
			SELECT bytes, `+firstReceived+`, coalesce((SELECT f.received_at FROM reading q WHERE q.file_id = f.file_id), 0), report, lists
			FROM file f
			WHERE sha256 = ?
			ORDER BY outcome = 'taken' DESC, file_id DESC
			LIMIT 1`, key).Scan(&r.Bytes, &received, &again, &r.Report, &lists)
		r.Received, r.ReadAgain = time.UnixMicro(received), moment(again)
		if err == nil {
			r.Report, err = unpackReceipt(r.Report, lists)
		}
	} else {
		err = sql.ErrNoRows
	}
	if errors.Is(err, sql.ErrNoRows) {
		return r, problem.New(problem.NotFound, "There is no extract with this fingerprint.")
	}
	return r, err
}
