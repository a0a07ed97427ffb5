(COALESCE(p.`country`, p.`city`, '?') = 'GB')
(COALESCE(p.`orders`, 0) = 0)
COALESCE(p.`vip`, FALSE)
