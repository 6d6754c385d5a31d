"""Tests of the kernel: tables of examples, then properties."""
