-- The weekly calls. What was shown is kept as bytes and never changed (C15);
-- nothing that is counted depends on these tables.
CREATE TABLE call (
	day        INTEGER PRIMARY KEY, -- Julian day number, London
	started_at INTEGER NOT NULL,    -- Unix microseconds, UTC
	started_by TEXT NOT NULL,
	ended_at   INTEGER NOT NULL,    -- 0 while it goes on
	frozen     BLOB NOT NULL        -- the content of every slide as JSON, without identifiers
) STRICT;

CREATE TRIGGER call_is_frozen BEFORE UPDATE OF day, started_at, started_by, frozen ON call
BEGIN
	SELECT RAISE(ABORT, 'what was shown at a call is never changed');
END;

CREATE TRIGGER call_is_kept BEFORE DELETE ON call
BEGIN
	SELECT RAISE(ABORT, 'what was shown at a call is kept');
END;

-- What an organisation said on a call that it would do.
CREATE TABLE call_action (
	call_action_id INTEGER PRIMARY KEY,
	what           TEXT NOT NULL,    -- never about a person by name or number
	owner_org      TEXT NOT NULL,    -- ODS or ONS code
	due            INTEGER NOT NULL,
	call_day       INTEGER NOT NULL REFERENCES call, -- on which it was said
	made_at        INTEGER NOT NULL, -- Unix microseconds, UTC
	made_by        TEXT NOT NULL,
	done_day       INTEGER NOT NULL, -- the call on which it was done, 0 while open
	done_at        INTEGER NOT NULL,
	done_by        TEXT NOT NULL,
	carried_day    INTEGER NOT NULL  -- the latest call that carried it over, 0 for none
) STRICT;
CREATE INDEX call_action_open ON call_action (due) WHERE done_day = 0;
