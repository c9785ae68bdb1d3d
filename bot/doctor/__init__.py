"""Examines each part by using it, and says what is wrong and how to mend it."""
