-- Who said "this was not me" and has not taken it back. Mandates of either side stand still meanwhile.
CREATE TABLE frozen (
	sub TEXT NOT NULL PRIMARY KEY REFERENCES person (sub),
	frozen_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
