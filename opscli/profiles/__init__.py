"""The customer profile: every trait of every customer, materialised once per run, and the 360° view of one customer."""
