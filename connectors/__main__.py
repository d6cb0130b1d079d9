"""``python -m openconnectors`` is the command line."""

from openconnectors.cli import main

if __name__ == "__main__":
    main()
