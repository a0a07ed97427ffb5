((CAST(CONV(SUBSTR(MD5('spring test' || ':' || p.`customer_id`), 1, 15), 16, 10) AS BIGINT) % 100) < 10)
