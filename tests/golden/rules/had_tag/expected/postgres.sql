(p."customer_id" IN (SELECT t.customer_id FROM tag_history t WHERE t.tag = 'vip' AND t.entered_at < TIMESTAMP '2026-04-30 23:30:00' AND t.left_at > TIMESTAMP '2025-11-01 23:30:00'))
(p."customer_id" IN (SELECT t.customer_id FROM tag_history t WHERE t.tag = 'vip' AND t.entered_at < TIMESTAMP '2026-04-30 23:30:00'))
