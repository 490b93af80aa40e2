"""`python -m chatloom`."""

from chatloom.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
