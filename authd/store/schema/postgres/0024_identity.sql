-- Who signed a consent, as the document says it: sealed under the person's key, beside the record, which has its hash.
CREATE TABLE consent_identity (
	record_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES consent (record_id),
	sub text COLLATE "C" NOT NULL,
	sealed bytea NOT NULL
);
CREATE INDEX consent_identity_sub ON consent_identity (sub);
