"""OpenAPI 3 documents, called as a user would call them."""
