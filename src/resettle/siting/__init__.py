"""Where to: sites chosen and villages assigned, with a bound; dwellings allotted; a draw anyone can check."""
