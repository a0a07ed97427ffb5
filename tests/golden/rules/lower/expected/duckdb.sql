(LOWER(p."city") = 'köln')
