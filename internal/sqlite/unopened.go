package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"homeward/internal/identity"
)

// Opened is what Unopened found.
type Opened struct {
	// Sealed is how many sealed texts were opened.
	Sealed int
	// Findings says, one sentence each, which could not be, MaxAltered at most. No
	// sentence has an identifier.
	Findings []string
	// Another says that the database is sealed with another key than the one given, so
	// that nothing was opened.
	Another bool
}

// sealed is where sealed bytes stand: key is the number of the row.
var sealed = []struct{ table, key, column, words string }{
	{"patient", "patient_id", "nhs_number", "The sealed NHS number of patient %d could not be opened."},
	{"patient", "patient_id", "local_id", "The sealed local number of patient %d could not be opened."},
	{"patient", "patient_id", "other_id", "The sealed pseudonym or number of a stay of patient %d could not be opened."},
	{"local_number", "local_number_id", "sealed", "The sealed number %d of the providers' own numbers could not be opened."},
	{"person", "person_id", "second_factor", "The sealed second factor of account %d could not be opened."},
}

// Unopened opens everything that is sealed in the database and says what cannot be
// opened. It reads part after part and keeps no moment open meanwhile.
func (s *Store) Unopened(ctx context.Context, key *identity.Key) (*Opened, error) {
	o := &Opened{}
	for _, at := range sealed {
		for last := int64(-1); ; {
			more, err := o.open(ctx, s, key, `SELECT `+at.key+`, `+at.column+` FROM `+at.table+` WHERE `+at.key+` > ? AND `+at.column+
				` IS NOT NULL ORDER BY `+at.key+` LIMIT ?`, at.words, &last)
			if err != nil || o.Another {
				return o, err
			}
			if !more {
				break
			}
		}
	}
	return o, nil
}

// open opens the next of one column, after the row numbered last, and says whether
// there may be more.
func (o *Opened) open(ctx context.Context, s *Store, key *identity.Key, query, words string, last *int64) (more bool, err error) {
	tx, done, err := s.atOnce(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	// The key may be replaced between two parts.
	noted, err := keyFingerprint(ctx, tx)
	if err != nil {
		return false, err
	}
	another := noted != "" && noted != key.Fingerprint()
	n, opened, found := 0, 0, o.Findings
	err = eachRow(ctx, tx, query, func(rows *sql.Rows) error {
		var bytes sql.RawBytes
		if err := rows.Scan(last, &bytes); err != nil {
			return err
		}
		n++
		if _, err := key.Open(bytes); err != nil {
			if len(found) < MaxAltered {
				found = append(found, fmt.Sprintf(words, *last))
			}
			return nil
		}
		opened++
		return nil
	}, *last, patientsAtOnce)
	switch {
	case err != nil:
	case another && opened == 0 && n > 0:
		o.Another = true
	case another && n > 0:
		o.Findings = append(o.Findings, "The database names another key than the one that opens what is sealed in it.")
		return false, nil
	default:
		o.Findings = found
	}
	o.Sealed += opened
	return n == patientsAtOnce && !o.Another, err
}
