"""Planned relocation, precise to each household.

Rooms, from the ground up: ``units problems words tables policy methods`` hold what every stage
uses; the stages (``registry entitlement siting funds ...``) turn tables into tables and never
import each other; ``journey`` is the only place where they meet; ``cli`` speaks to people.
"""

__version__ = "0.1.0"
