(((CASE WHEN ABS(p."score") < 1e-30 THEN 0e0 WHEN ABS(p."score") <= 1e30 THEN p."score" END + 1e0) - CAST(p."orders" AS DOUBLE)) > 0.5e0)
