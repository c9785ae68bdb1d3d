"""From files to indexed chunks."""
