-- The pathway of a leaving: what was stated last, by the list's last row or the log's
-- end too. Empty where nobody has left or said one. Derived.
ALTER TABLE delay ADD COLUMN left_to TEXT NOT NULL DEFAULT '';

-- Where somebody may have said a pathway everything is derived again, as in 0024.
UPDATE derived_with SET settings = settings || ' '
WHERE EXISTS (SELECT 1 FROM stay) OR EXISTS (SELECT 1 FROM log_entry WHERE destination <> '');
