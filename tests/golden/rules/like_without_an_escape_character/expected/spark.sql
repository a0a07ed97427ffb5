(p.`city` LIKE REPLACE('a\\_%', '\\', '\\\\'))
(NOT (p.`city` LIKE '100%'))
