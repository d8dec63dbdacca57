"""Arrays of NumPy and Arrow, worked on fast: hashed, encoded, sorted, joined, scanned."""
