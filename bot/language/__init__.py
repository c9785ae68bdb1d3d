"""In which language Citewell speaks, and its own fixed words in each."""
