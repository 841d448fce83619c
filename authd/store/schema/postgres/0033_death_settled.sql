-- When all that a registered death ends had ended; until then upkeep looks.
ALTER TABLE death ADD COLUMN settled_us bigint;
CREATE INDEX death_unsettled ON death (decided_us) WHERE kind = 'death' AND state = 'confirmed' AND settled_us IS NULL;
