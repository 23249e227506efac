"""Tables and labels of any container, and rows read in blocks."""
