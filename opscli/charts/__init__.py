"""Charts on plain values: inline SVG for pages, text for terminals. They know no metric and no table."""
