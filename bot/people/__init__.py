"""What people meet beside an answer: a welcome, their home, shortcuts, reviewers, a human."""
