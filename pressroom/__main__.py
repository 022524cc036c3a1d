"""`python -m pressroom` is the same as `pressroom`."""

from pressroom.cli import main

if __name__ == "__main__":
    main()
