"""The floor: what every domain stands on."""
