"""``python -m mitograft`` is the command line."""

from mitograft.cli import main

main()
