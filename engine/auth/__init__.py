"""Authentication: security schemes, one file and one row of ``schemes.ROWS`` each."""
