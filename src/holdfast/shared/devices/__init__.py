"""Devices: browsers that a business paired, such as the tablet on its counter."""
