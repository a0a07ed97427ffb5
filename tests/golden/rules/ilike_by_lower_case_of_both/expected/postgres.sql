(LOWER(TRANSLATE(p."city", 'İΣ', 'iσ') COLLATE "und-x-icu") LIKE LOWER(TRANSLATE('St%', 'İΣ', 'iσ') COLLATE "und-x-icu") ESCAPE '')
