"""Values: resolved schemas, validation, conversion, styles, and the codecs that write and read them."""
