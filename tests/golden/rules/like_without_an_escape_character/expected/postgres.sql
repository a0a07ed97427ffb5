(p."city" LIKE 'a\_%' ESCAPE '')
(NOT (p."city" LIKE '100%' ESCAPE ''))
