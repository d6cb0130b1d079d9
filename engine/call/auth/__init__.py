"""Authentication: a row a scheme, from the values of a connection to the credentials of a request."""
