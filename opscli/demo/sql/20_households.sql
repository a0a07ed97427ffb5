-- Household n is the real one number (n - 1) % 2469 + 1; beyond that come copies with a thinned history of their own.
CREATE TABLE first_names AS FROM read_csv(getvariable('words') || '/first_names.csv');
CREATE TABLE last_names AS FROM read_csv(getvariable('words') || '/last_names.csv');
CREATE TABLE streets AS FROM read_csv(getvariable('words') || '/streets.csv');
CREATE TABLE cities AS
FROM read_csv(getvariable('words') || '/cities.csv', types = {'area_code': 'VARCHAR', 'postcode_prefix': 'VARCHAR'});

CREATE TABLE households AS
WITH histories AS (
  SELECT base, MIN(moment) AS first_at, MAX(moment) AS last_at, COUNT(*) AS baskets FROM original_baskets GROUP BY base
), numbered AS (
  SELECT
    n, b.base, (n - 1) // (SELECT COUNT(*) FROM bases) AS copy, h.first_at, h.last_at, h.baskets,
    b.base + 2500 * ((n - 1) // (SELECT COUNT(*) FROM bases)) AS household
  FROM range(1, getvariable('customers') + 1) numbers(n)
  JOIN bases b ON b.ordinal = (n - 1) % (SELECT COUNT(*) FROM bases) + 1
  JOIN histories h ON h.base = b.base
), drawn AS (
  SELECT *, draw('household', household) AS d, draw('channels', household) AS e FROM numbered
), created AS (
  SELECT
    *,
    -- Who bought in January was there before the data begin; a later first purchase is a real newcomer.
    CASE
      WHEN first_at < TIMESTAMP '2017-02-01' THEN after(first_at, d, 0, -60 * 24 * 730, -60 * 24 * 30)
      ELSE after(first_at, d, 0, -60 * 24 * 10, -30)
    END AS created_at
  FROM drawn
)
SELECT
  n, base, copy, household, first_at, last_at, baskets, created_at, d, e,
  -- when somebody entered the household into the CRM a second time; mostly NULL
  CASE WHEN share(d, 1) < 0.03 THEN after(first_at, d, 2, 0, 60 * 24 * date_diff('day', first_at, TIMESTAMP '2017-12-30')) END AS duplicate_at,
  share(d, 3) < 0.06 AS married,
  after(created_at, d, 2, 60, 60 * 24 * 300) AS spouse_at,
  share(e, 0) < 0.60 AS online,
  CASE
    WHEN share(e, 1) < 0.5 THEN after(created_at, e, 2, 5, 60 * 24 * 20)
    ELSE greatest(after(TIMESTAMP '2017-01-01', e, 2, 0, 60 * 24 * 360), created_at)
  END AS online_at,
  share(e, 3) < 0.45 AS subscribed,
  greatest(after(TIMESTAMP '2016-06-01', e, 4, 0, 60 * 24 * 570), created_at) AS subscribed_at,
  n % 120 AS city_no
FROM created;

-- Which baskets a household has: a real one all twelve slots, a copy one of them.
CREATE TABLE kept AS
SELECT base, slot, household, copy, d AS household_d
FROM households
JOIN range(12) slots(slot) ON copy = 0 OR slot = n % 12;
