"""The kinds of blocks that a report can have; the folder is the registry."""
