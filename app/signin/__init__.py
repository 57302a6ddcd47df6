"""Who is there: signing in and out, confirming it, and the person behind a request."""
