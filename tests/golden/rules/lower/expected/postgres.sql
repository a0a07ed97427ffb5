(LOWER(TRANSLATE(p."city", 'İΣ', 'iσ') COLLATE "und-x-icu") = 'köln')
