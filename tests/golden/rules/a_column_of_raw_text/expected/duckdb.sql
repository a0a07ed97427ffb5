(CAST(p."raw_amount" AS DOUBLE) > 3e0)
(p."raw_amount" = 'x')
