-- Changes of the rules that people agreed to (G1): of one reason, from a day on.
-- Rows are added and never changed. A change stands once both sides have
-- confirmed it, from that moment on (C15): what is derived follows from the
-- evidence and from the changes that stand.
CREATE TABLE rule_change (
	change_id     INTEGER PRIMARY KEY,
	set_name      TEXT NOT NULL,    -- code set of the reason
	code_set      TEXT NOT NULL,    -- the same as statements name it: empty for the partnership's own rule set
	rule_set      TEXT NOT NULL,
	reason        TEXT NOT NULL,
	from_day      INTEGER NOT NULL,
	body          INTEGER NOT NULL, -- 0 what is stated decides, 1 NHS, 2 social care, 3 joint
	-- The line of the rule set from that day on, and what its code set says of all
	-- its reasons.
	label         TEXT NOT NULL,
	nhs           INTEGER NOT NULL,
	social_care   INTEGER NOT NULL,
	joint         INTEGER NOT NULL,
	acute         INTEGER NOT NULL,
	non_acute     INTEGER NOT NULL,
	stated_stands INTEGER NOT NULL,
	by_groups     INTEGER NOT NULL,
	why           TEXT NOT NULL,
	made_at       INTEGER NOT NULL, -- Unix microseconds, UTC
	made_by       TEXT NOT NULL,    -- account; pages show the role
	made_role     TEXT NOT NULL
) STRICT;

CREATE TABLE rule_answer (
	answer_id INTEGER PRIMARY KEY,
	change_id INTEGER NOT NULL REFERENCES rule_change,
	act       TEXT NOT NULL CHECK (act IN ('confirmed', 'declined', 'withdrawn')),
	side      INTEGER NOT NULL, -- 0 neither, 1 hospital, 2 council
	why       TEXT NOT NULL,
	moves     TEXT NOT NULL,    -- the days that would have moved, as the one who confirmed saw them, as JSON
	made_at   INTEGER NOT NULL, -- Unix microseconds, UTC
	made_by   TEXT NOT NULL,
	made_role TEXT NOT NULL
) STRICT;
CREATE INDEX rule_answer_by_change ON rule_answer (change_id, answer_id);

-- Whose segments began otherwise once a change stood: reply clocks start anew for
-- these alone.
CREATE TABLE rule_began (
	change_id  INTEGER NOT NULL REFERENCES rule_change,
	patient_id INTEGER NOT NULL REFERENCES patient,
	first_day  INTEGER NOT NULL, -- of the segment
	PRIMARY KEY (patient_id, first_day, change_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER rule_change_stays BEFORE DELETE ON rule_change
BEGIN
	SELECT RAISE(ABORT, 'a change of the rules is never deleted');
END;
CREATE TRIGGER rule_change_never_changes BEFORE UPDATE OF change_id, set_name, code_set, rule_set, reason, from_day, body, label, nhs,
	social_care, joint, acute, non_acute, stated_stands, by_groups, made_at, made_by, made_role ON rule_change
BEGIN
	SELECT RAISE(ABORT, 'a change of the rules is never changed');
END;
CREATE TRIGGER rule_answer_stays BEFORE DELETE ON rule_answer
BEGIN
	SELECT RAISE(ABORT, 'an answer to a change of the rules is never deleted');
END;
CREATE TRIGGER rule_answer_never_changes BEFORE UPDATE OF answer_id, change_id, act, side, moves, made_at, made_by, made_role ON rule_answer
BEGIN
	SELECT RAISE(ABORT, 'an answer to a change of the rules is never changed');
END;
