"""Outside services that send us messages through the inbox; the port is ``holdfast.kernel.inbox.Verifier``."""
