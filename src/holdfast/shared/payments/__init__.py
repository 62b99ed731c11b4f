"""Payments: money that customers pay, from the first intent to the last refund."""
