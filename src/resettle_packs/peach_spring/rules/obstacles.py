"""What makes the offer hard for a household: invented like everything of this pack, each resting on a fact."""
from resettle.policy import rule


@rule(of="plot", source="assumption: invented", zh="果园被淹", en="an orchard is taken")
def is_orchard_lost(land_class: str, taken_dm2: int) -> bool:
    return land_class == "orchard" and taken_dm2 > 0


@rule(of="business", source="assumption: invented", zh="搬走的生意", en="a business that moves away from its customers")
def is_customer_lost(business_option: str, was_operating_at_cutoff: bool) -> bool:
    return business_option == "move" and was_operating_at_cutoff


@rule(of="person", source="assumption: invented", zh="成年子女", en="grown child")
def is_grown_child(relation: str, birth_date, as_of) -> bool:
    return relation in {"son", "daughter"} and birth_date + years(18) <= as_of


@rule(source="assumption: invented", zh="留下果园", en="leaves an orchard")
def has_orchard_left(must_move_house: bool, plot, trees_minor: int) -> bool:
    return must_move_house and (any_of(plot.is_orchard_lost) or trees_minor > 0)


@rule(source="assumption: invented", zh="留下亲属坟墓", en="leaves graves of kin")
def has_graves_left(grave) -> bool:
    return any_of(grave.is_kin)


@rule(source="assumption: invented", zh="亲邻分散", en="kin and neighbours are split")
def is_neighbourhood_split(must_move_house: bool, village) -> bool:
    return must_move_house and not village.is_whole_village


@rule(source="assumption: invented", zh="生意失去老主顾", en="a business loses its customers")
def has_customers_lost(business) -> bool:
    return any_of(business.is_customer_lost)


@rule(source="assumption: invented", zh="选了土地，尚未交地", en="chose land, and has none yet")
def is_land_awaited(land_choice: str, is_land_handed_over: bool) -> bool:
    return land_choice == "land" and not is_land_handed_over


@rule(source="assumption: invented", zh="独居且无亲属", en="alone, without kin")
def is_alone(must_move_house: bool, resettled_persons: int, has_kin: bool) -> bool:
    return must_move_house and resettled_persons == 1 and not has_kin


@rule(source="assumption: invented", zh="女性户主的产权", en="title of a household headed by a woman")
def is_title_open(must_move_house: bool, has_female_head: bool) -> bool:
    return must_move_house and has_female_head


@rule(unit="person", source="assumption: invented", zh="成年子女人数", en="grown children")
def grown_children_count(must_move_house: bool, person) -> int:
    return count(person.is_grown_child) if must_move_house else 0
