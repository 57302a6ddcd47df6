"""Documents that leave the table: PDF, archive of proof."""
