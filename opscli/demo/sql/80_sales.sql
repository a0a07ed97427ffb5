CREATE VIEW out_staff AS
WITH seats AS (
  SELECT region, seat, draw('staff', region || seat) AS d,
    CASE WHEN seat < 4 THEN 'sales' WHEN seat < 7 THEN 'accounts' ELSE 'support' END AS job,
    CASE WHEN seat IN (0, 4, 7) THEN 'manager' WHEN seat < 4 THEN 'rep' WHEN seat < 7 THEN 'owner' ELSE 'agent' END AS role
  FROM (VALUES ('East'), ('Midwest'), ('South'), ('West')) regions(region), range(10) seats(seat)
)
SELECT
  staff_id(region, seat) AS staff_id, f.name || ' ' || l.name AS name,
  mailbox(f.name) || '.' || mailbox(l.name) || '@staff.example.com' AS email,
  region, region || ' ' || job AS team, role,
  CASE WHEN role <> 'manager' THEN staff_id(region, CASE job WHEN 'sales' THEN 0 WHEN 'accounts' THEN 4 ELSE 7 END) END AS manager,
  TRUE AS active
FROM seats
JOIN first_names f ON f.no = d % 121
JOIN last_names l ON l.no = (region_no(region) * 10 + seat + getvariable('seed')) * 37 % 199;

-- One household in four asks for more than groceries: catering, office fruit, wholesale, gift cards.
CREATE VIEW out_deals AS
WITH opened AS (
  SELECT h.household, c.region, turn, draw('deal', h.household || '-' || turn) AS d, draw('stage', h.household || '-' || turn) AS s,
    after(TIMESTAMP '2017-01-02 09:00:00', draw('deal', h.household || '-' || turn), 0, 0, 60 * 24 * 363) AS lead_at, h.created_at
  FROM households h
  JOIN cities c ON c.no = h.city_no
  JOIN range(1, 3) turns(turn) ON share(h.e, 5) < CASE turn WHEN 1 THEN 0.25 ELSE 0.08 END
), stages AS (
  SELECT *, lead_at AS moment, 'lead' AS stage FROM opened WHERE lead_at > created_at
  UNION ALL
  SELECT *, after(lead_at, s, 0, 60 * 4, 60 * 24 * 7), 'mql' FROM opened WHERE lead_at > created_at AND share(s, 1) < 0.7
  UNION ALL
  SELECT *, after(lead_at, s, 0, 60 * 24 * 7.5, 60 * 24 * 18), 'sql' FROM opened WHERE lead_at > created_at AND share(s, 1) < 0.45
  UNION ALL
  SELECT *, after(lead_at, s, 0, 60 * 24 * 18.5, 60 * 24 * 33), 'opportunity' FROM opened WHERE lead_at > created_at AND share(s, 1) < 0.32
  UNION ALL
  SELECT *, after(lead_at, s, 0, 60 * 24 * 34, 60 * 24 * 75), 'won' FROM opened WHERE lead_at > created_at AND share(s, 1) < 0.15
  UNION ALL
  -- one in five that are not won is never closed either
  SELECT *, after(lead_at, s, 2, 60 * 24 * 34, 60 * 24 * 90), 'lost' FROM opened
  WHERE lead_at > created_at AND share(s, 1) >= 0.15 AND share(s, 3) < 0.8
)
SELECT
  'D' || household || '-' || turn AS deal_id, stage, moment AS moved_at, contact_id(household) AS contact_id,
  CAST(150 + 7850 * share(d, 1) * share(d, 1) * share(d, 2) AS DECIMAL(12, 2)) AS amount, region,
  ['catering', 'office_fruit', 'wholesale', 'gift_cards'][1 + pick(d, 3, 4)] AS product_line,
  region || ' sales' AS team, staff_id(region, 1 + pick(d, 4, 3)) AS rep,
  ['search', 'social', 'email', 'referral', 'store'][1 + pick(d, 5, 5)] AS channel
FROM stages
WHERE moment < getvariable('until');

-- Always-on spend per channel and weekday; the real campaigns add print and mail while they run.
CREATE VIEW out_spend AS
WITH days AS (
  SELECT CAST(day AS DATE) AS day FROM range(TIMESTAMP '2017-01-01', getvariable('until'), INTERVAL 1 DAY) days(day)
), placed_spend AS (
  SELECT day, channel, 'always_on' AS campaign, base
  FROM days, (VALUES ('search', 62.0), ('social', 38.0), ('display', 17.0), ('email', 6.0)) channels(channel, base)
  UNION ALL
  SELECT day, channel, 'campaign_' || format('{:02d}', campaign_id), CASE channel WHEN 'print' THEN 28.0 ELSE 7.0 END
  FROM days
  JOIN read_parquet(getvariable('original') || '/campaign_descriptions.parquet') c
    ON day BETWEEN CAST(c.start_date AS DATE) AND CAST(c.end_date AS DATE)
  JOIN (VALUES ('print'), ('email')) channels(channel) ON channel = 'print' OR c.campaign_type = 'Type A'
)
SELECT
  day, channel, campaign,
  CAST(base * (0.75 + 0.5 * share(draw('spend', day || channel || campaign), 0))
    * CASE WHEN dayofweek(day) IN (0, 6) THEN 1.3 ELSE 1 END
    * greatest(getvariable('customers') / 2469, 0.1) AS DECIMAL(12, 2)) AS amount
FROM placed_spend;
