"""One operation for many rows of arguments: outcomes in the order of the rows, each row sent once.

::

    rows ── key ──▶ ledger: claimed? ── budget: may it go? ── the call ──▶ ledger: what came of it ──▶ Outcome

Rule 1. A row whose request may have been carried out is not sent again unless the request is safe to repeat. What is
known of a row is written down before it is sent, and after; so a second run, and a worker that gets the row of one that
was killed, know as much.

Rule 2. Rows are taken, and outcomes given, as they are wanted: neither is ever held as a whole.

Rule 3. A row is a flow like any call: threads, processes and coroutines run the same one.
"""
