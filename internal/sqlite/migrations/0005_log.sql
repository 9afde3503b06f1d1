-- What people say. Rows of these tables are added and never changed, except an
-- action's state; figures follow from them as they do from extracts (C10).

-- One line of the coordinators' log.
CREATE TABLE log_entry (
	entry_id     INTEGER PRIMARY KEY, -- ascends in the order in which they were made
	patient_id   INTEGER NOT NULL REFERENCES patient,
	provider_id  INTEGER NOT NULL REFERENCES provider,
	made_at      INTEGER NOT NULL, -- Unix microseconds, UTC
	made_on      INTEGER NOT NULL, -- the London day of made_at
	made_by      TEXT NOT NULL,    -- account, for the audit; pages show the role
	made_role    TEXT NOT NULL,    -- such as "Coordinator, RZ1"
	kind         INTEGER NOT NULL, -- 1 logged, 2 checked, 3 changed, 4 corrected, 5 paused, 6 resumed, 7 ended, 8 withdrawn, 9 undone
	day          INTEGER NOT NULL, -- the day that it speaks of
	statement_id INTEGER NOT NULL, -- what it states, 0 when nothing
	undoes       INTEGER NOT NULL, -- the entry that it takes back, 0 when none
	uncertain    INTEGER NOT NULL, -- 1 when the day is not certain
	destination  TEXT NOT NULL,    -- where they are going or went, empty when not said
	how          TEXT NOT NULL,    -- how it ended or why it paused
	reason       TEXT NOT NULL     -- why an unusual entry is right
) STRICT;
CREATE INDEX log_entry_by_patient ON log_entry (patient_id, entry_id);
CREATE INDEX log_entry_by_provider ON log_entry (provider_id);

-- One answer about one segment. The segment is named by what it is about (A6).
CREATE TABLE agreement_event (
	event_id   INTEGER PRIMARY KEY, -- ascends in the order in which they were made
	patient_id INTEGER NOT NULL REFERENCES patient,
	made_at    INTEGER NOT NULL, -- Unix microseconds, UTC
	made_by    TEXT NOT NULL,    -- account, for the audit; pages show the role
	made_role  TEXT NOT NULL,
	act        INTEGER NOT NULL, -- 1 agree, 2 dispute, 3 ask, 4 reply, 5 escalate, 6 decide, 7 default
	side       INTEGER NOT NULL, -- 0 neither, 1 NHS, 2 council
	body       INTEGER NOT NULL, -- proposed by a dispute or given by a decision
	first_day  INTEGER NOT NULL, -- of the segment when the event was made
	last_day   INTEGER NOT NULL,
	reason     TEXT NOT NULL,
	council    TEXT NOT NULL,
	care       INTEGER NOT NULL,
	rule_body  INTEGER NOT NULL, -- what the rules gave the segment
	checks     TEXT NOT NULL,    -- what should be checked
	words      TEXT NOT NULL,    -- a sentence, without names
	example    INTEGER NOT NULL, -- 1 when kept as a local example
	review_on  INTEGER NOT NULL  -- when the example is looked at again, 0 never
) STRICT;
CREATE INDEX agreement_event_by_patient ON agreement_event (patient_id, event_id);
CREATE INDEX agreement_event_examples ON agreement_event (reason, event_id) WHERE example = 1;

-- The next step for one patient, with an owner.
CREATE TABLE action (
	action_id  INTEGER PRIMARY KEY,
	patient_id INTEGER NOT NULL REFERENCES patient,
	made_at    INTEGER NOT NULL, -- Unix microseconds, UTC
	made_by    TEXT NOT NULL,
	made_role  TEXT NOT NULL,
	what       TEXT NOT NULL,
	owner_org  TEXT NOT NULL, -- ODS or ONS code
	owner_role TEXT NOT NULL,
	due        INTEGER NOT NULL,
	state      TEXT NOT NULL CHECK (state IN ('open', 'done', 'declined')),
	closed_at  INTEGER NOT NULL, -- 0 while open
	closed_why TEXT NOT NULL
) STRICT;
CREATE INDEX action_by_patient ON action (patient_id);
CREATE INDEX action_open ON action (owner_org, due) WHERE state = 'open';
