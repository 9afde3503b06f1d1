-- The way out of hospital of people delayed, 0 to 3, day by day: what their
-- hospital's list or the log said last. Both tables are derived, and hold
-- nothing of people of whom nobody ever said it.

-- Unbroken runs of days on which the counted extracts that list the patient
-- state one pathway.
CREATE TABLE pathway_listed (
	patient_id INTEGER NOT NULL REFERENCES patient,
	first_date INTEGER NOT NULL,
	last_date  INTEGER NOT NULL,
	pathway    TEXT NOT NULL,
	PRIMARY KEY (patient_id, first_date)
) STRICT, WITHOUT ROWID;

-- The days of a delay by pathway, those for which none was stated among them:
-- where there is one row of a delay its rows tile it (C3).
CREATE TABLE pathway (
	patient_id   INTEGER NOT NULL REFERENCES patient,
	listed_first INTEGER NOT NULL, -- of the delay
	first_day    INTEGER NOT NULL,
	last_day     INTEGER NOT NULL,
	pathway      TEXT NOT NULL,    -- empty when none is stated
	PRIMARY KEY (patient_id, listed_first, first_day)
) STRICT, WITHOUT ROWID;

-- Segments, parted where the pathway changes. People agree about segments
-- whatever the pathway, so these parts are for counting alone.
CREATE VIEW segment_by_pathway AS
	SELECT t.patient_id, t.listed_first,
		max(t.first_day, coalesce(w.first_day, t.first_day)) AS first_day, min(t.last_day, coalesce(w.last_day, t.last_day)) AS last_day,
		t.provider_id, t.council, t.care, t.reason, t.body, t.state, coalesce(w.pathway, '') AS pathway
	FROM segment t
	LEFT JOIN pathway w ON w.patient_id = t.patient_id AND w.listed_first = t.listed_first AND w.first_day <= t.last_day
		AND w.last_day >= t.first_day;

CREATE TABLE month_count_by_pathway (
	month       INTEGER NOT NULL, -- year * 12 + month - 1
	provider_id INTEGER NOT NULL REFERENCES provider,
	council     TEXT NOT NULL,
	care        INTEGER NOT NULL,
	reason      TEXT NOT NULL,
	body        INTEGER NOT NULL,
	state       INTEGER NOT NULL, -- of the agreement, as in segment
	pathway     TEXT NOT NULL,    -- empty when none is stated
	days        INTEGER NOT NULL,
	d01 INTEGER NOT NULL DEFAULT 0, d02 INTEGER NOT NULL DEFAULT 0, d03 INTEGER NOT NULL DEFAULT 0, d04 INTEGER NOT NULL DEFAULT 0,
	d05 INTEGER NOT NULL DEFAULT 0, d06 INTEGER NOT NULL DEFAULT 0, d07 INTEGER NOT NULL DEFAULT 0, d08 INTEGER NOT NULL DEFAULT 0,
	d09 INTEGER NOT NULL DEFAULT 0, d10 INTEGER NOT NULL DEFAULT 0, d11 INTEGER NOT NULL DEFAULT 0, d12 INTEGER NOT NULL DEFAULT 0,
	d13 INTEGER NOT NULL DEFAULT 0, d14 INTEGER NOT NULL DEFAULT 0, d15 INTEGER NOT NULL DEFAULT 0, d16 INTEGER NOT NULL DEFAULT 0,
	d17 INTEGER NOT NULL DEFAULT 0, d18 INTEGER NOT NULL DEFAULT 0, d19 INTEGER NOT NULL DEFAULT 0, d20 INTEGER NOT NULL DEFAULT 0,
	d21 INTEGER NOT NULL DEFAULT 0, d22 INTEGER NOT NULL DEFAULT 0, d23 INTEGER NOT NULL DEFAULT 0, d24 INTEGER NOT NULL DEFAULT 0,
	d25 INTEGER NOT NULL DEFAULT 0, d26 INTEGER NOT NULL DEFAULT 0, d27 INTEGER NOT NULL DEFAULT 0, d28 INTEGER NOT NULL DEFAULT 0,
	d29 INTEGER NOT NULL DEFAULT 0, d30 INTEGER NOT NULL DEFAULT 0, d31 INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (month, provider_id, council, care, reason, body, state, pathway)
) STRICT, WITHOUT ROWID;
INSERT INTO month_count_by_pathway SELECT month, provider_id, council, care, reason, body, state, '', days,
	d01, d02, d03, d04, d05, d06, d07, d08, d09, d10, d11, d12, d13, d14, d15, d16, d17, d18, d19, d20, d21, d22, d23, d24, d25, d26, d27,
	d28, d29, d30, d31 FROM month_count;
DROP TABLE month_count;
ALTER TABLE month_count_by_pathway RENAME TO month_count;

-- Where somebody may have said a pathway everything is derived again when the
-- store is opened with its settings: a space more makes their text another.
UPDATE derived_with SET settings = settings || ' '
WHERE EXISTS (SELECT 1 FROM stay) OR EXISTS (SELECT 1 FROM log_entry WHERE destination <> '');
