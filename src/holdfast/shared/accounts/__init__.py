"""Accounts: how a person gets one, proves their address, and gets back in when the password is forgotten."""
