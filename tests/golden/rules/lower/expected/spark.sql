(LOWER(TRANSLATE(p.`city`, 'İΣ', 'iσ')) = 'köln')
