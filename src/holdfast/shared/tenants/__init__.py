"""Tenants: the businesses on the platform, their settings, and their clock."""
