((p.`a"b'; --``c` = '\'; DROP TABLE customers; --') AND (p.`a"b'; --``c` <> '"` \\'))
