-- Offers of a mandate that nobody took, and registrations that nobody confirmed, go after a month.
CREATE INDEX mandate_proposed ON mandate (created_us) WHERE state = 'proposed';
