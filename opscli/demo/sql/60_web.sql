-- Visits: before every web order, before some purchases in a store, and idle ones while the household still buys.
-- A visit lasts at most 30 minutes and never crosses midnight, so that it stays in one month's file.
CREATE TABLE visits AS
WITH started AS (
  SELECT household, 'o' || order_id AS visit, TRUE AS buys, after(ordered_at, d, 5, -32, -12) AS moment
  FROM steps WHERE online
  UNION ALL
  SELECT s.household, 's' || order_id, FALSE, after(ordered_at, s.d, 5, -60 * 36, -60)
  FROM steps s JOIN households h ON h.household = s.household
  WHERE h.online AND NOT s.online AND share(s.d, 0) > 0.85
  UNION ALL
  SELECT household, 'w' || household || '-' || week, FALSE, moment
  FROM (
    SELECT
      household, week, last_at, draw('visit', household || '-' || week) AS w, 0.14 + 0.25 * share(e, 5) AS keenness, copy,
      after(TIMESTAMP '2017-01-02 07:00:00' + to_days(CAST(7 * week AS INTEGER)), draw('visit', household || '-' || week), 0, 0, 60 * 24 * 6.6) AS moment
    FROM households JOIN range(52) weeks(week) ON copy = 0 OR week % 8 = household % 8
    WHERE online
  )
  WHERE share(w, 1) < keenness AND moment < last_at + INTERVAL 10 DAY
)
SELECT
  s.household, visit, buys, draw('visited', visit) AS d,
  CAST(date_trunc('month', moment) AS DATE) AS month,
  least(moment, date_trunc('day', moment) + INTERVAL '23 hours 25 minutes') AS moment
FROM started s
JOIN households h ON h.household = s.household
WHERE s.moment > h.online_at;

CREATE VIEW out_web_events AS
WITH parts AS (
  SELECT *, 2 + pick(d, 0, 6) + CASE WHEN buys THEN 2 ELSE 0 END AS steps, 'v' || printf('%015x', d) AS session_id FROM visits
), events AS (
  -- a join rather than UNNEST, so that a month's filter is applied before visits become events
  SELECT p.*, turn FROM parts p JOIN range(11) turns(turn) ON turn <= steps
), kinds AS (
  SELECT
    *,
    CASE
      WHEN turn = 0 THEN 'session'
      WHEN turn = 1 AND (buys OR share(d, 1) < 0.7) THEN 'login'
      WHEN turn = steps AND (buys OR share(d, 2) < 0.15) THEN 'cart_add'
      WHEN (d + turn) % 3 = 0 THEN 'page_view'
      ELSE 'product_view'
    END AS kind,
    moment + to_seconds(CAST(turn * (20 + pick(d, 3, 150)) AS BIGINT)) AS local_at,
    -- the count as a value, not a column, keeps the join below an equality of both sides
    (d // 11 + turn * 31) % (SELECT COUNT(*) FROM popular) AS article
  FROM events
)
SELECT
  month, session_id || '-' || turn AS event_id, zulu(local_at) AS occurred_at, account_id(household) AS account_id, kind,
  CASE kind
    WHEN 'login' THEN '/account' WHEN 'cart_add' THEN '/cart' WHEN 'session' THEN '/'
    WHEN 'page_view' THEN ['/offers', '/recipes', '/stores', '/help'][1 + (d // 7 + turn) % 4]
    ELSE '/products/' || p.product_id
  END AS page,
  CASE WHEN kind IN ('product_view', 'cart_add') THEN p.product_id::VARCHAR END AS product_id,
  session_id,
  CASE WHEN share(d, 4) < 0.35 THEN 'app' ELSE 'web' END AS channel,
  CASE WHEN share(d, 4) < 0.65 THEN 'mobile' WHEN share(d, 4) < 0.92 THEN 'desktop' ELSE 'tablet' END AS device,
  -- minutes that the visit lasted
  CASE WHEN kind = 'session' THEN round(steps * (20 + pick(d, 3, 150)) / 60, 1) END AS value
FROM kinds
JOIN popular p ON p.no = article
WHERE local_at < getvariable('until');
