"""`python -m aplomo`."""

from aplomo.cli.main import main

main()
