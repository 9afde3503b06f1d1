-- When the rows of people who are not ready were taken out of what an extract
-- states of stays (R13): all but the first and the last of each time that they
-- met the criteria to reside, of which only days, age and council stay.
ALTER TABLE stay ADD COLUMN purged_at INTEGER NOT NULL DEFAULT 0; -- Unix microseconds, UTC; 0 while all stand
