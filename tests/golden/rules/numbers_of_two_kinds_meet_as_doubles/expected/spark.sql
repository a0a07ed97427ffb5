(p.`score` > CAST(p.`revenue` AS DOUBLE))
(CAST(p.`orders` AS DOUBLE) BETWEEN p.`score` AND 5D)
(COALESCE(p.`score`, CAST(p.`orders` AS DOUBLE), 0.5D) = 1D)
