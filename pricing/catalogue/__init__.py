"""The list prices we ship: an imported catalogue and a small history kept by hand."""
