(ABS((CAST(p.`orders` AS DECIMAL(38, 0)) - p.`returns`)) > 1)
(ABS(CAST(p.`returns` AS DECIMAL(38, 0))) = 1)
(ABS(p.`score`) >= 0.5D)
