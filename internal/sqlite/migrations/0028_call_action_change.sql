-- An action of a call can be put right and taken back until the call is over.
-- Nothing of it is lost: what it said before stands in call_action_change, and
-- one that was withdrawn stays with who took it back, when and why.
ALTER TABLE call_action ADD COLUMN withdrawn_day INTEGER NOT NULL DEFAULT 0; -- the call on which it was taken back, 0 while it stands
ALTER TABLE call_action ADD COLUMN withdrawn_at INTEGER NOT NULL DEFAULT 0;  -- Unix microseconds, UTC
ALTER TABLE call_action ADD COLUMN withdrawn_by TEXT NOT NULL DEFAULT '';    -- as the audit log names people
ALTER TABLE call_action ADD COLUMN withdrawn_as TEXT NOT NULL DEFAULT '';    -- the role, for readers
ALTER TABLE call_action ADD COLUMN withdrawn_why TEXT NOT NULL DEFAULT '';   -- never about a person by name or number

-- What an action said before it was changed.
CREATE TABLE call_action_change (
	call_action_change_id INTEGER PRIMARY KEY,
	call_action_id INTEGER NOT NULL REFERENCES call_action,
	what           TEXT NOT NULL,
	owner_org      TEXT NOT NULL, -- ODS or ONS code
	due            INTEGER NOT NULL,
	changed_day    INTEGER NOT NULL, -- the call on which it was changed
	changed_at     INTEGER NOT NULL, -- Unix microseconds, UTC
	changed_by     TEXT NOT NULL
) STRICT;
CREATE INDEX call_action_change_by_action ON call_action_change (call_action_id);

CREATE TRIGGER call_action_change_stays BEFORE DELETE ON call_action_change
BEGIN
	SELECT RAISE(ABORT, 'what an action said before is kept');
END;
