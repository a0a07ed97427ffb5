((('x' || substr(md5('spring test' || ':' || p."customer_id"), 1, 15))::bit(60)::bigint % 100) < 10)
