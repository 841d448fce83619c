-- How decisions were served (access/service_level.h): sums of one run of one node, written again as they grow.
CREATE TABLE service_level (
	month TEXT NOT NULL,
	node TEXT NOT NULL,
	name TEXT NOT NULL,
	count INTEGER NOT NULL CHECK (count > 0),
	PRIMARY KEY (month, node, name)
) STRICT, WITHOUT ROWID;

-- In which minutes some node was there: bit 0 … 59 of an hour since 1970.
CREATE TABLE service_beat (
	hour INTEGER NOT NULL PRIMARY KEY,
	minutes INTEGER NOT NULL CHECK (minutes > 0)
) STRICT;
