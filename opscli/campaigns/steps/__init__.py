"""Kinds of campaign steps; the file name is the key in a campaign's `steps`."""
