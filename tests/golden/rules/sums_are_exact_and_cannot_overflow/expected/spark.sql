((CAST(p.`orders` AS DECIMAL(38, 0)) + 1) > (CAST(p.`returns` AS DECIMAL(38, 0)) - (-2)))
((CAST(p.`revenue` AS DECIMAL(38, 4)) - 0.1) >= 0.2)
(((CAST(p.`revenue` AS DECIMAL(38, 4)) + p.`orders`) - p.`returns`) = 0)
