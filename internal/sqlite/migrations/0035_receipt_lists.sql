-- The long lists of a receipt (what it says of each day of a backfill, of each row that
-- has a problem, of each figure that it changed), compressed: a tenth of them. The
-- report has null in their places. NULL where the report holds them itself.
ALTER TABLE file ADD COLUMN lists BLOB;
