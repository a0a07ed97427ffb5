(LOWER(p."city") LIKE LOWER('St%'))
