-- Of a node that finds it late and whoever confirms or takes it, and of two nodes, one is first.
UPDATE mandate
SET state = 'ended', reason = $3, ended_us = $2, code_hash = NULL
WHERE mandate_id = $1 AND state = 'proposed'
