(p."country" = 'GB')
(p."orders" <> 3)
(p."vip" = p."churned")
(p."birthday" = DATE '1990-02-28')
