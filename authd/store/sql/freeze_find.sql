SELECT frozen_us
FROM freeze
WHERE sub = $1
