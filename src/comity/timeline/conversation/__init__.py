"""The conversation of a partnership: what the vendor's people and the partner's write to each other."""
