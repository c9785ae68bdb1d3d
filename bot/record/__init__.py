"""What is known of each answer without its words, and what is forgotten of a person."""
