"""One suite of behaviours for every platform, and the table that it writes."""
