(LENGTH(p."city") > 3)
