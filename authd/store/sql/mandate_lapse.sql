-- Of a node that finds it late and an official who confirms it, and of two nodes, one is first.
UPDATE mandate
SET state = 'ended', reason = 'unconfirmed', ended_us = $2
WHERE mandate_id = $1 AND state = 'proposed' AND operator_id IS NOT NULL
