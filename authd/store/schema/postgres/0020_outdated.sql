-- Consents of a purpose that a new policy does not have, or in another version.
CREATE INDEX consent_purpose ON consent (purpose, record_id) WHERE state = 'given';
