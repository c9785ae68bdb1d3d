"""What people see, checked against the platforms' own types and drawn."""
