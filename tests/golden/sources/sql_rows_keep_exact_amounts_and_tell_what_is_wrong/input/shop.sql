CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
INSERT INTO customers VALUES (1, 'Ann@Example.com'), (2, 'unknown');
CREATE TABLE orders (id TEXT PRIMARY KEY, at TEXT, total NUMERIC, state TEXT, customer INTEGER);
INSERT INTO orders VALUES
  ('a', '2026-07-01 10:30:00', 12.5, 'paid', 1),
  ('b', '2026-07-01T10:30:00Z', '1234567.8912', 'paid', 2),
  ('c', '01/07/2026', 1, 'paid', NULL),
  ('d', '2026-12-01 10:30:00', 'twelve', 'paid', 1),
  ('e', '2026-12-01 10:30:00', 0.1, NULL, NULL);
