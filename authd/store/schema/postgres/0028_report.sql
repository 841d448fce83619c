-- Open reports as they are published (access/reporting.h): made once for a month that is over, the same for everybody.
CREATE TABLE report (
	month text COLLATE "C" NOT NULL PRIMARY KEY,
	complete bigint NOT NULL CHECK (complete IN (0, 1)),
	body text COLLATE "C" NOT NULL,
	made_us bigint NOT NULL
);
