-- 60 random bits of (seed, salt, id): the same on every machine and in every version of the engine.
CREATE MACRO draw(salt, id) AS
  ('0x' || substr(md5(getvariable('seed') || ':' || salt || ':' || id), 1, 15))::BIGINT;

-- A draw holds six independent fractions in [0, 1), ten bits each: places 0 to 5.
CREATE MACRO share(d, place) AS ((d >> (10 * place)) & 1023) / 1024::DOUBLE;

-- A whole number in [0, n), n <= 1024.
CREATE MACRO pick(d, place, n) AS (((d >> (10 * place)) & 1023) * n) >> 10;

-- A moment between `low` and `high` minutes after `moment`, to the second; the rest of the draw fills the gaps
-- between the 1024 steps of a share.
CREATE MACRO after(moment, d, place, low, high) AS
  moment + to_seconds(CAST(60 * (low + (share(d, place) + d % 1021 / 1021::DOUBLE / 1024) * (high - low)) AS BIGINT));

-- Times inside the generator are wall times of the shops, New York; `utc` turns one into UTC, `zulu` into its ISO text.
CREATE MACRO utc(moment) AS timezone('UTC', timezone('America/New_York', moment));
CREATE MACRO zulu(moment) AS strftime(utc(moment), '%Y-%m-%dT%H:%M:%SZ');

CREATE MACRO contact_id(household) AS format('H{:05d}', household);
CREATE MACRO duplicate_id(household) AS format('H{:07d}', 5000000 + household);
CREATE MACRO spouse_id(household) AS format('H{:07d}', 7000000 + household);
CREATE MACRO account_id(household) AS format('W{:06d}', 100000 + household * 3);
CREATE MACRO second_account_id(household) AS format('W{:06d}', 100001 + household * 3);
CREATE MACRO subscriber_id(household) AS format('N{:06d}', 200000 + household * 7);

-- Each region has ten seats: 0 sales manager, 1-3 sales reps, 4 accounts manager, 5-6 account owners,
-- 7 support manager, 8-9 support agents.
CREATE MACRO region_no(region) AS list_position(['East', 'Midwest', 'South', 'West'], region) - 1;
CREATE MACRO staff_id(region, seat) AS format('S{:03d}', region_no(region) * 10 + seat);

-- What people mistype: two neighbouring letters swapped, or one left out.
CREATE MACRO swapped(word, place) AS
  left(word, place - 1) || substr(word, place + 1, 1) || substr(word, place, 1) || substr(word, place + 2);
CREATE MACRO shortened(word, place) AS left(word, place - 1) || substr(word, place + 1);

-- Ten digits as people write an American number.
CREATE MACRO written_phone(digits, way) AS
  CASE way
    WHEN 0 THEN '(' || left(digits, 3) || ') ' || substr(digits, 4, 3) || '-' || right(digits, 4)
    WHEN 1 THEN left(digits, 3) || '-' || substr(digits, 4, 3) || '-' || right(digits, 4)
    WHEN 2 THEN left(digits, 3) || '.' || substr(digits, 4, 3) || '.' || right(digits, 4)
    WHEN 3 THEN '+1 ' || left(digits, 3) || ' ' || substr(digits, 4, 3) || ' ' || right(digits, 4)
    WHEN 4 THEN '1' || digits
    ELSE digits
  END;

-- Letters of a mailbox: no accents, no apostrophes.
CREATE MACRO mailbox(word) AS
  regexp_replace(translate(strip_accents(lower(word)), 'ø', 'o'), '[^a-z]', '', 'g');

CREATE MACRO order_key(basket_id, copy) AS
  CASE WHEN copy = 0 THEN basket_id::VARCHAR ELSE basket_id || '-' || copy END;

-- A copy buys on the same day at another hour, between six and midnight.
CREATE MACRO order_time(moment, copy, d) AS
  CASE
    WHEN copy = 0 THEN moment
    ELSE date_trunc('day', moment) + to_seconds(21600 + (CAST(epoch(moment) AS BIGINT) % 86400 + d % 64800) % 64800)
  END;

-- The CRM contact of an order: half of the orders after a second contact was made by mistake go to that one.
CREATE MACRO customer_key(household, basket_id, moment, duplicate_at) AS
  CASE
    WHEN moment > duplicate_at AND basket_id % 2 = 0 THEN duplicate_id(household)
    ELSE contact_id(household)
  END;

-- A moment, once it has come.
CREATE MACRO reached(moment) AS CASE WHEN moment < getvariable('until') THEN moment END;
