-- What a program was answered that sent a file with an Idempotency-Key: the same
-- key with the same bytes is answered so again, for a day. No figure depends on it.
CREATE TABLE sent_answer (
	key_hash BLOB PRIMARY KEY,  -- SHA-256 of who sent it and the key
	sha256   BLOB NOT NULL,     -- of the file's name and bytes
	status   INTEGER NOT NULL,  -- of HTTP
	answer   TEXT NOT NULL,     -- the receipt as JSON, without identifiers
	sent_at  INTEGER NOT NULL   -- Unix microseconds, UTC
) STRICT;
CREATE INDEX sent_answer_by_time ON sent_answer (sent_at);

-- What people say of a file that is held can be that it is discarded: it counts
-- for nothing and is as if it had not come, until somebody accepts it after all.
-- The latest word on the bytes stands.
ALTER TABLE acceptance ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0; -- 1 when it was discarded
