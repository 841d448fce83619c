-- Which person a pairwise subject stands for (oauth/subject.h). Made when one is first given out.
CREATE TABLE pairwise (
	alias text COLLATE "C" NOT NULL PRIMARY KEY,
	organisation text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL REFERENCES person (sub)
);
CREATE INDEX pairwise_sub ON pairwise (sub);
