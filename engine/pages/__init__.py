"""The reference page of a connector: data, and its forms as HTML and as Markdown."""
