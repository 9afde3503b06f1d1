-- A correction of an earlier period ends with that period, so that what was
-- said of later ones stands.
ALTER TABLE log_entry ADD COLUMN until_day INTEGER NOT NULL DEFAULT 0; -- last day of the corrected period, 0 when what is stated goes on
