"""Poverty measures with errors that respect strata and clusters."""
