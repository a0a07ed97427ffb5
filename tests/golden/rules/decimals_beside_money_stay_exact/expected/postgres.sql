(p."revenue" = 19.99)
(p."orders" IN (1, 2.5))
(0.00000000000000001 < p."revenue")
