-- Trouble follows purchases, more often those that are delivered. Seat 9 of each region answers late.
CREATE TABLE ticket_facts AS
WITH raised AS (
  SELECT s.household, s.order_id, s.online, s.ordered_at, w.email, w.region, draw('ticket', s.order_id) AS t,
    draw('answer', s.order_id) AS a
  FROM steps s
  JOIN writers w ON w.household = s.household
  WHERE share(s.d, 1) < CASE WHEN s.online THEN 0.07 ELSE 0.018 END
), sorted_out AS (
  SELECT
    *, 8 + pick(t, 0, 2) AS seat,
    CASE
      WHEN share(t, 1) < 0.05 THEN 'urgent' WHEN share(t, 1) < 0.25 THEN 'high' WHEN share(t, 1) < 0.85 THEN 'normal' ELSE 'low'
    END AS priority,
    CASE
      WHEN online AND share(t, 2) < 0.45 THEN 'delivery'
      WHEN share(t, 2) < 0.62 THEN 'product' WHEN share(t, 2) < 0.8 THEN 'billing'
      WHEN online THEN 'account' ELSE 'complaint'
    END AS type,
    CASE WHEN online THEN after(ordered_at, t, 3, 60 * 20, 60 * 96) ELSE after(ordered_at, t, 3, 60, 60 * 60) END AS created_at
  FROM raised
), answered AS (
  SELECT
    *,
    -- minutes: squared, so that most are fast and a few are very slow
    created_at + to_seconds(CAST(
      60 * CASE priority WHEN 'urgent' THEN 8 WHEN 'high' THEN 20 WHEN 'normal' THEN 45 ELSE 90 END
      * (0.3 + 24 * share(a, 0) * share(a, 0)) * CASE seat WHEN 9 THEN 1.7 ELSE 1 END AS BIGINT
    )) AS first_response_at
  FROM sorted_out
)
SELECT
  household, email, region, 'T' || order_id AS ticket_id, priority, type, created_at, first_response_at, a,
  staff_id(region, seat) AS staff_id,
  CASE WHEN share(a, 1) < 0.6 THEN 'email' WHEN share(a, 1) < 0.85 THEN 'phone' ELSE 'chat' END AS channel,
  CASE
    WHEN share(a, 2) > 0.012 THEN after(first_response_at, a, 3, 15, 60 * CASE priority WHEN 'urgent' THEN 8 WHEN 'high' THEN 30 ELSE 90 END)
  END AS resolved_at,
  share(a, 4) < 0.05 AS reopened
FROM answered;

CREATE VIEW out_tickets AS
SELECT
  ticket_id, created_at, email,
  CASE
    WHEN resolved_at < getvariable('until') THEN 'solved'
    WHEN first_response_at < getvariable('until') THEN 'pending'
    ELSE 'open'
  END AS status,
  priority, type,
  CASE type
    WHEN 'delivery' THEN 'Where is my delivery?' WHEN 'product' THEN 'Something was wrong with a product'
    WHEN 'billing' THEN 'Question about my receipt' WHEN 'account' THEN 'I cannot log in' ELSE 'Complaint about a store'
  END AS subject,
  channel,
  CASE WHEN first_response_at < getvariable('until') THEN staff_id END AS staff_id,
  reached(first_response_at) AS first_response_at, reached(resolved_at) AS resolved_at,
  reopened AND resolved_at < getvariable('until') AS reopened
FROM ticket_facts
WHERE created_at < getvariable('until');

-- How good a ticket felt: 5 at best; slow answers, slow solutions and a second round cost points.
CREATE VIEW ticket_scores AS
SELECT
  household, email, ticket_id, a, resolved_at,
  greatest(1, least(5, 5
    - CASE WHEN epoch(resolved_at - created_at) > 72 * 3600 THEN 2 WHEN epoch(resolved_at - created_at) > 36 * 3600 THEN 1 ELSE 0 END
    - CASE WHEN epoch(first_response_at - created_at) > 8 * 3600 THEN 1 ELSE 0 END
    - CASE WHEN reopened THEN 1 ELSE 0 END + pick(a, 5, 3) - 1)) AS score
FROM ticket_facts;

