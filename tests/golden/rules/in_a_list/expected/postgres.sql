(p."country" IN ('GB', 'it''s', 'a\b'))
(NOT (p."orders" IN (1, (-2))))
