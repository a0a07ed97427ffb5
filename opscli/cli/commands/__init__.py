"""One short file per command or noun; `cli.table` loads them when they are called."""
