"""One blueprint a subject: read the request, one service call or query, show."""
