"""The plain case of a call, in as few steps as there can be; whatever is not plain is left to the plan and the flow.

::

    arguments ── write ──▶ target, body ── the transport's prepared request ──▶ Response ── read ──▶ value

Rule 1. Each step either finishes with every check on, or is ``DECLINED`` without a side effect. It has no words: what
is wrong with an argument, or with a response, is explained by the plan alone.

Rule 2. What a step accepts is what the plan gives: the same bytes on the wire, the same value.

Rule 3. Once a request was sent, its outcome (a response, an error) is fed into the flow of the call, so that nothing is
sent again for it.

So a call never depends on which way it went, except in its cost. Both laws are held by tests over many documents.
"""
