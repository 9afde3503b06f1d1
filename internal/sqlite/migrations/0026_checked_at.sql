-- A check that was made without a network: when, by the clock of the phone that
-- it was made at, beside made_at, when we recorded it; and the key by which a
-- check that is sent twice is known for one.
ALTER TABLE log_entry ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0; -- Unix microseconds, UTC, 0 when it was recorded as it was made
ALTER TABLE log_entry ADD COLUMN sent_key TEXT NOT NULL DEFAULT ''; -- empty when it came with none
CREATE UNIQUE INDEX log_entry_by_sent_key ON log_entry (sent_key) WHERE sent_key <> '';
