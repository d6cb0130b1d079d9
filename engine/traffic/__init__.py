"""Real traffic of a connector: judged by its document, forwarded, recorded and replayed.

examination     one exchange against the document: which operation, what deviates
proxy           a server on loopback that forwards to one place, and examines what passes
"""
