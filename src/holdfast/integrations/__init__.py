"""Other people's computers: one folder per capability, holding its port and its adapters."""
