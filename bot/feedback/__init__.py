"""What people say of answers, what experts made of it, and what found no answer."""
