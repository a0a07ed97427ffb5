-- The Complete Journey: real lines of 2017. Its times are UTC (as New York time they fill 2017 exactly); here they
-- become the wall times that a till prints.
CREATE TABLE bases AS
SELECT household_id AS base, ROW_NUMBER() OVER (ORDER BY household_id) AS ordinal
FROM (SELECT DISTINCT household_id FROM read_parquet(getvariable('original') || '/transactions.parquet'))
ORDER BY household_id
LIMIT getvariable('customers');

CREATE TABLE original_lines AS
WITH lines AS (
  SELECT
    t.household_id AS base, t.store_id, t.basket_id, t.product_id, t.quantity, p.product_category AS category,
    CAST(t.sales_value AS DECIMAL(12, 2)) AS amount,
    CAST(t.retail_disc + t.coupon_disc + t.coupon_match_disc AS DECIMAL(12, 2)) AS discount,
    timezone('America/New_York', timezone('UTC', t.transaction_timestamp)) AS moment
  FROM read_parquet(getvariable('original') || '/transactions.parquet') t
  JOIN bases ON bases.base = t.household_id
  LEFT JOIN read_parquet(getvariable('original') || '/products.parquet') p ON p.product_id = t.product_id
)
SELECT
  *,
  CAST(date_trunc('month', moment) AS DATE) AS month,
  ROW_NUMBER() OVER (PARTITION BY basket_id ORDER BY product_id) AS line_no,
  basket_id // 7 % 12 AS slot
FROM lines;

CREATE TABLE original_baskets AS
SELECT
  basket_id, base, store_id, moment, month, slot,
  SUM(amount) AS amount, SUM(discount) AS discount, draw('basket', basket_id) AS d
FROM original_lines
GROUP BY basket_id, base, store_id, moment, month, slot;

CREATE TABLE products AS
WITH sold AS (
  SELECT
    product_id, moment AS launched_at, CAST(amount / NULLIF(quantity, 0) AS DECIMAL(12, 2)) AS price,
    ROW_NUMBER() OVER (PARTITION BY product_id ORDER BY moment, basket_id) AS turn
  FROM original_lines
)
SELECT
  s.product_id, s.launched_at, s.price,
  COALESCE(upper(left(named, 1)) || lower(substr(named, 2)), 'Product ' || s.product_id) AS name,
  p.product_category AS category, p.department, p.brand
FROM sold s
LEFT JOIN (
  SELECT *, COALESCE(product_type, product_category) || COALESCE(' ' || package_size, '') AS named
  FROM read_parquet(getvariable('original') || '/products.parquet')
) p ON p.product_id = s.product_id
WHERE s.turn = 1;

-- What visitors of the web shop look at: the 500 products bought most often.
CREATE TABLE popular AS
SELECT product_id, ROW_NUMBER() OVER (ORDER BY sales DESC, product_id) - 1 AS no
FROM (SELECT product_id, COUNT(*) AS sales FROM original_lines GROUP BY product_id ORDER BY sales DESC, product_id LIMIT 500);
