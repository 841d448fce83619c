-- Each side thaws for itself: what the other one froze stays frozen.
UPDATE mandate
SET frozen_us = NULL
WHERE (sub = $1 OR representative = $1) AND state IN ('proposed', 'active') AND frozen_us IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM frozen f WHERE f.sub = mandate.sub OR f.sub = mandate.representative)
