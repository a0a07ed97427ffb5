(FLOOR(p."revenue") = 1)
(FLOOR(p."score") = 1e0)
(p."orders" = 1)
