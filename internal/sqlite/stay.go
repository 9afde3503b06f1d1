package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"

	"homeward/internal/casework"
	"homeward/internal/delay"
	"homeward/internal/extract"
	"homeward/internal/national"
)

// stayRow is what one row of an extract states of a stay.
type stayRow struct {
	patient, given              int64
	ready, admitted, discharged delay.Day
	age                         int16
	left                        extract.Left
	pathway                     string
}

var errStays = errors.New("the stays of an extract are damaged in the database")

// encodeStays packs the stays of an extract: numbers as zigzag varints, days as
// their distance from the extract date, the pathway as its length and bytes.
func encodeStays(on delay.Day, rows []stayRow) []byte {
	out := make([]byte, 0, 14*len(rows))
	day := func(d delay.Day) {
		if d != 0 {
			d = on - d + 1
		}
		out = binary.AppendVarint(out, int64(d))
	}
	for _, r := range rows {
		out = binary.AppendVarint(binary.AppendVarint(out, r.patient), r.given)
		day(r.ready)
		day(r.admitted)
		day(r.discharged)
		out = binary.AppendVarint(binary.AppendVarint(out, int64(r.age)), int64(r.left))
		out = append(binary.AppendVarint(out, int64(len(r.pathway))), r.pathway...)
	}
	return out
}

