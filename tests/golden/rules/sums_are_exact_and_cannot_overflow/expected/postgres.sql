((CAST(p."orders" AS NUMERIC) + 1) > (CAST(p."returns" AS NUMERIC) - (-2)))
((CAST(p."revenue" AS NUMERIC) - 0.1) >= 0.2)
(((CAST(p."revenue" AS NUMERIC) + p."orders") - p."returns") = 0)
