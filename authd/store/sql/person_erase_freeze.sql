DELETE FROM freeze
WHERE sub = $1
