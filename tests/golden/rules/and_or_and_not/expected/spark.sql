((p.`revenue` >= 5000) AND (p.`vip` OR (NOT p.`churned`)))
