"""Demo traffic: thirty days of a small shop's model calls, made up by a fixed seed and sent down the real path."""
