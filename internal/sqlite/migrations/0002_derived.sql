-- What follows from the evidence. Everything here can be deleted and derived
-- again; "homeward verify" proves that it equals what the evidence gives.

-- The settings that everything below was derived with, as JSON.
CREATE TABLE derived_with (
	only     INTEGER PRIMARY KEY CHECK (only = 1),
	settings TEXT NOT NULL,
	log_day  INTEGER NOT NULL DEFAULT 0 -- the day up to which the log was evidence (C17)
) STRICT;

-- Where each provider's day stands: which extract counts, and which short one
-- is held (R5, C11).
CREATE TABLE standing (
	provider_id     INTEGER NOT NULL REFERENCES provider,
	extract_date    INTEGER NOT NULL,
	counted_extract INTEGER NOT NULL, -- 0 when none counts
	held_extract    INTEGER NOT NULL, -- 0 when none is held
	PRIMARY KEY (provider_id, extract_date)
) STRICT, WITHOUT ROWID;

-- Unbroken runs of days on which the counted extracts list the patient with
-- the same statement.
CREATE TABLE presence (
	patient_id   INTEGER NOT NULL REFERENCES patient,
	first_date   INTEGER NOT NULL,
	last_date    INTEGER NOT NULL,
	statement_id INTEGER NOT NULL REFERENCES statement,
	PRIMARY KEY (patient_id, first_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE delay (
	patient_id   INTEGER NOT NULL REFERENCES patient,
	listed_first INTEGER NOT NULL, -- first extract date that lists it
	listed_last  INTEGER NOT NULL,
	provider_id  INTEGER NOT NULL REFERENCES provider,
	ready_date   INTEGER NOT NULL,
	end_date     INTEGER NOT NULL, -- 0 when open
	end_kind     INTEGER NOT NULL, -- 0 open, 1 stated, 2 inferred
	first_day    INTEGER NOT NULL, -- first counted day, 0 when none counts
	last_day     INTEGER NOT NULL, -- last counted day, 0 when none counts
	statement_id INTEGER NOT NULL REFERENCES statement, -- the latest
	PRIMARY KEY (patient_id, listed_first)
) STRICT, WITHOUT ROWID;
CREATE INDEX delay_by_last_listing ON delay (provider_id, listed_last);

-- Unbroken runs of counted days of a delay that stand on one statement in one
-- way. They tile the delay's counted days (C3).
CREATE TABLE stretch (
	patient_id   INTEGER NOT NULL REFERENCES patient,
	listed_first INTEGER NOT NULL, -- of the delay
	first_day    INTEGER NOT NULL,
	last_day     INTEGER NOT NULL,
	statement_id INTEGER NOT NULL REFERENCES statement,
	mark         INTEGER NOT NULL, -- 0 listed, 1 back-dated, 2 carried, 3 omitted, 4 unverified, 5 paused
	entry_id     INTEGER NOT NULL, -- the log's entry that refines it, 0 when none does
	PRIMARY KEY (patient_id, listed_first, first_day)
) STRICT, WITHOUT ROWID;

-- The parts of a delay with one reason, one body by the rules, one council and
-- one type of care, with where they stand between the NHS and the council (G1).
-- With the paused stretches they tile the delay's days.
CREATE TABLE segment (
	patient_id   INTEGER NOT NULL REFERENCES patient,
	listed_first INTEGER NOT NULL, -- of the delay
	first_day    INTEGER NOT NULL,
	last_day     INTEGER NOT NULL,
	provider_id  INTEGER NOT NULL REFERENCES provider,
	council      TEXT NOT NULL,
	care         INTEGER NOT NULL,
	reason       TEXT NOT NULL,
	rule_body    INTEGER NOT NULL, -- what rules A1 to A5 give
	body         INTEGER NOT NULL, -- what it counts under
	by_people    INTEGER NOT NULL, -- 1 when people gave the body (A6)
	state        INTEGER NOT NULL, -- 0 proposed, 1 agreed, 2 disputed, 3 agreed by default
	suggested    INTEGER NOT NULL, -- the body that a dispute proposes instead
	next_side    INTEGER NOT NULL, -- whose answer is waited for: 0 nobody's, 1 NHS, 2 council
	level        INTEGER NOT NULL, -- of a dispute: 0 reviewers, 1 leads, 2 directors, 3 chair
	event_id     INTEGER NOT NULL, -- that brought it to where it stands, 0 as first proposed
	PRIMARY KEY (patient_id, listed_first, first_day)
) STRICT, WITHOUT ROWID;
-- Settled segments are most of them and are never queued.
CREATE INDEX segment_unsettled ON segment (council, provider_id, last_day) WHERE state IN (0, 2);

-- Things in the evidence that people should look at (C4, C7, C18).
CREATE TABLE finding (
	patient_id   INTEGER NOT NULL REFERENCES patient,
	listed_first INTEGER NOT NULL, -- of the delay
	rule         TEXT NOT NULL,
	day          INTEGER NOT NULL,
	words        TEXT NOT NULL,
	PRIMARY KEY (patient_id, listed_first, rule, day)
) STRICT, WITHOUT ROWID;

-- Delayed days by month and everything that figures are broken down by, with
-- each day of the month in a column of its own: the one table that figures and
-- the overview read, so that neither scans rows about patients.
CREATE TABLE month_count (
	month       INTEGER NOT NULL, -- year * 12 + month - 1
	provider_id INTEGER NOT NULL REFERENCES provider,
	council     TEXT NOT NULL,
	care        INTEGER NOT NULL,
	reason      TEXT NOT NULL,
	body        INTEGER NOT NULL,
	state       INTEGER NOT NULL, -- of the agreement, as in segment
	days        INTEGER NOT NULL,
	d01 INTEGER NOT NULL DEFAULT 0, d02 INTEGER NOT NULL DEFAULT 0, d03 INTEGER NOT NULL DEFAULT 0, d04 INTEGER NOT NULL DEFAULT 0, d05 INTEGER NOT NULL DEFAULT 0, d06 INTEGER NOT NULL DEFAULT 0, d07 INTEGER NOT NULL DEFAULT 0, d08 INTEGER NOT NULL DEFAULT 0,
	d09 INTEGER NOT NULL DEFAULT 0, d10 INTEGER NOT NULL DEFAULT 0, d11 INTEGER NOT NULL DEFAULT 0, d12 INTEGER NOT NULL DEFAULT 0, d13 INTEGER NOT NULL DEFAULT 0, d14 INTEGER NOT NULL DEFAULT 0, d15 INTEGER NOT NULL DEFAULT 0, d16 INTEGER NOT NULL DEFAULT 0,
	d17 INTEGER NOT NULL DEFAULT 0, d18 INTEGER NOT NULL DEFAULT 0, d19 INTEGER NOT NULL DEFAULT 0, d20 INTEGER NOT NULL DEFAULT 0, d21 INTEGER NOT NULL DEFAULT 0, d22 INTEGER NOT NULL DEFAULT 0, d23 INTEGER NOT NULL DEFAULT 0, d24 INTEGER NOT NULL DEFAULT 0,
	d25 INTEGER NOT NULL DEFAULT 0, d26 INTEGER NOT NULL DEFAULT 0, d27 INTEGER NOT NULL DEFAULT 0, d28 INTEGER NOT NULL DEFAULT 0, d29 INTEGER NOT NULL DEFAULT 0, d30 INTEGER NOT NULL DEFAULT 0, d31 INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (month, provider_id, council, care, reason, body, state)
) STRICT, WITHOUT ROWID;

-- For people who open the database themselves: the same in dates.
CREATE VIEW delay_dates AS
	SELECT p.code AS provider, t.reference, date(d.ready_date) AS ready_date,
		CASE d.end_date WHEN 0 THEN NULL ELSE date(d.end_date) END AS end_date,
		CASE d.first_day WHEN 0 THEN NULL ELSE date(d.first_day) END AS first_day,
		CASE d.last_day WHEN 0 THEN NULL ELSE date(d.last_day) END AS last_day,
		CASE d.first_day WHEN 0 THEN 0 ELSE d.last_day - d.first_day + 1 END AS delayed_days
	FROM delay d
	JOIN patient t ON t.patient_id = d.patient_id
	JOIN provider p ON p.provider_id = d.provider_id;
