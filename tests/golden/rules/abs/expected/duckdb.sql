(ABS((CAST(p."orders" AS HUGEINT) - p."returns")) > 1)
(ABS(CAST(p."returns" AS HUGEINT)) = 1)
(ABS(p."score") >= 0.5e0)
