-- A file can state most of a column in words or forms that its layout does not read.
-- What the sender has always done is a habit; what is new is drift, and the extract is
-- held (R5). Which of the two it is follows from the provider's other extracts.
ALTER TABLE extract ADD COLUMN unlike TEXT NOT NULL DEFAULT '';    -- what of it, in a sentence; empty when nothing
ALTER TABLE extract ADD COLUMN unlike_in TEXT NOT NULL DEFAULT ''; -- the fields that it concerns, with spaces between
ALTER TABLE extract ADD COLUMN tells INTEGER NOT NULL DEFAULT 1;   -- 0 when it states too little to tell a habit by
