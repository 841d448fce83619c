-- Under which mandate an event was an act for somebody else: these are sent first (audit/acts.h).
ALTER TABLE outbox ADD COLUMN mandate_id TEXT;
