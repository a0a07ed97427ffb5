(CAST(p."raw_amount" AS DOUBLE PRECISION) > CAST(3 AS DOUBLE PRECISION))
(p."raw_amount" = 'x')
