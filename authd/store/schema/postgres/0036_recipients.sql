-- Who may see data by one consent: the service that asked, and those that were named with it. One row each, by the key that
-- a decision looks up, so that its cost does not grow with how many there are. A request names them as a JSON list; NULL:
-- the service that asks alone.
CREATE TABLE consent_recipient (
	record_id text COLLATE "C" NOT NULL REFERENCES consent (record_id),
	sub text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	given_us bigint NOT NULL,
	seq bigint NOT NULL CHECK (seq > 0),
	PRIMARY KEY (record_id, service)
);
INSERT INTO consent_recipient (record_id, sub, service, purpose, given_us, seq)
SELECT record_id, sub, service, purpose, given_us, 1 FROM consent;
CREATE INDEX consent_recipient_facts ON consent_recipient (sub, service, purpose, given_us);
CREATE INDEX consent_recipient_relation ON consent_recipient (service, sub);
CREATE INDEX consent_recipient_page ON consent_recipient (service, given_us, record_id);
DROP INDEX consent_relation;
DROP INDEX consent_service;
ALTER TABLE consent_request ADD COLUMN recipients text COLLATE "C";
