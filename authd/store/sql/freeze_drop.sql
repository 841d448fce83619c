-- A freeze that was renewed meanwhile stays.
DELETE FROM frozen
WHERE sub = $1 AND frozen_us = $2
