(p."revenue" IS NULL)
(NOT (p."vip" IS TRUE))
(p."churned" IS FALSE)
