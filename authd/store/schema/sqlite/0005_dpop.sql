-- Proofs of possession that were used at the token endpoint and at PAR (RFC 9449 11.1), until they expire.
CREATE TABLE dpop_proof (
	jkt TEXT NOT NULL,
	jti TEXT NOT NULL,
	expires_us INTEGER NOT NULL,
	PRIMARY KEY (jkt, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX dpop_proof_expires ON dpop_proof (expires_us);
