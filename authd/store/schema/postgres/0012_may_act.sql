-- Who may act for a client's people (RFC 8693 4.4): ids of clients, space separated; empty: whoever may exchange.
ALTER TABLE client ADD COLUMN may_act text NOT NULL DEFAULT '';
