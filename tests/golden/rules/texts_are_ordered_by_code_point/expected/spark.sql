(p.`country` < 'Z')
(p.`city` BETWEEN 'A' AND p.`country`)
