-- With whom a service has to do, in order (store_relation.h).
CREATE INDEX consent_relation ON consent (service, sub);

-- What a question about somebody unknown leaves behind, so that it costs the write that one about a known person costs
-- (audit_decoy). Nothing in it stands for anybody.
CREATE TABLE decoy_tag (
	tag TEXT NOT NULL PRIMARY KEY,
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decoy_tag_expires ON decoy_tag (expires_us);
