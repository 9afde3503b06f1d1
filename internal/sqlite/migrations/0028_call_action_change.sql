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

-- Remote links, by which a phone turns the slides of a call: the same table with
-- one more kind, which SQLite takes by making the table anew.
CREATE TABLE token_with_remotes (
	token_id   TEXT PRIMARY KEY, -- public
	kind       TEXT NOT NULL CHECK (kind IN ('upload', 'figures', 'screen', 'password', 'remote')),
	label      TEXT NOT NULL,
	providers  TEXT NOT NULL,    -- ODS codes that an upload token may send for, a space between
	person_id  INTEGER REFERENCES person, -- of a password link
	hash       BLOB NOT NULL,    -- SHA-256, bound to kind and ID
	created_at INTEGER NOT NULL,
	created_by TEXT NOT NULL,
	expires_at INTEGER NOT NULL,
	last_used  INTEGER NOT NULL DEFAULT 0,
	revoked_at INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO token_with_remotes (token_id, kind, label, providers, person_id, hash, created_at, created_by, expires_at, last_used, revoked_at)
SELECT token_id, kind, label, providers, person_id, hash, created_at, created_by, expires_at, last_used, revoked_at
FROM token;
DROP TABLE token;
ALTER TABLE token_with_remotes RENAME TO token;
CREATE INDEX token_by_person ON token (person_id);

-- The slide that the walls of a call are to show, by the last press of a remote
-- or of the presenter. Nothing that was shown depends on it.
CREATE TABLE call_turn (
	day   INTEGER PRIMARY KEY, -- of the call
	turn  INTEGER NOT NULL,    -- how many presses there were
	slide INTEGER NOT NULL,
	theme TEXT NOT NULL        -- light or dark, empty while nobody chose
) STRICT;
