-- The versions of the partnership file that were saved in the browser, and those
-- that were found as somebody wrote them. No figure depends on them.
CREATE TABLE partnership_version (
	number  INTEGER PRIMARY KEY, -- from 1, in the order in which they were saved
	at      INTEGER NOT NULL,    -- Unix microseconds, UTC
	by_role TEXT NOT NULL,       -- such as "Administrator"; who it was is in the audit log
	why     TEXT NOT NULL,       -- in their words
	text    BLOB NOT NULL        -- the file, byte for byte
) STRICT;
