-- A window's uses are kept until it ends; what was taken before this column was there is kept for ever.
ALTER TABLE limit_use ADD COLUMN window_end_us bigint NOT NULL DEFAULT 9223372036854775807;
DROP INDEX limit_use_window;
CREATE INDEX limit_use_end ON limit_use (window_end_us);

-- How often a service used a purpose about a person on another ground than consent.
CREATE TABLE purpose_use (
	sub text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	purpose text COLLATE "C" NOT NULL,
	window_start_us bigint NOT NULL,
	window_end_us bigint NOT NULL,
	count bigint NOT NULL CHECK (count >= 0),
	PRIMARY KEY (sub, service, purpose, window_start_us)
);
CREATE INDEX purpose_use_end ON purpose_use (window_end_us);
