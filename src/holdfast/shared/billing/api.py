"""Routes of billing."""

from holdfast.kernel.http import Route

routes: list[Route] = []
