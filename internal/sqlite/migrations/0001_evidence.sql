-- What arrived. Rows of these tables are added and never changed: every figure
-- is derived from them (C10) and can be derived again as of any moment (C15).
-- Days are Julian day numbers, so that date(ready_date) reads as a date.

CREATE TABLE provider (
	provider_id INTEGER PRIMARY KEY,
	code        TEXT NOT NULL UNIQUE -- ODS code, such as RK9
) STRICT;

-- One file that was taken or turned away. A file holds one or more extracts.
CREATE TABLE file (
	file_id     INTEGER PRIMARY KEY, -- ascends in the order of receipt (C11)
	sha256      BLOB NOT NULL,
	name        TEXT NOT NULL,       -- as sent; shown as text only
	bytes       INTEGER NOT NULL,
	received_at INTEGER NOT NULL,    -- Unix microseconds, UTC
	outcome     TEXT NOT NULL CHECK (outcome IN ('taken', 'rejected')),
	report      TEXT NOT NULL        -- the receipt as JSON, without identifiers
) STRICT;
CREATE INDEX file_by_sha256 ON file (sha256);

-- What one file states for one provider and one extract date.
CREATE TABLE extract (
	extract_id   INTEGER PRIMARY KEY, -- ascends in the order of receipt (C11)
	file_id      INTEGER NOT NULL REFERENCES file,
	provider_id  INTEGER NOT NULL REFERENCES provider,
	extract_date INTEGER NOT NULL,
	rows_read    INTEGER NOT NULL,
	kept         INTEGER NOT NULL,
	quarantined  INTEGER NOT NULL,
	excluded     INTEGER NOT NULL,
	-- The kept rows in the order of the file: statement and line of each, as
	-- zigzag varints of the difference from the row before.
	listed       BLOB NOT NULL,
	CHECK (kept + quarantined + excluded = rows_read) -- R1
) STRICT;
CREATE INDEX extract_by_day ON extract (provider_id, extract_date, extract_id);
CREATE INDEX extract_by_file ON extract (file_id);

-- A person's word on a short file (R5).
CREATE TABLE acceptance (
	acceptance_id INTEGER PRIMARY KEY,
	extract_id    INTEGER NOT NULL REFERENCES extract,
	accepted_at   INTEGER NOT NULL, -- Unix microseconds, UTC
	accepted_by   TEXT NOT NULL,
	reason        TEXT NOT NULL
) STRICT;
CREATE INDEX acceptance_by_extract ON acceptance (extract_id);

-- One patient at one provider. Identifiers are sealed with a key that is not
-- in this database (P2).
CREATE TABLE patient (
	patient_id  INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES provider,
	key_hash    BLOB NOT NULL, -- keyed hash of the NHS number, else of provider and local ID
	reference   TEXT NOT NULL, -- the pseudonym that people see
	nhs_number  BLOB,          -- sealed
	local_id    BLOB           -- sealed, as first listed
) STRICT;
CREATE UNIQUE INDEX patient_by_hash ON patient (key_hash, provider_id);

-- What a statement says that decides attribution: the sender's words, their
-- reading, and the outcome of the rules. Each distinct one stands once.
CREATE TABLE given (
	given_id          INTEGER PRIMARY KEY,
	reason_words      TEXT NOT NULL,
	care_words        TEXT NOT NULL,
	council_words     TEXT NOT NULL,
	responsible_words TEXT NOT NULL,
	waiting_on_words  TEXT NOT NULL,
	funding_words     TEXT NOT NULL,
	reason            TEXT NOT NULL,    -- england-dtoc code, empty when not known
	care              INTEGER NOT NULL, -- 0 not known, 1 acute, 2 non-acute
	council           TEXT NOT NULL,    -- ONS code, empty when not known (A7)
	stated            INTEGER NOT NULL, -- body named by the extract, 0 none
	stated_unread     INTEGER NOT NULL, -- 1 when it names one that could not be read
	waiting_on        INTEGER NOT NULL, -- set: 1 NHS, 2 council, 4 could not be read
	funding           INTEGER NOT NULL, -- 0 none, 1 NHS, 2 council, 3 joint, 4 self, 5 could not be read
	body              INTEGER NOT NULL, -- outcome: 0 not attributed, 1 NHS, 2 social care, 3 joint
	rule              TEXT NOT NULL,    -- A1 to A5
	rule_set          TEXT NOT NULL,
	rule_version      TEXT NOT NULL,
	why               TEXT NOT NULL,
	finding           TEXT NOT NULL,
	UNIQUE (
		reason_words, care_words, council_words, responsible_words, waiting_on_words, funding_words,
		reason, care, council, stated, stated_unread, waiting_on, funding, rule_set, rule_version, rule, body
	)
) STRICT;

CREATE TABLE place (
	place_id    INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES provider,
	site        TEXT NOT NULL,
	ward        TEXT NOT NULL,
	bed         TEXT NOT NULL,
	UNIQUE (provider_id, site, ward, bed)
) STRICT;

-- What a row says of one patient. Rows of different extracts that say the same
-- share one statement.
CREATE TABLE statement (
	statement_id    INTEGER PRIMARY KEY,
	patient_id      INTEGER NOT NULL REFERENCES patient,
	given_id        INTEGER NOT NULL REFERENCES given,
	place_id        INTEGER NOT NULL REFERENCES place,
	ready_date      INTEGER NOT NULL,
	discharged_date INTEGER NOT NULL, -- 0 when none on or before the extract date
	admitted_date   INTEGER NOT NULL  -- 0 when not given
) STRICT;
CREATE UNIQUE INDEX statement_by_content
	ON statement (patient_id, ready_date, given_id, place_id, discharged_date, admitted_date);
