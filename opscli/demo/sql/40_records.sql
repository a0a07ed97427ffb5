-- Every record of every channel with the person behind it: what dedupe has to find out.
CREATE TABLE records AS
WITH listed AS (
  SELECT 'crm' AS source, contact_id(household) AS source_id, household, 1 AS person, created_at FROM households
  UNION ALL
  SELECT 'crm', duplicate_id(household), household, 1, duplicate_at FROM households WHERE duplicate_at IS NOT NULL
  UNION ALL
  SELECT 'crm', spouse_id(household), household, 2, spouse_at FROM households WHERE married
  UNION ALL
  SELECT 'webshop', account_id(household), household, CASE WHEN married AND share(e, 5) < 0.3 THEN 2 ELSE 1 END, online_at
  FROM households WHERE online
  UNION ALL
  SELECT 'webshop', second_account_id(household), household, 1, after(online_at, d, 4, 60 * 24, 60 * 24 * 200)
  FROM households WHERE online AND share(d, 5) < 0.015
  UNION ALL
  SELECT 'newsletter', subscriber_id(household), household, CASE WHEN married AND share(d, 5) < 0.2 THEN 2 ELSE 1 END, subscribed_at
  FROM households WHERE subscribed
)
SELECT *, draw(source, source_id) AS d, draw('slip', source_id) AS slip
FROM listed
WHERE created_at < getvariable('until');

-- The person as typed into this record: nicknames, slips, odd capitals, missing and junk values.
CREATE VIEW typed AS
SELECT
  r.source, r.source_id, p.person_id, r.created_at, r.d, r.slip,
  p.title, p.street, p.city, p.postcode, p.region, p.birth_date, p.segment,
  CASE
    WHEN share(d, 0) < 0.01 THEN NULL
    WHEN share(d, 0) < 0.02 THEN left(p.first_name, 1) || '.'
    WHEN share(d, 0) < 0.09 AND r.source <> 'crm' THEN p.nickname
    WHEN share(d, 0) < 0.105 THEN swapped(p.first_name, 2)
    WHEN share(d, 0) < 0.14 THEN upper(p.first_name)
    WHEN share(d, 0) < 0.17 THEN lower(p.first_name)
    ELSE p.first_name
  END AS first_name,
  CASE
    WHEN share(d, 1) < 0.015 THEN swapped(p.last_name, 3)
    WHEN share(d, 1) < 0.03 THEN shortened(p.last_name, 3)
    WHEN share(d, 0) BETWEEN 0.105 AND 0.14 THEN upper(p.last_name)
    WHEN share(d, 0) BETWEEN 0.14 AND 0.17 THEN lower(p.last_name)
    WHEN r.source <> 'crm' AND share(d, 1) > 0.4 THEN strip_accents(p.last_name)
    ELSE p.last_name
  END AS last_name,
  CASE
    WHEN share(d, 2) < 0.003 THEN 'test@example.com'
    WHEN share(d, 2) < 0.006 THEN 'none'
    WHEN share(d, 2) < 0.066 AND r.source = 'crm' THEN NULL
    WHEN share(d, 2) < 0.076 THEN swapped(p.email, 3)
    WHEN share(d, 2) < 0.12 THEN upper(left(p.email, 1)) || substr(p.email, 2)
    WHEN share(d, 2) < 0.135 THEN upper(p.email)
    WHEN share(d, 2) < 0.145 THEN ' ' || p.email || ' '
    WHEN share(d, 2) < 0.17 AND r.source = 'newsletter' THEN replace(p.email, '@', '+news@')
    ELSE p.email
  END AS email,
  CASE
    WHEN share(d, 3) < 0.006 THEN '000-0000'
    WHEN share(d, 3) < 0.01 THEN '999-999-9999'
    WHEN share(d, 3) < 0.08 THEN NULL
    WHEN share(d, 3) < 0.09 THEN written_phone(p.phone, 0) || ' x' || 1 + pick(slip, 0, 99)
    ELSE written_phone(p.phone, pick(slip, 1, 6))
  END AS phone
FROM records r
JOIN people p ON p.household = r.household AND p.person = r.person;

CREATE VIEW out_crm_contacts AS
SELECT
  source_id AS contact_id, title, first_name, last_name, email, phone, street, city, postcode, region, 'US' AS country,
  CASE WHEN share(slip, 2) < 0.7 THEN strftime(birth_date, '%m/%d/%Y') END AS birth_date,
  segment,
  CASE WHEN share(slip, 3) < 0.95 THEN staff_id(region, 5 + pick(slip, 3, 2)) END AS owner_id,
  CASE
    WHEN share(d, 4) < 0.45 THEN 'store' WHEN share(d, 4) < 0.63 THEN 'search' WHEN share(d, 4) < 0.75 THEN 'social'
    WHEN share(d, 4) < 0.83 THEN 'email' WHEN share(d, 4) < 0.95 THEN 'referral' ELSE 'display'
  END AS signup_source,
  CASE WHEN share(d, 5) < 0.62 THEN 'yes' WHEN share(d, 5) < 0.85 THEN 'no' END AS opt_in,
  strftime(created_at, '%m/%d/%Y %H:%M') AS created
FROM typed WHERE source = 'crm';

CREATE VIEW out_webshop_accounts AS
SELECT
  source_id AS account_id, first_name, last_name, email, phone AS mobile,
  CASE WHEN share(slip, 2) < 0.8 THEN street END AS street,
  CASE WHEN share(slip, 2) < 0.8 THEN city END AS city,
  CASE WHEN share(slip, 2) < 0.8 THEN postcode END AS zip,
  'US' AS country, zulu(created_at) AS created_at, share(d, 5) < 0.7 AS marketing_opt_in,
  CASE WHEN share(slip, 3) < 0.6 THEN strftime(birth_date, '%Y-%m-%d') END AS birth_date,
  CASE WHEN share(slip, 4) < 0.15 THEN 'plus' ELSE 'free' END AS plan
FROM typed WHERE source = 'webshop';

CREATE VIEW out_newsletter AS
SELECT
  source_id AS subscriber_id, email, first_name, last_name,
  CASE WHEN share(slip, 2) < 0.88 THEN 'subscribed' ELSE 'unsubscribed' END AS status,
  created_at AS subscribed_at
FROM typed WHERE source = 'newsletter';

CREATE VIEW out_truth AS SELECT source, source_id, person_id FROM typed;
