(LOWER(TRANSLATE(p.`city`, 'İΣ', 'iσ')) LIKE LOWER(TRANSLATE('St%', 'İΣ', 'iσ')))
