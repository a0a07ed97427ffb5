"""Tags: named groups of customers with a history. Entering and leaving are events that campaigns listen to."""
