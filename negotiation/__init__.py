"""The domain of Navette: a CPOM negotiated clause by clause. Knows no web framework."""
