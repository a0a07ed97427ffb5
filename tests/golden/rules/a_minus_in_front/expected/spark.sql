((- CAST(p.`orders` AS DECIMAL(38, 0))) < (- CAST(p.`revenue` AS DECIMAL(38, 4))))
((- p.`score`) = 0D)
