"""One operation compiled: arguments to a request, a response to a value. Pure: no sockets, no clock."""
