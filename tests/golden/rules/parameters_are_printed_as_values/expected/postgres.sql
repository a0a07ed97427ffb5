((p."country" = 'it''s') AND (p."revenue" > 0.10) AND (p."signed_up" < DATE '2026-03-29'))
