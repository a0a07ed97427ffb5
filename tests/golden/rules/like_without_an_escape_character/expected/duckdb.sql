(p."city" LIKE 'a\_%')
(NOT (p."city" LIKE '100%'))
