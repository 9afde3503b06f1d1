-- What the partnership notes on its charts. Rows are added and never changed
-- but for the withdrawal; nothing that is counted depends on them.
CREATE TABLE annotation (
	annotation_id INTEGER PRIMARY KEY,
	day           INTEGER NOT NULL, -- Julian day number
	words         TEXT NOT NULL,    -- never about a person
	metric        TEXT NOT NULL,    -- the word of a metric, empty for all
	provider      TEXT NOT NULL,    -- ODS code, empty for everywhere
	council       TEXT NOT NULL,    -- ONS code, empty for everywhere
	restart       INTEGER NOT NULL CHECK (restart IN (0, 1)), -- control limits start again
	made_by       TEXT NOT NULL,
	made_at       INTEGER NOT NULL, -- Unix microseconds, UTC
	withdrawn_by  TEXT NOT NULL DEFAULT '',
	withdrawn_at  INTEGER NOT NULL DEFAULT 0 -- 0 while it stands
) STRICT;
CREATE INDEX annotation_by_day ON annotation (day) WHERE withdrawn_at = 0;
