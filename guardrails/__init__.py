"""What protects people, the company and the answer."""
