"""From a grid of cells to households and persons: every row is accepted or answered, none is lost."""
