-- Open reports as they are published (access/reporting.h): made once for a month that is over, the same for everybody.
CREATE TABLE report (
	month TEXT NOT NULL PRIMARY KEY,
	complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
	body TEXT NOT NULL,
	made_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
