(p."score" > CAST(p."revenue" AS DOUBLE))
(CAST(p."orders" AS DOUBLE) BETWEEN p."score" AND 5e0)
(COALESCE(p."score", CAST(p."orders" AS DOUBLE), 0.5e0) = 1e0)
