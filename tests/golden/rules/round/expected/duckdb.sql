(ROUND(p."revenue", 2) = 0.29)
((ROUND(CASE WHEN ABS(p."score") < 1e-30 THEN 0e0 WHEN ABS(p."score") <= 1e30 THEN p."score" END * 100) / 100) = 0.29e0)
(ROUND(CASE WHEN ABS(p."score") < 1e-30 THEN 0e0 WHEN ABS(p."score") <= 1e30 THEN p."score" END) = 1e0)
(p."orders" = 1)
