"""The demo: the whole platform on one machine, with busy businesses in it; ``running`` runs it."""
