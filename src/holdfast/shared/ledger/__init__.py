"""The ledger: append-only double entry for money and for anything that is counted, with proof."""
