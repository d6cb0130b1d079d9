"""Checks in an editor: a server of the Language Server Protocol over the linter.

``session`` knows the texts that editors hold and checks the documents that they are in; ``places`` finds the node at a
place of a text, and the place of a node; ``answers`` makes what editors show of it: diagnostics, hover, actions,
definitions, symbols; ``server`` speaks the protocol, by pygls.
"""
