"""Measures: each module prints a table, none asserts a time. `python -m bench`, or `python -m bench pages redlines`."""
