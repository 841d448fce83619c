-- Clients that got an ID token of a session and want to hear of its end (OpenID Connect Back-Channel Logout). look_us:
-- the session cannot have lapsed before.
CREATE TABLE session_client (
	sid text COLLATE "C" NOT NULL REFERENCES session (sid) ON DELETE CASCADE,
	client_id text COLLATE "C" NOT NULL,
	subject text COLLATE "C" NOT NULL,
	look_us bigint NOT NULL,
	PRIMARY KEY (sid, client_id)
);
CREATE INDEX session_client_look ON session_client (look_us, sid);

-- Ends that a client has still to be told. It outlives the session, and names the person as the client knows them.
CREATE TABLE logout_notice (
	sid text COLLATE "C" NOT NULL,
	client_id text COLLATE "C" NOT NULL,
	subject text COLLATE "C" NOT NULL,
	sub text COLLATE "C" NOT NULL,
	ended_us bigint NOT NULL,
	next_us bigint NOT NULL,
	attempts bigint NOT NULL CHECK (attempts >= 0),
	PRIMARY KEY (sid, client_id)
);
CREATE INDEX logout_notice_next ON logout_notice (client_id, next_us, sid);
