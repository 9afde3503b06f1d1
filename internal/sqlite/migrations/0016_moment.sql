-- Since when what is known (C15): every record is dated inside the transaction
-- that stores it, after every record that was stored before.

CREATE TABLE moment (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	-- Unix microseconds, UTC. What is dated up to it is complete: no later
	-- transaction dates a record at or before it.
	at   INTEGER NOT NULL
) STRICT;
INSERT INTO moment (only, at) VALUES (1, max(
	(SELECT coalesce(max(received_at), 0) FROM file),
	(SELECT coalesce(max(accepted_at), 0) FROM acceptance),
	(SELECT coalesce(max(made_at), 0) FROM log_entry),
	(SELECT coalesce(max(made_at), 0) FROM agreement_event),
	(SELECT coalesce(max(max(made_at, closed_at)), 0) FROM action),
	(SELECT coalesce(max(made_at), 0) FROM person_verdict),
	(SELECT coalesce(max(linked_from), 0) FROM derived_with),
	(SELECT coalesce(max(max(made_at, withdrawn_at)), 0) FROM annotation),
	(SELECT coalesce(max(at), 0) FROM audit)));

-- When the log became evidence up to a day (C17). Before this table the day
-- counted from its first moment on, which 0 says.
CREATE TABLE log_reach (
	log_day    INTEGER PRIMARY KEY,
	reached_at INTEGER NOT NULL -- Unix microseconds, UTC
) STRICT;
INSERT INTO log_reach (log_day, reached_at)
	SELECT max(log_day), 0 FROM derived_with WHERE log_day > 0 GROUP BY only;

-- Entries that were saved at one press are taken back at one press.
ALTER TABLE log_entry ADD COLUMN together INTEGER NOT NULL DEFAULT 0; -- the first of them, 0 for one alone
CREATE INDEX log_entry_together ON log_entry (together) WHERE together <> 0;

-- The latest of each kind of record without reading all.
CREATE INDEX file_by_time ON file (received_at);
CREATE INDEX acceptance_by_time ON acceptance (accepted_at);
CREATE INDEX log_entry_by_time ON log_entry (made_at);
