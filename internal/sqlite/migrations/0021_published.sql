-- National files as their publishers issue them. They are evidence of what was
-- published and of nothing else: no figure of ours depends on them. What was
-- added is never changed and never deleted; a newer vintage stands before an
-- older one and both are kept.
CREATE TABLE published_file (
	published_file_id INTEGER PRIMARY KEY,
	series    TEXT NOT NULL,
	title     TEXT NOT NULL,             -- as the file states it
	name      TEXT NOT NULL,             -- of the file, without its folder
	sha256    BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
	bytes     INTEGER NOT NULL,
	published INTEGER NOT NULL,          -- day that the file states, 0 for none
	revised   INTEGER NOT NULL,          -- likewise
	vintage   INTEGER NOT NULL,          -- day by which it is newer or older than others, 0 when nobody said
	given     INTEGER NOT NULL CHECK (given IN (0, 1)), -- the vintage was said by who added it
	notes     TEXT NOT NULL,             -- what was passed over or looks odd, one a line
	values_n  INTEGER NOT NULL,
	first_day INTEGER NOT NULL,          -- of its periods
	last_day  INTEGER NOT NULL,          -- first day of the last of them
	added_by  TEXT NOT NULL,
	added_at  INTEGER NOT NULL           -- Unix microseconds, UTC
) STRICT;

-- A part is what one file replaces of an older one as a whole: the values of one
-- measure, period, level and set of dimensions.
CREATE TABLE published_part (
	published_part_id INTEGER PRIMARY KEY,
	published_file_id INTEGER NOT NULL REFERENCES published_file,
	first_day  INTEGER NOT NULL,
	grain      TEXT NOT NULL CHECK (grain IN ('day', 'week', 'month')),
	level      TEXT NOT NULL,
	measure    TEXT NOT NULL,
	dimensions TEXT NOT NULL,            -- names with "; " between, empty for totals
	UNIQUE (published_file_id, first_day, grain, level, measure, dimensions)
) STRICT;

-- Codes, names and breakdowns, each once.
CREATE TABLE published_text (
	published_text_id INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE published_value (
	published_part_id INTEGER NOT NULL REFERENCES published_part,
	code      INTEGER NOT NULL REFERENCES published_text,
	breakdown INTEGER NOT NULL REFERENCES published_text,
	name      INTEGER NOT NULL REFERENCES published_text,
	value     TEXT NOT NULL,             -- digits as published, empty where a mark stands
	mark      TEXT NOT NULL,             -- "-", "*", "[c]", "blank", empty where a number stands
	PRIMARY KEY (published_part_id, code, breakdown),
	CHECK ((value = '') <> (mark = ''))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER published_file_stays BEFORE DELETE ON published_file
BEGIN
	SELECT RAISE(ABORT, 'what was published is never deleted');
END;
CREATE TRIGGER published_file_never_changes BEFORE UPDATE ON published_file
BEGIN
	SELECT RAISE(ABORT, 'what was published is never changed');
END;
CREATE TRIGGER published_part_stays BEFORE DELETE ON published_part
BEGIN
	SELECT RAISE(ABORT, 'what was published is never deleted');
END;
CREATE TRIGGER published_part_never_changes BEFORE UPDATE ON published_part
BEGIN
	SELECT RAISE(ABORT, 'what was published is never changed');
END;
CREATE TRIGGER published_value_stays BEFORE DELETE ON published_value
BEGIN
	SELECT RAISE(ABORT, 'what was published is never deleted');
END;
CREATE TRIGGER published_value_never_changes BEFORE UPDATE ON published_value
BEGIN
	SELECT RAISE(ABORT, 'what was published is never changed');
END;
