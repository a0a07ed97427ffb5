"""How well each customer does: a score of 0 to 100 with its reasons, and the alert of record that ends in a task."""
