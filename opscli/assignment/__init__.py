"""Who gets a piece of work: strategies as SQL over all items at once, and the tasks that they end in."""
