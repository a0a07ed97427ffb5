(FLOOR(p."revenue") = 1)
(FLOOR(p."score") = CAST(1 AS DOUBLE PRECISION))
(p."orders" = 1)
