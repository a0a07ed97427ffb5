"""`python -m opscli`."""

from opscli.cli.main import run

if __name__ == "__main__":
    run()
