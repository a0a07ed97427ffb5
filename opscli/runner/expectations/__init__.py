"""What a test may expect; the file name is the key in `expect:`, and the file says which tables it looks at."""
