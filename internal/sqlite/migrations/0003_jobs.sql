-- Runs of scheduled jobs. Nothing that is counted depends on them.
CREATE TABLE job_run (
	job_run_id INTEGER PRIMARY KEY, -- ascends in the order of the beginnings
	job        TEXT NOT NULL,       -- the job's name, as in addresses
	began_at   INTEGER NOT NULL,    -- Unix microseconds, UTC
	ended_at   INTEGER NOT NULL DEFAULT 0, -- 0 while the run is going
	result     TEXT NOT NULL CHECK (result IN ('Running', 'Finished', 'Did not finish', 'Skipped')),
	message    TEXT NOT NULL DEFAULT '',   -- a sentence for the reader, without identifiers
	CHECK ((result = 'Running') = (ended_at = 0))
) STRICT;
CREATE INDEX job_run_by_job ON job_run (job, job_run_id);
