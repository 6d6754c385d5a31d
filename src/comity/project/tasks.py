"""Periodic jobs of the installation as a whole are declared in the rooms they belong to; this file only loads them."""
