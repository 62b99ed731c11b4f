"""Routes of payouts."""

from holdfast.kernel.http import Route

routes: list[Route] = []
