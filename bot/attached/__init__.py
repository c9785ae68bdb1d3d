"""Files that people attach to a question: read for it and for what follows in its thread."""
