((('0x' || substr(md5('spring test' || ':' || p."customer_id"), 1, 15))::BIGINT % 100) < 10)
