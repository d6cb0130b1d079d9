"""Calls: flows of requests and waits (retries, paging, long-running operations, authentication)."""
