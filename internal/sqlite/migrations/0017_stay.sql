-- What the rows of an extract state of stays in hospital, for the counts of the
-- nations (D6, D7): of everybody in a bed and of those who left, where the
-- layout says so (R13). One row an extract, packed as sqlite/stay.go says.
CREATE TABLE stay (
	extract_id INTEGER PRIMARY KEY REFERENCES extract,
	rows       BLOB NOT NULL
) STRICT;
