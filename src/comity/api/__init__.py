"""The JSON door, version 1."""
