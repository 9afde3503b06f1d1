-- An answer may be about a part of a segment, which it then parts.
ALTER TABLE agreement_event ADD COLUMN cut INTEGER NOT NULL DEFAULT 0; -- where the segment is cut: 1 before first_day, 2 after last_day, 3 both

-- What one party has decided waits for the other (G5): act 8, state 4.
DROP INDEX segment_unsettled;
CREATE INDEX segment_unsettled ON segment (council, provider_id, last_day) WHERE state IN (0, 2, 4);

-- Decisions that a party recorded before this rule read as agreed until now,
-- and stay so at every moment before this one (C15). From now on each of them
-- that still stands waits for the other party: it is said once more, as what it
-- is, and everything is derived again when the store is opened with its
-- settings, because a space more makes their text another.
INSERT INTO agreement_event (patient_id, made_at, made_by, made_role, act, side, body,
	first_day, last_day, reason, council, care, rule_body, checks, words, example, review_on)
SELECT e.patient_id, CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER), 'the upgrade', 'Homeward', 8, e.side, e.body,
	t.first_day, t.last_day, t.reason, t.council, t.care, t.rule_body, '',
	'This decision of ' || e.made_role || ' was recorded before rule G5. It is decided, not agreed, until the other body confirms it or the named chair makes it.', 0, 0
FROM segment t
JOIN agreement_event e ON e.event_id = t.event_id
WHERE t.state = 1 AND e.act = 6 AND e.side IN (1, 2)
ORDER BY t.patient_id, t.first_day;
UPDATE derived_with SET settings = settings || ' ' WHERE EXISTS (SELECT 1 FROM agreement_event WHERE act = 8);
