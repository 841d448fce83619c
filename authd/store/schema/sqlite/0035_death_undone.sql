-- A death that was taken back is looked at until its heirs are out.
DROP INDEX death_unsettled;
CREATE INDEX death_unsettled ON death (decided_us)
	WHERE kind = 'death' AND state IN ('confirmed', 'undone') AND settled_us IS NULL;
