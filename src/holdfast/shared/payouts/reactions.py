"""What follows from events and from the clock in payouts."""
