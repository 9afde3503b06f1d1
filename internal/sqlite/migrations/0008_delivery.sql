-- What packs were sent to whom. Nothing that is counted depends on it, and
-- nothing in it is about a patient.
CREATE TABLE delivery (
	delivery_id INTEGER PRIMARY KEY,
	pack        TEXT NOT NULL,    -- the pack's ID, as in addresses
	kind        TEXT NOT NULL CHECK (kind IN ('mail', 'folder')),
	target      TEXT NOT NULL,    -- the e-mail address or the folder
	state       TEXT NOT NULL CHECK (state IN ('Waiting', 'Sent', 'Not sent')),
	attempts    INTEGER NOT NULL DEFAULT 0,
	made_at     INTEGER NOT NULL, -- Unix microseconds, UTC
	next_at     INTEGER NOT NULL, -- when to try, while it waits
	ended_at    INTEGER NOT NULL DEFAULT 0, -- 0 while it waits
	message     TEXT NOT NULL DEFAULT '',   -- a sentence for the reader about the latest attempt
	CHECK ((state = 'Waiting') = (ended_at = 0)),
	UNIQUE (pack, kind, target)   -- a pack goes to each once
) STRICT;
CREATE INDEX delivery_waiting ON delivery (next_at) WHERE ended_at = 0;

-- The latest time that a kept pack was rendered again and compared.
CREATE TABLE pack_check (
	pack       TEXT PRIMARY KEY,
	checked_at INTEGER NOT NULL, -- Unix microseconds, UTC
	same       INTEGER NOT NULL CHECK (same IN (0, 1)),
	message    TEXT NOT NULL     -- a sentence for the reader
) STRICT;
