"""Mechanism without business: the five ideas (Tx, command, event, reaction, problem) and what carries them."""
