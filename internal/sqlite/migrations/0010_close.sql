-- What months were closed with. Nothing that is counted depends on it: figures
-- go on following the evidence, and what a month was closed with stays beside
-- them. One close a month.
CREATE TABLE month_close (
	month        INTEGER PRIMARY KEY, -- year * 12 + month - 1
	closed_at    INTEGER NOT NULL,    -- Unix microseconds, UTC
	role         TEXT NOT NULL,       -- as what it was closed; who it was is in the audit log
	codes        TEXT NOT NULL,       -- of the organisations that the role is held for, with commas
	rule_set     TEXT NOT NULL,
	rule_version TEXT NOT NULL,
	days         INTEGER NOT NULL,    -- delayed days of the month as closed
	frozen       BLOB NOT NULL,       -- the figures as JSON, as package closing encodes them
	sha256       BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT;

CREATE TRIGGER month_close_stays BEFORE DELETE ON month_close
BEGIN
	SELECT RAISE(ABORT, 'what a month was closed with is never deleted');
END;

CREATE TRIGGER month_close_never_changes BEFORE UPDATE ON month_close
BEGIN
	SELECT RAISE(ABORT, 'what a month was closed with is never changed');
END;
