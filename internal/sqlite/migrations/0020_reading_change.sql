-- Whose segments began otherwise once a file was read again: reply clocks start
-- anew for these alone.
CREATE TABLE reading_change (
	file_id    INTEGER NOT NULL REFERENCES reading,
	patient_id INTEGER NOT NULL REFERENCES patient,
	first_day  INTEGER NOT NULL, -- of the segment
	PRIMARY KEY (patient_id, first_day, file_id)
) STRICT, WITHOUT ROWID;
