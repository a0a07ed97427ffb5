(p."signed_up" >= TIMESTAMP '2026-04-29 11:30:00' AND p."signed_up" < TIMESTAMP '2026-04-30 23:30:00')
