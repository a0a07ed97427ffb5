((CAST(p."orders" AS HUGEINT) + 1) > (CAST(p."returns" AS HUGEINT) - (-2)))
((CAST(p."revenue" AS DECIMAL(38, 4)) - 0.1) >= 0.2)
(((CAST(p."revenue" AS DECIMAL(38, 4)) + p."orders") - p."returns") = 0)
