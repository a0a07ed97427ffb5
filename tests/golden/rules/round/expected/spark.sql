(ROUND(p.`revenue`, 2) = 0.29)
((ROUND(CASE WHEN ABS(p.`score`) < 1e-30 THEN 0e0 WHEN ABS(p.`score`) <= 1e30 THEN p.`score` END * 100) / 100) = 0.29D)
(ROUND(CASE WHEN ABS(p.`score`) < 1e-30 THEN 0e0 WHEN ABS(p.`score`) <= 1e30 THEN p.`score` END) = 1D)
(p.`orders` = 1)
