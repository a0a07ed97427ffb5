(p."customer_id" IN (SELECT t.customer_id FROM tag_history t WHERE t.tag = 'o''clock' AND t.entered_at <= TIMESTAMP '2026-04-30 23:30:00' AND t.left_at > TIMESTAMP '2026-04-30 23:30:00'))
