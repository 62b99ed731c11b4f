"""Business that at least two systems need."""
