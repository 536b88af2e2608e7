"""Draws households that meet given totals exactly; knows no country, only the totals and shares it is given."""

from resettle.population.draw import Group, Household, draw_group
from resettle.population.sizes import draw_sizes

__all__ = ["Group", "Household", "draw_group", "draw_sizes"]
