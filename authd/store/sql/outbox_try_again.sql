UPDATE outbox
SET refused_us = NULL
WHERE refused_us IS NOT NULL
