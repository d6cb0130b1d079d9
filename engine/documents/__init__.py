"""Documents: from text to a service, which has no dialect."""
