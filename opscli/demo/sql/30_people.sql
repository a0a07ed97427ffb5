-- One person per household, a second one in the 6 % that have a spouse record.
CREATE TABLE people AS
WITH drawn AS (
  SELECT
    h.*, person, 'P' || household || '-' || person AS person_id,
    draw('person', household || '/' || person) AS p, draw('home', household) AS home
  FROM households h
  JOIN range(1, 3) persons(person) ON person = 1 OR married
), named AS (
  SELECT
    drawn.*, f.name AS first_name, COALESCE(f.nickname, f.name) AS nickname, f.title, l.name AS last_name,
    c.city, c.region, c.area_code, c.postcode_prefix || format('{:02d}', pick(home, 1, 100)) AS postcode,
    1 + home % 9899 || ' ' || s.name AS street
  FROM drawn
  -- 60 apart, so that two of one household never share a first name
  JOIN first_names f ON f.no = (draw('name', household) % 121 + 60 * (person - 1)) % 121
  JOIN last_names l ON l.no = home % 199
  JOIN streets s ON s.no = pick(home, 2, 50)
  JOIN cities c ON c.no = city_no
), addressed AS (
  SELECT
    *,
    CASE pick(p, 0, 4)
      WHEN 0 THEN mailbox(first_name) || '.' || mailbox(last_name)
      WHEN 1 THEN mailbox(first_name) || mailbox(last_name)
      WHEN 2 THEN left(mailbox(first_name), 1) || '.' || mailbox(last_name)
      ELSE mailbox(first_name) || '_' || mailbox(last_name) || 50 + pick(p, 1, 49)
    END AS box
  FROM named
), distinct_boxes AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY box ORDER BY household, person) AS turn FROM addressed
)
SELECT
  household, person, person_id, copy, created_at, first_name, nickname, last_name, title, street, city, postcode,
  region,
  CASE
    WHEN share(p, 2) < 0.05 THEN NULL
    WHEN share(p, 2) < 0.058 THEN ['info@example.com', 'office@example.org', 'sales@example.net'][1 + pick(p, 3, 3)]
    -- two in five couples share one mailbox
    WHEN married AND share(home, 3) < 0.4 THEN mailbox(last_name) || '.family' || household || '@example.com'
    ELSE box || CASE WHEN turn > 1 THEN turn::VARCHAR ELSE '' END || '@example.' || ['com', 'com', 'org', 'net'][1 + pick(p, 4, 4)]
  END AS email,
  -- 555-0100 to 555-0199 are set apart for fiction; copies go on in the same exchange, which has no subscribers
  CASE
    WHEN share(p, 5) < 0.08 THEN NULL
    WHEN copy = 0 THEN area_code || '55501' || format('{:02d}', n // 120 % 50 + 50 * (person - 1))
    ELSE area_code || '555' || format('{:04d}', (200 + n // 120) % 10000)
  END AS phone,
  make_date(
    2017 - CASE a.age
      WHEN '19-24' THEN 19 + pick(p, 1, 6) WHEN '25-34' THEN 25 + pick(p, 1, 10) WHEN '35-44' THEN 35 + pick(p, 1, 10)
      WHEN '45-54' THEN 45 + pick(p, 1, 10) WHEN '55-64' THEN 55 + pick(p, 1, 10) WHEN '65+' THEN 65 + pick(p, 1, 20)
      ELSE 21 + pick(p, 1, 60)
    END,
    CAST(1 + pick(p, 3, 12) AS BIGINT), CAST(1 + pick(p, 4, 28) AS BIGINT)
  ) AS birth_date,
  CASE
    WHEN a.household_comp LIKE '%Adult% Kids' AND a.household_comp NOT LIKE '%No Kids' THEN 'family'
    WHEN a.household_comp LIKE '2%' THEN 'couple'
    WHEN a.household_comp LIKE '1%' THEN 'single'
  END AS segment
FROM distinct_boxes
LEFT JOIN read_parquet(getvariable('original') || '/demographics.parquet') a ON a.household_id = base;

-- Who writes tickets and answers surveys: the first person, where there is an address of their own.
CREATE VIEW writers AS
SELECT household, email, region
FROM people
WHERE person = 1 AND email NOT IN ('info@example.com', 'office@example.org', 'sales@example.net');
