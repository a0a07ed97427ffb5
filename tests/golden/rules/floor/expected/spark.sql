(FLOOR(p.`revenue`) = 1)
(FLOOR(p.`score`) = 1D)
(p.`orders` = 1)
