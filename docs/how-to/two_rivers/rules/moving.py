"""Who moves, and how much room they get."""

from resettle.policy import rule


@rule(of="village", source="assumption: example only", zh="须迁村", en="village must be left")
def is_scope_village(scope_reason: str) -> bool:
    return scope_reason == "hazard"


@rule(of="household", source="assumption: example only", zh="符合资格", en="is eligible")
def is_eligible(village, had_renovation_aid: bool) -> bool:
    return village.is_scope_village and not had_renovation_aid


@rule(of="household", unit="dm2", source="assumption: example only", zh="面积上限", en="floor area ceiling")
def area_cap_dm2(is_eligible: bool, member_count: int, area_per_person_dm2: int) -> int:
    return member_count * area_per_person_dm2 if is_eligible else 0
