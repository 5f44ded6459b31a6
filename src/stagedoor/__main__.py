"""`python -m stagedoor`."""

from stagedoor.cli.main import run

run()
