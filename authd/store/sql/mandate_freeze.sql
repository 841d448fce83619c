-- What an office has prepared, too: whoever confirms it meanwhile makes it active, and it stands still all the same.
UPDATE mandate
SET frozen_us = $2
WHERE (sub = $1 OR representative = $1) AND state IN ('proposed', 'active') AND frozen_us IS NULL
