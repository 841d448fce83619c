-- Clients that got an ID token of a session and want to hear of its end (OpenID Connect Back-Channel Logout). look_us:
-- the session cannot have lapsed before.
CREATE TABLE session_client (
	sid TEXT NOT NULL REFERENCES session (sid) ON DELETE CASCADE,
	client_id TEXT NOT NULL,
	subject TEXT NOT NULL,
	look_us INTEGER NOT NULL,
	PRIMARY KEY (sid, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_client_look ON session_client (look_us, sid);

-- Ends that a client has still to be told. It outlives the session, and names the person as the client knows them.
CREATE TABLE logout_notice (
	sid TEXT NOT NULL,
	client_id TEXT NOT NULL,
	subject TEXT NOT NULL,
	sub TEXT NOT NULL,
	ended_us INTEGER NOT NULL,
	next_us INTEGER NOT NULL,
	attempts INTEGER NOT NULL CHECK (attempts >= 0),
	PRIMARY KEY (sid, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_notice_next ON logout_notice (client_id, next_us, sid);
