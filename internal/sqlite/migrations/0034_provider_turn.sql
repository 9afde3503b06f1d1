-- What was read of one provider is the same until something is written of it. A write
-- names the providers it works out again; one that names none may concern everything.
ALTER TABLE moment ADD COLUMN everything INTEGER NOT NULL DEFAULT 0;
CREATE TABLE provider_turn (
	provider_id INTEGER PRIMARY KEY,
	turn INTEGER NOT NULL
) STRICT;
