"""`python -m chatloom`."""

from chatloom.cli import run

if __name__ == "__main__":
    run()
