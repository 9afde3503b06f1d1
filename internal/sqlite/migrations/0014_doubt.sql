-- What was read may speak against a whole file, whatever the number of its rows:
-- day and month swapped by a spreadsheet (R9), say. The extract is then held
-- like one that is short, until someone accepts it or another replaces it.
ALTER TABLE extract ADD COLUMN doubt TEXT NOT NULL DEFAULT ''; -- why, in a sentence; empty when nothing does
