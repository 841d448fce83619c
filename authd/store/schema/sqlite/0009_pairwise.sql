-- Which person a pairwise subject stands for (oauth/subject.h). Made when one is first given out.
CREATE TABLE pairwise (
	alias TEXT NOT NULL PRIMARY KEY,
	organisation TEXT NOT NULL,
	sub TEXT NOT NULL REFERENCES person (sub)
) STRICT, WITHOUT ROWID;
CREATE INDEX pairwise_sub ON pairwise (sub);
