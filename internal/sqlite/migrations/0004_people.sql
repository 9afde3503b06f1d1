-- Who signs in, what each may see, and the record of it. Nothing that is
-- counted depends on these tables. Moments are Unix microseconds, UTC.

-- One account. Rows are never deleted, so that the audit log goes on naming
-- who did what.
CREATE TABLE person (
	person_id           INTEGER PRIMARY KEY,
	email               TEXT NOT NULL UNIQUE, -- small letters, NFKC
	name                TEXT NOT NULL,
	password_hash       TEXT NOT NULL DEFAULT '', -- argon2id in PHC format, empty when none was chosen
	second_factor       BLOB,                 -- sealed secret of the authenticator app, NULL when none
	second_factor_step  INTEGER NOT NULL DEFAULT 0, -- number of the 30-second step last used
	issuer              TEXT NOT NULL DEFAULT '', -- OpenID provider and the person's name there
	subject             TEXT NOT NULL DEFAULT '',
	awaits_work_account INTEGER NOT NULL DEFAULT 0 CHECK (awaits_work_account IN (0, 1)),
	deactivated_at      INTEGER NOT NULL DEFAULT 0, -- 0 while active
	epoch               INTEGER NOT NULL DEFAULT 1, -- sessions of an earlier epoch have ended
	first_page          TEXT NOT NULL DEFAULT '',
	created_at          INTEGER NOT NULL,
	last_signed_in      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX person_by_subject ON person (issuer, subject) WHERE subject <> '';

-- Codes that open the second factor once; a used one is deleted.
CREATE TABLE recovery_code (
	person_id INTEGER NOT NULL REFERENCES person,
	hash      BLOB NOT NULL,
	PRIMARY KEY (person_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE person_grant (
	grant_id          INTEGER PRIMARY KEY,
	person_id         INTEGER NOT NULL REFERENCES person,
	role              TEXT NOT NULL,
	side              INTEGER NOT NULL, -- 0 whole partnership, 1 providers, 2 councils
	codes             TEXT NOT NULL,    -- ODS or ONS codes, sorted, a space between
	from_work_account INTEGER NOT NULL CHECK (from_work_account IN (0, 1)),
	granted_at        INTEGER NOT NULL,
	granted_by        TEXT NOT NULL,
	revoked_at        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX person_grant_by_person ON person_grant (person_id);

-- Tokens of programs, screen links and password links. The secret itself is
-- kept nowhere.
CREATE TABLE token (
	token_id   TEXT PRIMARY KEY, -- public
	kind       TEXT NOT NULL CHECK (kind IN ('upload', 'figures', 'screen', 'password')),
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
CREATE INDEX token_by_person ON token (person_id);

CREATE TABLE session (
	token      TEXT PRIMARY KEY, -- hash of the cookie's value
	data       BLOB NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_expiry ON session (expires_at);

-- Attempts to sign in, kept for a day to throttle by.
CREATE TABLE attempt (
	attempt_id INTEGER PRIMARY KEY,
	at         INTEGER NOT NULL,
	account    BLOB NOT NULL, -- keyed hash of what was typed as e-mail address, cut short
	address    TEXT NOT NULL,
	was_right  INTEGER NOT NULL DEFAULT 0 CHECK (was_right IN (0, 1))
) STRICT;
CREATE INDEX attempt_by_account ON attempt (account, at);
CREATE INDEX attempt_by_address ON attempt (address, at);

-- Small things that Homeward keeps for itself: which key identifiers are
-- sealed with (a fingerprint, not the key), and the key of attempt.account.
CREATE TABLE kept (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The record of who did or saw what. Lines are added and never changed.
CREATE TABLE audit (
	number      INTEGER PRIMARY KEY, -- from 1, without gaps
	at          INTEGER NOT NULL,
	who         TEXT NOT NULL,
	acting_as   TEXT NOT NULL,
	what        TEXT NOT NULL,
	record      TEXT NOT NULL,
	before      TEXT NOT NULL,
	after       TEXT NOT NULL,
	from_address TEXT NOT NULL,
	hash        BLOB NOT NULL        -- of the line before's hash and this line's bytes
) STRICT;
CREATE INDEX audit_by_record ON audit (record, number);
CREATE INDEX audit_by_who ON audit (who, number);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
	SELECT RAISE(ABORT, 'lines of the audit log are never changed');
END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
	SELECT RAISE(ABORT, 'lines of the audit log are never deleted');
END;
-- INSERT OR REPLACE deletes without the trigger above; a line has its place
-- after the last one and nowhere else.
CREATE TRIGGER audit_is_only_added_to BEFORE INSERT ON audit
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit)
BEGIN
	SELECT RAISE(ABORT, 'lines of the audit log are added at its end');
END;

-- When the identifiers were purged under the retention period, 0 while kept.
ALTER TABLE patient ADD COLUMN purged_at INTEGER NOT NULL DEFAULT 0;
-- A pseudonym is looked up at each display of an identifier.
CREATE INDEX patient_by_reference ON patient (reference);
