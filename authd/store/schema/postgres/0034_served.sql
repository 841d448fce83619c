-- How decisions were served (access/service_level.h): sums of one run of one node, written again as they grow.
CREATE TABLE service_level (
	month text COLLATE "C" NOT NULL,
	node text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	count bigint NOT NULL CHECK (count > 0),
	PRIMARY KEY (month, node, name)
);

-- In which minutes some node was there: bit 0 … 59 of an hour since 1970.
CREATE TABLE service_beat (
	hour bigint NOT NULL PRIMARY KEY,
	minutes bigint NOT NULL CHECK (minutes > 0)
);