// decodeStays unpacks what encodeStays packed.
func decodeStays(on delay.Day, b []byte) ([]stayRow, error) {
	rows := make([]stayRow, 0, len(b)/12) // A row takes some 12 bytes.
	damaged := false
	number := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 {
			damaged, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	day := func() delay.Day {
		d := number()
		if d == 0 {
			return 0
		}
		return on - delay.Day(d) + 1
	}
	for len(b) > 0 {
		r := stayRow{
			patient:    number(),
			given:      number(),
			ready:      day(),
			admitted:   day(),
			discharged: day(),
			age:        int16(number()),
			left:       extract.Left(number()),
		}
		n := number()
		if damaged || n < 0 || n > int64(len(b)) {
			return nil, errStays
		}
		r.pathway, b = string(b[:n]), b[n:]
		rows = append(rows, r)
	}
	return rows, nil
}

// stays stores what the batch states of stays.
func (t *taking) stays() error {
	for i, e := range t.batch.Extracts {
		if len(e.Stays) == 0 {
			continue
		}
		rows := make([]stayRow, len(e.Stays))
		for j, s := range e.Stays {
			rows[j] = stayRow{t.patientIDs[s.Patient], t.givenIDs[s.Given], s.Ready, s.Admitted, s.Discharged, s.Age, s.Left, s.Pathway.String()}
		}
		if _, err := t.tx.ExecContext(
			t.ctx,
			`INSERT INTO stay (extract_id, rows) VALUES (?, ?)`,
			t.extractIDs[i],
			encodeStays(e.Date, rows),
		); err != nil {
			return err
		}
	}
	return nil
}

// StayRows gives what the extracts that count state of stays, of the providers
// that state any, and for each of these the days of its extracts that count.
// Of a person's rows of one day and admission the last stands (R7). A
// person is named by the reference that stands for them.
func (s *Store) StayRows(ctx context.Context) ([]national.Row, map[string]delay.Calendar, error) {
	type given struct {
		council delay.Council
		reason  delay.Reason
		body    delay.Body
	}
	type named struct {
		person            int64
		reference, across string
	}
	givens, people := map[int64]given{}, map[int64]named{}
	ruled, err := s.ruledGivens(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := eachRow(ctx, s.read, `SELECT given_id, council, reason, body FROM given`, func(rows *sql.Rows) error {
		var id int64
		var g given
		err := rows.Scan(&id, &g.council, &g.reason, &g.body)
		givens[id] = g
		return err
	}); err != nil {
		return nil, nil, err
	}
	if err := eachRow(ctx, s.read, `
		SELECT p.patient_id, p.person_id, w.reference, CASE p.nhs_id WHEN 0 THEN '' ELSE p.nhs_id END
		FROM patient p
		JOIN patient w ON w.patient_id = p.person_id
		WHERE EXISTS (SELECT 1 FROM stay)`, func(rows *sql.Rows) error {
		var id int64
		var p named
		err := rows.Scan(&id, &p.person, &p.reference, &p.across)
		people[id] = p
		return err
	}); err != nil {
		return nil, nil, err
	}
	shared, err := s.histories(ctx)
	if err != nil {
		return nil, nil, err
	}
	var out []national.Row
	err = eachRow(ctx, s.read, `
		SELECT v.code, e.sender_id, e.extract_date, y.rows
		FROM stay y
		JOIN extract e ON e.extract_id = y.extract_id
		JOIN standing d ON d.counted_extract = e.extract_id AND d.provider_id = e.provider_id AND d.extract_date = e.extract_date
			AND d.sender_id = e.sender_id
		JOIN provider v ON v.provider_id = e.provider_id
		ORDER BY e.provider_id, e.extract_date, e.sender_id`, func(rows *sql.Rows) error {
		var provider, sentAs string
		var sender int64
		var on delay.Day
		var packed []byte
		if err := rows.Scan(&provider, &sender, &on, &packed); err != nil {
			return err
		}
		if h := shared[provider]; h != nil {
			sentAs = h.senders[h.at(sender)].code
		}
		stays, err := decodeStays(on, packed)
		if err != nil {
			return err
		}
		type stayed struct {
			person   int64
			admitted delay.Day
		}
		at := map[stayed]int{}
		for _, r := range stays {
			g := givens[r.given]
			row := national.Row{
				Day:        on,
				Provider:   provider,
				Sender:     sentAs,
				Person:     people[r.patient].reference,
				Patient:    people[r.patient].person,
				Across:     people[r.patient].across,
				Ready:      r.ready,
				Admitted:   r.admitted,
				Discharged: r.discharged,
				How:        how(r),
				Age:        int(r.age),
				Council:    g.council,
				Reason:     g.reason,
				Body:       ruled.body(r.given, g.body, on),
				Pathway:    r.pathway,
			}
			key := stayed{row.Patient, row.Admitted}
			if i, ok := at[key]; ok {
				out[i] = row
				continue
			}
			at[key] = len(out)
			out = append(out, row)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	days := map[string]delay.Calendar{}
	// Of a provider whose history is of several codes, those of each code.
	err = eachRow(ctx, s.read, `
		SELECT DISTINCT v.code, d.extract_date
		FROM standing d
		JOIN provider v ON v.provider_id = d.provider_id
		WHERE d.counted_extract <> 0
		ORDER BY d.provider_id, d.extract_date`, func(rows *sql.Rows) error {
		var provider string
		var day delay.Day
		err := rows.Scan(&provider, &day)
		days[provider] = append(days[provider], day)
		return err
	})
	for provider := range days {
		if !slices.ContainsFunc(out, func(r national.Row) bool { return r.Provider == provider }) {
			delete(days, provider)
		}
	}
	for provider, h := range shared {
		if days[provider] == nil {
			continue
		}
		for _, sender := range h.senders {
			days[sender.code] = h.of(sender.id)
		}
	}
	return out, days, err
}

func how(r stayRow) national.How {
	switch r.left {
	case extract.LeftAlive:
		return national.Alive
	case extract.LeftDied:
		return national.Died
	case extract.LeftTransferred:
		return national.Transferred
	default:
		return national.StillIn
	}
}

// stated gives what the provider's extract of a day states of the patient's stay,
// nil when it states nothing of it.
func (r caseReader) stated(day delay.Day) (*casework.Stated, error) {
	same := map[int64]bool{}
	if err := r.each(`SELECT patient_id FROM patient WHERE person_id = ?`, []any{r.patient}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		same[id] = true
		return err
	}); err != nil {
		return nil, err
	}
	var out *casework.Stated
	err := r.each(`
		SELECT y.rows
		FROM standing d
		JOIN stay y ON y.extract_id = d.counted_extract
		WHERE d.provider_id = ? AND d.extract_date = ?
		ORDER BY d.sender_id`, []any{r.provider, day}, func(rows *sql.Rows) error {
		var packed []byte
		if err := rows.Scan(&packed); err != nil {
			return err
		}
		stays, err := decodeStays(day, packed)
		if err != nil {
			return err
		}
		for _, one := range stays {
			if same[one.patient] && one.discharged == 0 {
				out = &casework.Stated{Ready: one.ready, Pathway: one.pathway}
			}
		}
		return nil
	})
	return out, err
}
