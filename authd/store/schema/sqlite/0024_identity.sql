-- Who signed a consent, as the document says it: sealed under the person's key, beside the record, which has its hash.
CREATE TABLE consent_identity (
	record_id TEXT NOT NULL PRIMARY KEY REFERENCES consent (record_id),
	sub TEXT NOT NULL,
	sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_identity_sub ON consent_identity (sub);
