-- A provider that merged into another, or was given another code, sent under a
-- code of its own before ("formerly:" in the partnership file). What it sent
-- stays as it was sent, with the numbers of its own patients: sender_id says by
-- whom. Under which provider it is shown is derived: provider_id.
ALTER TABLE provider ADD COLUMN shown_id INTEGER NOT NULL DEFAULT 0; -- derived: the provider whose history it is part of, 0 its own

ALTER TABLE extract ADD COLUMN sender_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN sender_id INTEGER NOT NULL DEFAULT 0;
UPDATE extract SET sender_id = provider_id;
UPDATE patient SET sender_id = provider_id;
DROP INDEX extract_by_day;
CREATE INDEX extract_by_day ON extract (sender_id, extract_date, extract_id);
DROP INDEX patient_by_hash;
CREATE UNIQUE INDEX patient_by_hash ON patient (key_hash, sender_id);

-- Two senders of one provider may speak of one day.
CREATE TABLE standing_of_sender (
	provider_id     INTEGER NOT NULL REFERENCES provider,
	sender_id       INTEGER NOT NULL REFERENCES provider,
	extract_date    INTEGER NOT NULL,
	counted_extract INTEGER NOT NULL, -- 0 when none counts
	held_extract    INTEGER NOT NULL, -- 0 when none is held
	PRIMARY KEY (provider_id, extract_date, sender_id)
) STRICT, WITHOUT ROWID;
INSERT INTO standing_of_sender SELECT provider_id, provider_id, extract_date, counted_extract, held_extract FROM standing;
DROP TABLE standing;
ALTER TABLE standing_of_sender RENAME TO standing;
