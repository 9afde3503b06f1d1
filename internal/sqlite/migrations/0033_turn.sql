-- How often something was written that figures may depend on, in whichever process:
-- what was read at one number is the same at the same number.
ALTER TABLE moment ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
