((- CAST(p."orders" AS NUMERIC)) < (- CAST(p."revenue" AS NUMERIC)))
((- p."score") = CAST(0 AS DOUBLE PRECISION))
