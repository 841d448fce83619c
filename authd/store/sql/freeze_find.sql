SELECT frozen_us
FROM frozen
WHERE sub = $1
