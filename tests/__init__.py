"""Tests, each a short story with the moral as its name."""
