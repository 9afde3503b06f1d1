package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"homeward/internal/audit"
	"homeward/internal/people"
)

// PartnershipVersion is one version of the partnership file.
type PartnershipVersion struct {
	Number int64
	At     time.Time
	// By is the role of who saved it, "By hand" for one that was found as somebody
	// wrote it; Why is in their words.
	By, Why string
	// Text is the file, byte for byte.
	Text []byte
}

// ByHand is what stands for the role of who wrote a version that was found.
const ByHand = "By hand"

// PartnershipVersions gives the versions of the partnership file, the latest first.
func (s *Store) PartnershipVersions(ctx context.Context) ([]PartnershipVersion, error) {
	return partnershipVersions(ctx, s.read)
}

func partnershipVersions(ctx context.Context, tx querier) ([]PartnershipVersion, error) {
	var out []PartnershipVersion
	err := eachRow(ctx, tx, `SELECT number, at, by_role, why, text FROM partnership_version ORDER BY number DESC`, func(rows *sql.Rows) error {
		var v PartnershipVersion
		var at int64
		err := rows.Scan(&v.Number, &at, &v.By, &v.Why, &v.Text)
		v.At = time.UnixMicro(at).UTC()
		out = append(out, v)
		return err
	})
	return out, err
}

// SavePartnership keeps a version of the partnership file, with a line in the audit
// log. The file is put in its place afterwards, so that none is in force that the log
// does not know. found is the file as it stood; it is kept as a version of its own
// where it is not the latest one.
func (s *Store) SavePartnership(ctx context.Context, by people.Actor, found, text []byte, why string) (number int64, err error) {
	err = s.recorded(ctx, func(r *recording) error {
		all, err := partnershipVersions(ctx, r.Tx)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			number = all[0].Number
		}
		add := func(role, why string, text []byte) error {
			number++
			_, err := r.ExecContext(ctx, `INSERT INTO partnership_version (number, at, by_role, why, text) VALUES (?, ?, ?, ?, ?)`,
				number, r.at.UnixMicro(), role, why, text)
			return err
		}
		before := fmt.Sprintf("version %d", number)
		if len(all) == 0 || string(all[0].Text) != string(found) {
			if err := add(ByHand, "As it was found.", found); err != nil {
				return err
			}
			before = fmt.Sprintf("version %d, by hand", number)
		}
		if err := add(by.As(), why, text); err != nil {
			return err
		}
		return r.record(entry(by, audit.PartnershipSaved, "partnership file", before, fmt.Sprintf("version %d: %s", number, why)))
	})
	return number, err
}

// Records counts what is held of organisations: the extracts and log entries of each
// provider by its code, and the delays of each council's residents.
func (s *Store) Records(ctx context.Context) (providers, councils map[string]int64, err error) {
	providers, councils = map[string]int64{}, map[string]int64{}
	for query, into := range map[string]map[string]int64{
		`SELECT code, (SELECT count(*) FROM extract e WHERE e.provider_id = v.provider_id)
			+ (SELECT count(*) FROM log_entry l WHERE l.provider_id = v.provider_id) FROM provider v`: providers,
		`SELECT council, count(DISTINCT patient_id || ' ' || listed_first) FROM segment GROUP BY council`: councils,
	} {
		if err := eachRow(ctx, s.read, query, func(rows *sql.Rows) error {
			var code string
			var n int64
			err := rows.Scan(&code, &n)
			into[code] = n
			return err
		}); err != nil {
			return nil, nil, err
		}
	}
	return providers, councils, nil
}