CREATE VIEW out_feedback AS
WITH surveys AS (
  SELECT ['2017-03-15', '2017-06-15', '2017-09-15', '2017-12-10'][quarter]::TIMESTAMP AS sent_at, quarter
  FROM range(1, 5) quarters(quarter)
), asked AS (
  SELECT h.household, w.email, h.baskets, s.sent_at, s.quarter, draw('nps', h.household || '-' || s.quarter) AS f
  FROM households h
  JOIN writers w ON w.household = h.household
  JOIN surveys s ON h.first_at < s.sent_at AND h.last_at > s.sent_at - INTERVAL 60 DAY
), answers AS (
  SELECT
    'C' || ticket_id AS feedback_id, after(resolved_at, a, 1, 30, 60 * 30) AS answered_at, email, 'csat' AS survey, score,
    CASE WHEN share(a, 0) < 0.5 THEN CASE WHEN score >= 4 THEN 'Quick and friendly' WHEN score = 3 THEN 'It was all right' ELSE 'It took far too long' END END AS comment,
    ticket_id
  FROM ticket_scores
  WHERE resolved_at IS NOT NULL AND share(a, 4) > 0.6
  UNION ALL
  SELECT
    'N' || household || '-' || quarter, after(sent_at, f, 0, 60 * 8, 60 * 24 * 9), email, 'nps',
    greatest(0, least(10, CAST(7 + pick(f, 1, 5) - 1 + CASE WHEN baskets > 80 THEN 1 ELSE 0 END - COALESCE(3 * bad, 0) AS BIGINT))),
    CASE WHEN bad > 0 THEN 'Nobody helped me for days' WHEN share(f, 2) < 0.1 THEN 'Good offers' WHEN share(f, 2) < 0.2 THEN 'Too much mail' END,
    NULL
  FROM asked
  LEFT JOIN (
    SELECT t.household, s.quarter, COUNT(*) AS bad
    FROM ticket_scores t JOIN surveys s ON t.resolved_at < s.sent_at AND t.resolved_at > s.sent_at - INTERVAL 120 DAY
    WHERE t.score <= 2
    GROUP BY t.household, s.quarter
  ) troubles USING (household, quarter)
  WHERE share(f, 3) < 0.2
)
SELECT * FROM answers WHERE answered_at < getvariable('until');

-- Real: who got which campaign's mailing and which coupons came back. Made up: questions, service calls, owners' calls.
CREATE VIEW contacts AS
SELECT
  'M' || c.campaign_id || '-' || h.household AS interaction_id, h.household, after(s.start_date, h.d, 4, 60 * 8, 60 * 18) AS occurred_at,
  'email' AS channel, 'campaign_mail' AS kind, 'out' AS direction, NULL AS staff_id, 'Campaign ' || c.campaign_id AS note
FROM read_parquet(getvariable('original') || '/campaigns.parquet') c
JOIN read_parquet(getvariable('original') || '/campaign_descriptions.parquet') s ON s.campaign_id = c.campaign_id
JOIN households h ON h.household = c.household_id
UNION ALL
SELECT
  'R' || h.household || '-' || c.coupon_upc || '-' || c.campaign_id || '-' || strftime(c.redemption_date, '%j'), h.household,
  after(c.redemption_date, draw('redeemed', c.coupon_upc || '-' || h.household), 0, 60 * 8, 60 * 21),
  'store', 'coupon_redeemed', 'in', NULL, 'Coupon ' || c.coupon_upc
FROM (SELECT DISTINCT household_id, coupon_upc, campaign_id, redemption_date
  FROM read_parquet(getvariable('original') || '/coupon_redemptions.parquet')) c
JOIN households h ON h.household = c.household_id
UNION ALL
SELECT
  'Q' || s.order_id, s.household, after(ordered_at, s.d, 3, -60 * 20, 60 * 40),
  ['phone', 'chat', 'store', 'email', 'social'][1 + pick(s.d, 4, 5)], ['question', 'advice', 'praise'][1 + pick(s.d, 5, 3)], 'in',
  staff_id(c.region, 8 + pick(s.d, 3, 2)), NULL
FROM steps s
JOIN households h ON h.household = s.household
JOIN cities c ON c.no = h.city_no
WHERE share(s.d, 2) < 0.05
UNION ALL
SELECT ticket_id || '-in', household, created_at, channel, 'ticket', 'in', staff_id, ticket_id FROM ticket_facts
UNION ALL
SELECT ticket_id || '-out', household, first_response_at, channel, 'ticket', 'out', staff_id, ticket_id FROM ticket_facts
UNION ALL
-- the account owner calls good customers about every third month, as long as they buy
SELECT 'O' || household || '-' || month, household, moment, 'phone', 'call', 'out', staff_id(region, 5 + pick(c, 2, 2)), NULL
FROM (
  SELECT h.household, month, h.last_at, c.region, draw('call', h.household || '-' || month) AS c,
    after(make_timestamp(2017, month, 1, 9, 0, 0), draw('call', h.household || '-' || month), 1, 0, 60 * 24 * 27) AS moment
  FROM households h JOIN cities c ON c.no = h.city_no JOIN range(1, 13) months(month) ON h.baskets >= 100
)
WHERE share(c, 0) < 0.3 AND moment < last_at + INTERVAL 45 DAY;

CREATE VIEW out_interactions AS
SELECT
  interaction_id, occurred_at, contact_id(c.household) AS contact_id, channel, kind, direction, staff_id, note
FROM contacts c
JOIN households h ON h.household = c.household
WHERE occurred_at < getvariable('until') AND occurred_at > h.created_at;
