-- Received files can be read again with layouts, words, councils or rules that
-- have changed since. Nothing that was stored changes: the file gets a receipt
-- of its own moment with new extracts, and those of before count no longer from
-- that moment on (C15).
CREATE TABLE reading (
	file_id    INTEGER PRIMARY KEY REFERENCES file, -- the receipt of reading it again
	replaces   INTEGER NOT NULL UNIQUE,             -- the receipt whose extracts count no longer
	first_file INTEGER NOT NULL                     -- the receipt whose place in the order of receipt it keeps (C11)
) STRICT;

-- What the file was read with, or was last found to read the same with; empty
-- for files of before this column.
ALTER TABLE file ADD COLUMN read_with TEXT NOT NULL DEFAULT '';
CREATE INDEX file_by_read_with ON file (outcome, read_with);
