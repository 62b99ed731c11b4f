"""Routes of payments."""

from holdfast.kernel.http import Route

routes: list[Route] = []
