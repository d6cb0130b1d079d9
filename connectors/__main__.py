"""``python -m connectors`` is the command line."""

from connectors.cli import main

if __name__ == "__main__":
    main()
