-- Proofs of possession that were used at the token endpoint and at PAR (RFC 9449 11.1), until they expire.
CREATE TABLE dpop_proof (
	jkt text COLLATE "C" NOT NULL,
	jti text COLLATE "C" NOT NULL,
	expires_us bigint NOT NULL,
	PRIMARY KEY (jkt, jti)
);
CREATE INDEX dpop_proof_expires ON dpop_proof (expires_us);
