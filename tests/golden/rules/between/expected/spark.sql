(NOT (p.`orders` BETWEEN (-1) AND 5))
