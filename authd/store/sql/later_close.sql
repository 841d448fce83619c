UPDATE later_look
SET visible_us = $3
WHERE service = $1 AND case_ref = $2 AND case_ref <> '' AND shown = 'on_close' AND visible_us > $3
