(UPPER(p."country") = 'GB')
