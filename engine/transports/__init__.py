"""Ways to carry a request: the only modules that open sockets."""
