"""Pure rules: words, tables, hashes, redlines. No row, no clock, no database."""
