"""Loyalty: stamp cards. Programs say what is promised, members carry cards, stamps fill them, rewards are owed."""
