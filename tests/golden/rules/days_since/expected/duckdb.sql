((((epoch_us(TIMESTAMP '2026-04-30 23:30:00') - epoch_us(p."signed_up")) / 1e6) / 86400.0) > 30e0)
((((epoch_us(TIMESTAMP '2026-04-30 23:30:00') - epoch_us(CAST(p."birthday" AS TIMESTAMP))) / 1e6) / 86400.0) < 1e0)
