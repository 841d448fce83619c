INSERT INTO service_beat (hour, minutes)
VALUES ($1, $2)
ON CONFLICT (hour) DO UPDATE
SET minutes = service_beat.minutes | excluded.minutes
