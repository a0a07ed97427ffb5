(CAST(p."birthday" AS TIMESTAMP) < p."signed_up")
(COALESCE(p."signed_up", CAST(p."birthday" AS TIMESTAMP)) IS NULL)
(CAST(p."birthday" AS TIMESTAMP) IN (CAST(DATE '2026-05-01' AS TIMESTAMP), TIMESTAMP '2026-05-01 10:00:00'))
