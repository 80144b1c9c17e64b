#!/usr/bin/env python
"""Django's command line for a checkout of this project."""

from credentials_badges.__main__ import main

if __name__ == "__main__":
    main()
