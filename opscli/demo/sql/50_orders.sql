-- Baskets as each household placed them. `d` differs between a basket and its copies; a copy keeps the day.
CREATE VIEW placed AS
SELECT
  b.basket_id, b.month, b.store_id, b.amount, b.discount, k.household, k.copy, xor(b.d, k.household_d) AS d,
  order_key(b.basket_id, k.copy) AS order_id, order_time(b.moment, k.copy, k.household_d) AS ordered_at
FROM original_baskets b
JOIN kept k ON k.base = b.base AND k.slot = b.slot;

-- A quarter of the baskets of people with an account come through the web shop. What happens to an order is a
-- function of its age and is over after five days.
CREATE VIEW steps AS
SELECT
  p.*, online,
  CASE WHEN online THEN after(ordered_at, d, 1, 5, 90) ELSE ordered_at END AS paid_at,
  CASE WHEN online AND NOT cancelled THEN after(ordered_at, d, 2, 60 * 8, 60 * 40) END AS shipped_at,
  CASE WHEN online AND NOT cancelled THEN after(ordered_at, d, 3, 60 * 44, 60 * 96) END AS delivered_at,
  CASE WHEN cancelled THEN after(ordered_at, d, 2, 60 * 2, 60 * 7) END AS cancelled_at,
  CASE WHEN online AND NOT cancelled AND share(d, 4) > 0.985 THEN after(ordered_at, d, 5, 60 * 100, 60 * 119) END AS returned_at
FROM (
  SELECT p.*, bought_online AS online, bought_online AND share(p.d, 4) < 0.008 AS cancelled
  FROM (
    SELECT p.*, COALESCE(h.online AND p.ordered_at > h.online_at + INTERVAL 1 HOUR AND share(p.d, 0) < 0.25, FALSE) AS bought_online
    FROM placed p JOIN households h ON h.household = p.household
  ) p
) p;

CREATE VIEW out_orders AS
SELECT
  s.month, s.order_id, s.ordered_at, customer_key(s.household, s.basket_id, s.ordered_at, h.duplicate_at) AS customer_ref,
  s.amount, s.discount, 'USD' AS currency,
  CASE
    WHEN s.returned_at < getvariable('until') THEN 'returned'
    WHEN s.delivered_at < getvariable('until') OR NOT s.online THEN 'delivered'
    WHEN s.shipped_at < getvariable('until') THEN 'shipped'
    WHEN s.cancelled_at < getvariable('until') THEN 'cancelled'
    WHEN s.paid_at < getvariable('until') THEN 'paid'
    ELSE 'created'
  END AS status,
  CASE WHEN s.online THEN 'web' ELSE 'S' || s.store_id END AS store_id,
  CASE WHEN s.online THEN 'web' ELSE 'store' END AS channel,
  greatest(
    s.ordered_at, reached(s.paid_at), reached(s.shipped_at), reached(s.delivered_at), reached(s.cancelled_at),
    reached(s.returned_at)
  ) AS updated_at
FROM steps s
JOIN households h ON h.household = s.household
WHERE s.ordered_at < getvariable('until');

CREATE VIEW out_order_lines AS
SELECT
  l.month, order_key(l.basket_id, k.copy) AS order_id, l.line_no,
  order_time(l.moment, k.copy, k.household_d) AS ordered_at,
  customer_key(k.household, l.basket_id, order_time(l.moment, k.copy, k.household_d), h.duplicate_at) AS customer_ref,
  l.product_id::VARCHAR AS product_id, l.category, l.quantity, l.amount, l.discount
FROM original_lines l
JOIN kept k ON k.base = l.base AND k.slot = l.slot
JOIN households h ON h.household = k.household
WHERE order_time(l.moment, k.copy, k.household_d) < getvariable('until');

CREATE VIEW out_products AS
SELECT product_id::VARCHAR AS product_id, name, category, department, brand, launched_at, price
FROM products
WHERE launched_at < getvariable('until');

CREATE VIEW out_shipments AS
SELECT
  'SH' || s.order_id AS shipment_id, s.order_id, customer_key(s.household, s.basket_id, s.ordered_at, h.duplicate_at) AS customer_ref,
  CASE WHEN s.delivered_at < getvariable('until') THEN 'delivered' ELSE 'in_transit' END AS status,
  CASE WHEN s.delivered_at < getvariable('until') THEN s.delivered_at ELSE s.shipped_at END AS updated_at
FROM steps s
JOIN households h ON h.household = s.household
WHERE s.shipped_at < getvariable('until');
