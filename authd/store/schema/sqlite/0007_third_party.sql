-- Clients of somebody else, whom people let in by themselves; and challenges that a client uses twice are noticed.
ALTER TABLE client ADD COLUMN third_party INTEGER NOT NULL DEFAULT 0 CHECK (third_party IN (0, 1));
CREATE INDEX code_challenge ON code (client_id, challenge);
