(CAST(p.`raw_amount` AS DOUBLE) > 3D)
(p.`raw_amount` = 'x')
