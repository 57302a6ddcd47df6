"""Live drafts: one Y document per (part, circle), checked byte by byte and node by node before anybody else sees it."""
