-- Calls that were started by mistake. What they showed is kept, with who took
-- them back and when, and the day can be started again.
CREATE TABLE call_withdrawn (
	call_withdrawn_id INTEGER PRIMARY KEY,
	day          INTEGER NOT NULL, -- Julian day number, London
	started_at   INTEGER NOT NULL, -- Unix microseconds, UTC
	started_by   TEXT NOT NULL,
	ended_at     INTEGER NOT NULL, -- 0 when it went on
	withdrawn_at INTEGER NOT NULL,
	withdrawn_by TEXT NOT NULL,    -- as the audit log names people
	withdrawn_as TEXT NOT NULL,    -- the role, for readers
	frozen       BLOB NOT NULL     -- what stood in call
) STRICT;
CREATE INDEX call_withdrawn_day ON call_withdrawn (day);

CREATE TRIGGER call_withdrawn_never_changes BEFORE UPDATE ON call_withdrawn
BEGIN
	SELECT RAISE(ABORT, 'what was shown at a call is never changed');
END;

CREATE TRIGGER call_withdrawn_stays BEFORE DELETE ON call_withdrawn
BEGIN
	SELECT RAISE(ABORT, 'what was shown at a call is kept');
END;

-- A call may leave its table only for the other one, as it was.
DROP TRIGGER call_is_kept;
CREATE TRIGGER call_is_kept BEFORE DELETE ON call
WHEN NOT EXISTS (
	SELECT 1 FROM call_withdrawn w
	WHERE w.day = old.day AND w.started_at = old.started_at AND w.started_by = old.started_by AND w.frozen = old.frozen)
BEGIN
	SELECT RAISE(ABORT, 'what was shown at a call is kept');
END;
