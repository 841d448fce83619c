-- How many requests of one client wait is asked with each push of a client that proves nothing.
CREATE INDEX pushed_request_client ON pushed_request (client_id, expires_us) WHERE used_us IS NULL;
