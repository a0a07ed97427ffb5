(ABS((CAST(p."orders" AS NUMERIC) - p."returns")) > 1)
(ABS(CAST(p."returns" AS NUMERIC)) = 1)
(ABS(p."score") >= CAST(0.5 AS DOUBLE PRECISION))
