"""Real traffic of a connector: judged by its document, forwarded, recorded and replayed.

    fit             whether the exchanges of a recording fit a document
    proxy           a server on loopback that forwards to one place, and examines what passes
    examination     one exchange against a document: which operation, what deviates
    replay          a transport that responds from a recording
    recorder        a transport that records what another carries
    har             recordings as HAR 1.2
    exchanges       requests with their responses, as they are kept
    redaction       what is kept of them: no credential

What judges by a document needs the extra ``sandbox``; recording and replaying need nothing.
"""
