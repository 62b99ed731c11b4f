"""Holdfast: one open platform for businesses that owe their customers something."""

__version__ = "0.1.0"
