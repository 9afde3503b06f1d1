-- What one file brings lies together in an index that goes by sender first. In the
-- order of hashes each of its rows changed another page: half of what a nation's year
-- wrote.
DROP INDEX local_number_by_hash;
CREATE UNIQUE INDEX local_number_by_sender ON local_number (provider_id, hash);
DROP INDEX patient_by_reference;
CREATE INDEX patient_by_reference ON patient (sender_id, reference);
