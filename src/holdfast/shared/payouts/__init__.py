"""Payouts: what a business owes to others, and how it leaves to their bank accounts."""
