package sqlite

import (
	"context"
	"fmt"

	"homeward/internal/audit"
	"homeward/internal/delay"
	"homeward/internal/people"
)

// PurgeIdentifiers deletes the identifiers of every patient whose delays at
// their provider all ended before the day, and gives how many patients that
// were. A delay that no later extract ended counts as ended on the day it was
// last listed, a patient without a delay on the last day they were listed or
// said to be ready. The sealed numbers are deleted and the hash that patients
// are matched by is replaced by random bytes; the pseudonym, the places and
// every figure stay: who is one person is noted by numbers of ours. People of
// whom no row says that they waited are PurgeNotReady's. Wipe then
// takes the numbers out of unused parts of the files.
func (s *Store) PurgeIdentifiers(ctx context.Context, by people.Actor, before delay.Day) (int64, error) {
	// What is deleted is wiped from the file too, not only unlinked.
	if _, err := s.write.ExecContext(ctx, `PRAGMA secure_delete = ON`); err != nil {
		return 0, busy(err)
	}
	var n int64
	err := s.recorded(ctx, func(r *recording) error {
		res, err := r.ExecContext(ctx, `
			UPDATE patient
			SET nhs_number = NULL, local_id = NULL, other_id = NULL, key_hash = randomblob(16), purged_at = ?1
			WHERE purged_at = 0
				AND (EXISTS (SELECT 1 FROM statement st WHERE st.patient_id = patient.patient_id) OR NOT EXISTS (SELECT 1 FROM stay))
				AND NOT EXISTS (
					SELECT 1
					FROM delay d
					WHERE d.patient_id = patient.person_id
						AND CASE d.end_date WHEN 0 THEN d.listed_last ELSE max(d.end_date, d.listed_last) END >= ?2)
				AND NOT EXISTS (SELECT 1 FROM presence p WHERE p.patient_id = patient.patient_id AND p.last_date >= ?2)
				AND NOT EXISTS (SELECT 1 FROM statement st WHERE st.patient_id = patient.patient_id AND max(st.ready_date, st.discharged_date) >= ?2)`,
			r.at.UnixMicro(), before)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		// A provider's own number goes with the last who was stated with it.
		if _, err := r.ExecContext(ctx, purgeLocalNumbers); err != nil {
			return err
		}
		if _, err := r.ExecContext(ctx, owing(true), string(Wiping)); err != nil {
			return err
		}
		return r.record(entry(by, audit.IdentifiersPurged, "", "", fmt.Sprintf("%d patients whose delays ended before %s", n, before)))
	})
	return n, err
}

// purgeLocalNumbers deletes the numbers that nobody is stated with any more.
const purgeLocalNumbers = `
	UPDATE local_number
	SET hash = randomblob(16), sealed = NULL
	WHERE sealed IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM patient p WHERE p.local_number <> 0 AND p.local_number = local_number_id AND p.purged_at = 0)
		AND NOT EXISTS (
			SELECT 1
			FROM stated_with w
			JOIN patient p ON p.patient_id = w.patient_id
			WHERE w.local_number_id = local_number.local_number_id AND p.purged_at = 0)`
