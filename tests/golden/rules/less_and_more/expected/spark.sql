(p.`orders` < 3)
(p.`revenue` <= 99.9)
(p.`score` > 0.1D)
(p.`signed_up` >= TIMESTAMP '2026-03-29 01:00:00')
