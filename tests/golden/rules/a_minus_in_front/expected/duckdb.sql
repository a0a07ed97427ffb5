((- CAST(p."orders" AS HUGEINT)) < (- CAST(p."revenue" AS DECIMAL(38, 4))))
((- p."score") = 0e0)
