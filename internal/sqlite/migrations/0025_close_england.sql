-- England's counts that months were closed with: the discharge ready date
-- statistic and the situation report of the hospitals that list everybody in a
-- bed. The JSON in month_close names the SHA-256 of these bytes. Months that were
-- closed before, or where no such hospital is, have none.
CREATE TABLE month_close_england (
	month  INTEGER PRIMARY KEY REFERENCES month_close,
	frozen BLOB NOT NULL -- the counts as JSON, as package closing encodes them
) STRICT;

CREATE TRIGGER month_close_england_stays BEFORE DELETE ON month_close_england
BEGIN
	SELECT RAISE(ABORT, 'what a month was closed with is never deleted');
END;

CREATE TRIGGER month_close_england_never_changes BEFORE UPDATE ON month_close_england
BEGIN
	SELECT RAISE(ABORT, 'what a month was closed with is never changed');
END;
