((CAST(p."orders" AS DOUBLE) / NULLIF(CAST(p."returns" AS DOUBLE), 0)) > 1.5e0)
(((CAST(p."revenue" AS DOUBLE) * 2e0) - (CASE WHEN ABS(p."score") < 1e-30 THEN 0e0 WHEN ABS(p."score") <= 1e30 THEN p."score" END / NULLIF(3e0, 0))) < 0e0)
