"""Compile the config, order and lock the steps, keep the ledger, retry and resume, plan on an overlay."""
