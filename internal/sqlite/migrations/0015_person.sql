-- Who is one person (I1 to I6). A patient is what rows name somebody by: a valid
-- NHS number, or without one the provider's own number. Which patients are one
-- person is derived, and can be derived again as of any moment.

-- A provider's own numbers, in their normal form.
CREATE TABLE local_number (
	local_number_id INTEGER PRIMARY KEY,
	provider_id     INTEGER NOT NULL REFERENCES provider,
	hash            BLOB NOT NULL, -- keyed hash of provider and number; random once purged
	sealed          BLOB           -- NULL once purged
) STRICT;
CREATE UNIQUE INDEX local_number_by_hash ON local_number (hash, provider_id);

-- With which local numbers a patient with an NHS number was ever received.
-- Whether such a row counts now is the evidence's to say.
CREATE TABLE stated_with (
	local_number_id INTEGER NOT NULL REFERENCES local_number,
	patient_id      INTEGER NOT NULL REFERENCES patient,
	PRIMARY KEY (local_number_id, patient_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE patient ADD COLUMN local_number INTEGER NOT NULL DEFAULT 0; -- of a patient known by it alone, else 0
ALTER TABLE patient ADD COLUMN nhs_id INTEGER NOT NULL DEFAULT 0;   -- first patient with the same NHS number, 0 when known by a local number
ALTER TABLE patient ADD COLUMN other_id BLOB; -- sealed pseudonym or number of a stay that the hash is of (R15)
-- Patients who may be one person, at all providers: what is worked out together.
ALTER TABLE patient ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0; -- first patient of the group, 0 when alone
-- Derived: the patient whose reference stands for the person (I6).
ALTER TABLE patient ADD COLUMN person_id INTEGER NOT NULL DEFAULT 0;
UPDATE patient SET person_id = patient_id, nhs_id = patient_id;
CREATE INDEX patient_by_person ON patient (person_id);
CREATE INDEX patient_by_group ON patient (group_id) WHERE group_id <> 0;
CREATE INDEX patient_by_local_number ON patient (local_number) WHERE local_number <> 0;

-- The local number of a row that has an NHS number too, 0 for none. A statement
-- without a ready date is of a row that could not be read (C20).
ALTER TABLE statement ADD COLUMN local_number INTEGER NOT NULL DEFAULT 0;
DROP INDEX statement_by_content;
CREATE UNIQUE INDEX statement_by_content
	ON statement (patient_id, ready_date, given_id, place_id, discharged_date, admitted_date, local_number);

-- What people say stays with the patient that they said it of; patient_id is
-- derived: whose reference stands for that patient now (I6).
ALTER TABLE log_entry ADD COLUMN about_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agreement_event ADD COLUMN about_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN about_id INTEGER NOT NULL DEFAULT 0;
UPDATE log_entry SET about_id = patient_id;
UPDATE agreement_event SET about_id = patient_id;
UPDATE action SET about_id = patient_id;
CREATE INDEX log_entry_by_about ON log_entry (about_id, entry_id);
CREATE INDEX agreement_event_by_about ON agreement_event (about_id, event_id);
CREATE INDEX action_by_about ON action (about_id);

-- Whether two patients are one person, as people say. Rows are added and never
-- changed; the latest of a pair stands.
CREATE TABLE person_verdict (
	verdict_id INTEGER PRIMARY KEY, -- ascends in the order in which they were made
	one_id     INTEGER NOT NULL REFERENCES patient,
	other_id   INTEGER NOT NULL REFERENCES patient,
	verdict    INTEGER NOT NULL CHECK (verdict IN (0, 1, 2)), -- 0 taken back, 1 the same, 2 not the same
	made_at    INTEGER NOT NULL,    -- Unix microseconds, UTC
	made_by    TEXT NOT NULL,       -- account, for the audit; pages show the role
	made_role  TEXT NOT NULL,
	reason     TEXT NOT NULL,
	CHECK (one_id < other_id)
) STRICT;
CREATE INDEX person_verdict_by_pair ON person_verdict (one_id, other_id, verdict_id);
CREATE INDEX person_verdict_by_other ON person_verdict (other_id);

-- Since when people are found across numbers and providers: 0 from the
-- beginning, else when a store of before was taken over. What was known before
-- then stays as it was known (C15).
ALTER TABLE derived_with ADD COLUMN linked_from INTEGER NOT NULL DEFAULT 0; -- Unix microseconds, UTC
