package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"homeward/internal/schedule"
)

// runsKept is how many of the newest runs of each job are kept: years of a
// daily job, most of a day of one that runs every minute.
const runsKept = 1000

// Jobs is the record of scheduled jobs' runs in the database.
type Jobs struct{ store *Store }

var _ schedule.Recorder = Jobs{}

// Jobs gives the record of runs. It is open as long as the store is.
func (s *Store) Jobs() Jobs { return Jobs{s} }

// Begin notes that a run of the job began. Moments are kept to the microsecond.
func (j Jobs) Begin(ctx context.Context, job string, at time.Time) (int64, error) {
	// Without inTx, which would tell readers that figures changed.
	done, err := j.store.write.ExecContext(ctx, `
		INSERT INTO job_run (job, began_at, result)
		VALUES (?, ?, ?)`, job, at.UnixMicro(), schedule.Running)
	if err != nil {
		return 0, busy(err)
	}
	return done.LastInsertId()
}

// End notes how a run ended, and lets the oldest runs of its job go. It never
// lets go of a run that has not ended, nor of the newest that finished.
func (j Jobs) End(ctx context.Context, id int64, at time.Time, result, message string) error {
	tx, err := j.store.write.BeginTx(ctx, nil)
	if err != nil {
		return busy(err)
	}
	if err := endRun(ctx, tx, id, at, result, message); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return busy(err)
	}
	return nil
}

func endRun(ctx context.Context, tx *sql.Tx, id int64, at time.Time, result, message string) error {
	var job string
	err := tx.QueryRowContext(ctx, `
		UPDATE job_run
		SET ended_at = ?, result = ?, message = ?
		WHERE job_run_id = ?
		RETURNING job`, at.UnixMicro(), result, message, id).Scan(&job)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("run %d of a job is not in the record: %w", id, err)
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM job_run
		WHERE job = ?1
			AND job_run_id <= (SELECT job_run_id FROM job_run WHERE job = ?1 ORDER BY job_run_id DESC LIMIT 1 OFFSET ?2)
			AND result <> ?3
			AND job_run_id <> (SELECT COALESCE(MAX(job_run_id), 0) FROM job_run WHERE job = ?1 AND result = ?4)`,
		job, runsKept, schedule.Running, schedule.Finished)
	return err
}

// Last gives for each job the run that has not ended, else the one that began
// last, in UTC. Runs are ordered by their numbers: times do not order them when
// the clock was set back. What was skipped says nothing of where a job stands,
// unless nothing else does.
func (j Jobs) Last(ctx context.Context) (map[string]schedule.Run, error) {
	rows, err := j.store.read.QueryContext(ctx, `
		SELECT
			r.job_run_id,
			r.job,
			r.began_at,
			r.ended_at,
			r.result,
			r.message,
			COALESCE((
				SELECT f.began_at
				FROM job_run AS f
				WHERE f.job = r.job AND f.result = ?
				ORDER BY f.job_run_id DESC
				LIMIT 1
			), 0)
		FROM (SELECT DISTINCT job FROM job_run) AS j
		JOIN job_run AS r ON r.job_run_id = (
			SELECT l.job_run_id
			FROM job_run AS l
			WHERE l.job = j.job
			ORDER BY l.ended_at = 0 DESC, l.result = 'Skipped', l.job_run_id DESC
			LIMIT 1
		)`, schedule.Finished)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]schedule.Run{}
	for rows.Next() {
		var r schedule.Run
		var began, ended, finished int64
		if err := rows.Scan(&r.ID, &r.Job, &began, &ended, &r.Result, &r.Message, &finished); err != nil {
			return nil, err
		}
		r.Began, r.Ended, r.LastFinished = moment(began), moment(ended), moment(finished)
		out[r.Job] = r
	}
	return out, rows.Err()
}

// moment reads Unix microseconds; 0 is no moment.
func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}
