"""Co-sell: a shared room per opportunity, where the vendor and its partners work on one deal."""
