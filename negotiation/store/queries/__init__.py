"""What pages show: frozen values, already filtered for one reader. Nothing here returns a row."""
