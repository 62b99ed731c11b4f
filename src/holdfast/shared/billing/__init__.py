"""Billing: plans, subscriptions, invoices, and what happens when one is not paid."""
