-- Sums of rows that are only ever added, or changed by few, so that a byte that flips
-- on the disk in what nothing works out again is noticed. The nightly check makes
-- them; package sqlite says of which tables and columns. What is changed in earnest
-- takes the sum of its part away, and the next night makes it anew. A migration
-- that makes a table anew makes its triggers anew, and one that changes which columns
-- are summed takes the sums of the table away.
CREATE TABLE row_sum (
	name    TEXT NOT NULL,    -- of the table
	part    INTEGER NOT NULL, -- key of the rows / 4096
	up_to   INTEGER NOT NULL, -- the greatest key of which it is
	sum     BLOB NOT NULL,    -- SHA-256
	PRIMARY KEY (name, part)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER file_sum_changes AFTER UPDATE OF file_id, sha256, name, bytes, received_at, outcome, report, lists ON file
BEGIN
	DELETE FROM row_sum WHERE name = 'file' AND part = OLD.file_id / 4096 AND up_to >= OLD.file_id;
END;
CREATE TRIGGER file_sum_loses AFTER DELETE ON file
BEGIN
	DELETE FROM row_sum WHERE name = 'file' AND part = OLD.file_id / 4096 AND up_to >= OLD.file_id;
END;

CREATE TRIGGER extract_sum_changes AFTER UPDATE OF extract_id, file_id, extract_date, rows_read, kept, quarantined, excluded, listed, doubt, sender_id,
	unlike, unlike_in, tells ON extract
BEGIN
	DELETE FROM row_sum WHERE name = 'extract' AND part = OLD.extract_id / 4096 AND up_to >= OLD.extract_id;
END;
CREATE TRIGGER extract_sum_loses AFTER DELETE ON extract
BEGIN
	DELETE FROM row_sum WHERE name = 'extract' AND part = OLD.extract_id / 4096 AND up_to >= OLD.extract_id;
END;

CREATE TRIGGER acceptance_sum_changes AFTER UPDATE OF acceptance_id, extract_id, accepted_at, accepted_by, reason, discarded ON acceptance
BEGIN
	DELETE FROM row_sum WHERE name = 'acceptance' AND part = OLD.acceptance_id / 4096 AND up_to >= OLD.acceptance_id;
END;
CREATE TRIGGER acceptance_sum_loses AFTER DELETE ON acceptance
BEGIN
	DELETE FROM row_sum WHERE name = 'acceptance' AND part = OLD.acceptance_id / 4096 AND up_to >= OLD.acceptance_id;
END;

CREATE TRIGGER patient_sum_changes AFTER UPDATE OF patient_id, key_hash, reference, nhs_number, local_id, purged_at, local_number, nhs_id, other_id,
	group_id, sender_id ON patient
BEGIN
	DELETE FROM row_sum WHERE name = 'patient' AND part = OLD.patient_id / 4096 AND up_to >= OLD.patient_id;
END;
CREATE TRIGGER patient_sum_loses AFTER DELETE ON patient
BEGIN
	DELETE FROM row_sum WHERE name = 'patient' AND part = OLD.patient_id / 4096 AND up_to >= OLD.patient_id;
END;

CREATE TRIGGER local_number_sum_changes AFTER UPDATE OF local_number_id, provider_id, hash, sealed ON local_number
BEGIN
	DELETE FROM row_sum WHERE name = 'local_number' AND part = OLD.local_number_id / 4096 AND up_to >= OLD.local_number_id;
END;
CREATE TRIGGER local_number_sum_loses AFTER DELETE ON local_number
BEGIN
	DELETE FROM row_sum WHERE name = 'local_number' AND part = OLD.local_number_id / 4096 AND up_to >= OLD.local_number_id;
END;

CREATE TRIGGER given_sum_changes AFTER UPDATE OF given_id, reason_words, care_words, council_words, responsible_words, waiting_on_words, funding_words,
	reason, care, council, stated, stated_unread, waiting_on, funding, body, rule, rule_set, rule_version,
	why, finding ON given
BEGIN
	DELETE FROM row_sum WHERE name = 'given' AND part = OLD.given_id / 4096 AND up_to >= OLD.given_id;
END;
CREATE TRIGGER given_sum_loses AFTER DELETE ON given
BEGIN
	DELETE FROM row_sum WHERE name = 'given' AND part = OLD.given_id / 4096 AND up_to >= OLD.given_id;
END;

CREATE TRIGGER place_sum_changes AFTER UPDATE OF place_id, provider_id, site, ward, bed ON place
BEGIN
	DELETE FROM row_sum WHERE name = 'place' AND part = OLD.place_id / 4096 AND up_to >= OLD.place_id;
END;
CREATE TRIGGER place_sum_loses AFTER DELETE ON place
BEGIN
	DELETE FROM row_sum WHERE name = 'place' AND part = OLD.place_id / 4096 AND up_to >= OLD.place_id;
END;

CREATE TRIGGER statement_sum_changes AFTER UPDATE OF statement_id, patient_id, given_id, place_id, ready_date, discharged_date, admitted_date, local_number ON statement
BEGIN
	DELETE FROM row_sum WHERE name = 'statement' AND part = OLD.statement_id / 4096 AND up_to >= OLD.statement_id;
END;
CREATE TRIGGER statement_sum_loses AFTER DELETE ON statement
BEGIN
	DELETE FROM row_sum WHERE name = 'statement' AND part = OLD.statement_id / 4096 AND up_to >= OLD.statement_id;
END;

CREATE TRIGGER person_sum_changes AFTER UPDATE OF person_id, email, name, password_hash, second_factor, issuer, subject, awaits_work_account,
	deactivated_at, epoch, first_page, created_at ON person
BEGIN
	DELETE FROM row_sum WHERE name = 'person' AND part = OLD.person_id / 4096 AND up_to >= OLD.person_id;
END;
CREATE TRIGGER person_sum_loses AFTER DELETE ON person
BEGIN
	DELETE FROM row_sum WHERE name = 'person' AND part = OLD.person_id / 4096 AND up_to >= OLD.person_id;
END;

CREATE TRIGGER person_grant_sum_changes AFTER UPDATE OF grant_id, person_id, role, side, codes, from_work_account, granted_at, granted_by, revoked_at ON person_grant
BEGIN
	DELETE FROM row_sum WHERE name = 'person_grant' AND part = OLD.grant_id / 4096 AND up_to >= OLD.grant_id;
END;
CREATE TRIGGER person_grant_sum_loses AFTER DELETE ON person_grant
BEGIN
	DELETE FROM row_sum WHERE name = 'person_grant' AND part = OLD.grant_id / 4096 AND up_to >= OLD.grant_id;
END;

CREATE TRIGGER log_entry_sum_changes AFTER UPDATE OF entry_id, made_at, made_on, made_by, made_role, kind, day, statement_id, undoes, uncertain,
	destination, how, reason, until_day, about_id, together, checked_at, sent_key ON log_entry
BEGIN
	DELETE FROM row_sum WHERE name = 'log_entry' AND part = OLD.entry_id / 4096 AND up_to >= OLD.entry_id;
END;
CREATE TRIGGER log_entry_sum_loses AFTER DELETE ON log_entry
BEGIN
	DELETE FROM row_sum WHERE name = 'log_entry' AND part = OLD.entry_id / 4096 AND up_to >= OLD.entry_id;
END;

CREATE TRIGGER agreement_event_sum_changes AFTER UPDATE OF event_id, made_at, made_by, made_role, act, side, body, first_day, last_day, reason, council, care,
	rule_body, checks, words, example, review_on, cut, about_id ON agreement_event
BEGIN
	DELETE FROM row_sum WHERE name = 'agreement_event' AND part = OLD.event_id / 4096 AND up_to >= OLD.event_id;
END;
CREATE TRIGGER agreement_event_sum_loses AFTER DELETE ON agreement_event
BEGIN
	DELETE FROM row_sum WHERE name = 'agreement_event' AND part = OLD.event_id / 4096 AND up_to >= OLD.event_id;
END;

CREATE TRIGGER action_sum_changes AFTER UPDATE OF action_id, made_at, made_by, made_role, what, owner_org, owner_role, due, state, closed_at, closed_why,
	about_id ON action
BEGIN
	DELETE FROM row_sum WHERE name = 'action' AND part = OLD.action_id / 4096 AND up_to >= OLD.action_id;
END;
CREATE TRIGGER action_sum_loses AFTER DELETE ON action
BEGIN
	DELETE FROM row_sum WHERE name = 'action' AND part = OLD.action_id / 4096 AND up_to >= OLD.action_id;
END;

CREATE TRIGGER annotation_sum_changes AFTER UPDATE OF annotation_id, day, words, metric, provider, council, restart, made_by, made_at, withdrawn_by,
	withdrawn_at ON annotation
BEGIN
	DELETE FROM row_sum WHERE name = 'annotation' AND part = OLD.annotation_id / 4096 AND up_to >= OLD.annotation_id;
END;
CREATE TRIGGER annotation_sum_loses AFTER DELETE ON annotation
BEGIN
	DELETE FROM row_sum WHERE name = 'annotation' AND part = OLD.annotation_id / 4096 AND up_to >= OLD.annotation_id;
END;

CREATE TRIGGER call_sum_changes AFTER UPDATE OF day, started_at, started_by, ended_at, frozen ON call
BEGIN
	DELETE FROM row_sum WHERE name = 'call' AND part = OLD.day / 4096 AND up_to >= OLD.day;
END;
CREATE TRIGGER call_sum_loses AFTER DELETE ON call
BEGIN
	DELETE FROM row_sum WHERE name = 'call' AND part = OLD.day / 4096 AND up_to >= OLD.day;
END;
CREATE TRIGGER call_sum_gains AFTER INSERT ON call
BEGIN
	DELETE FROM row_sum WHERE name = 'call' AND part = NEW.day / 4096 AND up_to >= NEW.day;
END;

CREATE TRIGGER call_action_sum_changes AFTER UPDATE OF call_action_id, what, owner_org, due, call_day, made_at, made_by, done_day, done_at, done_by,
	carried_day, withdrawn_day, withdrawn_at, withdrawn_by, withdrawn_as, withdrawn_why ON call_action
BEGIN
	DELETE FROM row_sum WHERE name = 'call_action' AND part = OLD.call_action_id / 4096 AND up_to >= OLD.call_action_id;
END;
CREATE TRIGGER call_action_sum_loses AFTER DELETE ON call_action
BEGIN
	DELETE FROM row_sum WHERE name = 'call_action' AND part = OLD.call_action_id / 4096 AND up_to >= OLD.call_action_id;
END;

CREATE TRIGGER call_action_change_sum_changes AFTER UPDATE OF call_action_change_id, call_action_id, what, owner_org, due, changed_day, changed_at, changed_by ON call_action_change
BEGIN
	DELETE FROM row_sum WHERE name = 'call_action_change' AND part = OLD.call_action_change_id / 4096 AND up_to >= OLD.call_action_change_id;
END;
CREATE TRIGGER call_action_change_sum_loses AFTER DELETE ON call_action_change
BEGIN
	DELETE FROM row_sum WHERE name = 'call_action_change' AND part = OLD.call_action_change_id / 4096 AND up_to >= OLD.call_action_change_id;
END;

CREATE TRIGGER call_withdrawn_sum_changes AFTER UPDATE OF call_withdrawn_id, day, started_at, started_by, ended_at, withdrawn_at, withdrawn_by, withdrawn_as,
	frozen ON call_withdrawn
BEGIN
	DELETE FROM row_sum WHERE name = 'call_withdrawn' AND part = OLD.call_withdrawn_id / 4096 AND up_to >= OLD.call_withdrawn_id;
END;
CREATE TRIGGER call_withdrawn_sum_loses AFTER DELETE ON call_withdrawn
BEGIN
	DELETE FROM row_sum WHERE name = 'call_withdrawn' AND part = OLD.call_withdrawn_id / 4096 AND up_to >= OLD.call_withdrawn_id;
END;

CREATE TRIGGER person_verdict_sum_changes AFTER UPDATE OF verdict_id, one_id, other_id, verdict, made_at, made_by, made_role, reason ON person_verdict
BEGIN
	DELETE FROM row_sum WHERE name = 'person_verdict' AND part = OLD.verdict_id / 4096 AND up_to >= OLD.verdict_id;
END;
CREATE TRIGGER person_verdict_sum_loses AFTER DELETE ON person_verdict
BEGIN
	DELETE FROM row_sum WHERE name = 'person_verdict' AND part = OLD.verdict_id / 4096 AND up_to >= OLD.verdict_id;
END;

CREATE TRIGGER stay_sum_changes AFTER UPDATE OF extract_id, rows, purged_at ON stay
BEGIN
	DELETE FROM row_sum WHERE name = 'stay' AND part = OLD.extract_id / 4096 AND up_to >= OLD.extract_id;
END;
CREATE TRIGGER stay_sum_loses AFTER DELETE ON stay
BEGIN
	DELETE FROM row_sum WHERE name = 'stay' AND part = OLD.extract_id / 4096 AND up_to >= OLD.extract_id;
END;
CREATE TRIGGER stay_sum_gains AFTER INSERT ON stay
BEGIN
	DELETE FROM row_sum WHERE name = 'stay' AND part = NEW.extract_id / 4096 AND up_to >= NEW.extract_id;
END;

CREATE TRIGGER reading_sum_changes AFTER UPDATE OF file_id, replaces, first_file ON reading
BEGIN
	DELETE FROM row_sum WHERE name = 'reading' AND part = OLD.file_id / 4096 AND up_to >= OLD.file_id;
END;
CREATE TRIGGER reading_sum_loses AFTER DELETE ON reading
BEGIN
	DELETE FROM row_sum WHERE name = 'reading' AND part = OLD.file_id / 4096 AND up_to >= OLD.file_id;
END;
CREATE TRIGGER reading_sum_gains AFTER INSERT ON reading
BEGIN
	DELETE FROM row_sum WHERE name = 'reading' AND part = NEW.file_id / 4096 AND up_to >= NEW.file_id;
END;

CREATE TRIGGER published_file_sum_changes AFTER UPDATE OF published_file_id, series, title, name, sha256, bytes, published, revised, vintage, given, notes,
	values_n, first_day, last_day, added_by, added_at ON published_file
BEGIN
	DELETE FROM row_sum WHERE name = 'published_file' AND part = OLD.published_file_id / 4096 AND up_to >= OLD.published_file_id;
END;
CREATE TRIGGER published_file_sum_loses AFTER DELETE ON published_file
BEGIN
	DELETE FROM row_sum WHERE name = 'published_file' AND part = OLD.published_file_id / 4096 AND up_to >= OLD.published_file_id;
END;

CREATE TRIGGER published_part_sum_changes AFTER UPDATE OF published_part_id, published_file_id, first_day, grain, level, measure, dimensions ON published_part
BEGIN
	DELETE FROM row_sum WHERE name = 'published_part' AND part = OLD.published_part_id / 4096 AND up_to >= OLD.published_part_id;
END;
CREATE TRIGGER published_part_sum_loses AFTER DELETE ON published_part
BEGIN
	DELETE FROM row_sum WHERE name = 'published_part' AND part = OLD.published_part_id / 4096 AND up_to >= OLD.published_part_id;
END;

CREATE TRIGGER published_text_sum_changes AFTER UPDATE OF published_text_id, text ON published_text
BEGIN
	DELETE FROM row_sum WHERE name = 'published_text' AND part = OLD.published_text_id / 4096 AND up_to >= OLD.published_text_id;
END;
CREATE TRIGGER published_text_sum_loses AFTER DELETE ON published_text
BEGIN
	DELETE FROM row_sum WHERE name = 'published_text' AND part = OLD.published_text_id / 4096 AND up_to >= OLD.published_text_id;
END;

CREATE TRIGGER published_value_sum_changes AFTER UPDATE OF published_part_id, code, breakdown, name, value, mark ON published_value
BEGIN
	DELETE FROM row_sum WHERE name = 'published_value' AND part = OLD.published_part_id / 4096 AND up_to >= OLD.published_part_id;
END;
CREATE TRIGGER published_value_sum_loses AFTER DELETE ON published_value
BEGIN
	DELETE FROM row_sum WHERE name = 'published_value' AND part = OLD.published_part_id / 4096 AND up_to >= OLD.published_part_id;
END;

CREATE TRIGGER rule_change_sum_changes AFTER UPDATE OF change_id, set_name, code_set, rule_set, reason, from_day, body, label, nhs, social_care, joint, acute,
	non_acute, stated_stands, by_groups, why, made_at, made_by, made_role ON rule_change
BEGIN
	DELETE FROM row_sum WHERE name = 'rule_change' AND part = OLD.change_id / 4096 AND up_to >= OLD.change_id;
END;
CREATE TRIGGER rule_change_sum_loses AFTER DELETE ON rule_change
BEGIN
	DELETE FROM row_sum WHERE name = 'rule_change' AND part = OLD.change_id / 4096 AND up_to >= OLD.change_id;
END;

CREATE TRIGGER rule_answer_sum_changes AFTER UPDATE OF answer_id, change_id, act, side, why, moves, made_at, made_by, made_role ON rule_answer
BEGIN
	DELETE FROM row_sum WHERE name = 'rule_answer' AND part = OLD.answer_id / 4096 AND up_to >= OLD.answer_id;
END;
CREATE TRIGGER rule_answer_sum_loses AFTER DELETE ON rule_answer
BEGIN
	DELETE FROM row_sum WHERE name = 'rule_answer' AND part = OLD.answer_id / 4096 AND up_to >= OLD.answer_id;
END;

CREATE TRIGGER partnership_version_sum_changes AFTER UPDATE OF number, at, by_role, why, text ON partnership_version
BEGIN
	DELETE FROM row_sum WHERE name = 'partnership_version' AND part = OLD.number / 4096 AND up_to >= OLD.number;
END;
CREATE TRIGGER partnership_version_sum_loses AFTER DELETE ON partnership_version
BEGIN
	DELETE FROM row_sum WHERE name = 'partnership_version' AND part = OLD.number / 4096 AND up_to >= OLD.number;
END;
CREATE TRIGGER partnership_version_sum_gains AFTER INSERT ON partnership_version
BEGIN
	DELETE FROM row_sum WHERE name = 'partnership_version' AND part = NEW.number / 4096 AND up_to >= NEW.number;
END;
