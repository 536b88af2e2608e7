"""Floor area, dwelling and what the household pays."""
from resettle.policy import rule, exception


@rule(unit="person", source="paper line 126", zh="安置人数", en="persons resettled")
def resettled_persons(person) -> int:
    return count(person.is_present)


@rule(unit="person", source="paper line 126", zh="在册安置人数", en="registered persons resettled")
def registered_persons(person) -> int:
    return count(person.counts_for_area)


@rule(unit="dm2", source="paper line 126", clause="25 m2 a person, never exceeded", zh="面积上限", en="floor area ceiling")
def area_cap_dm2(is_eligible: bool, registered_persons: int, area_per_person_dm2: int) -> int:
    return area_per_person_dm2 * registered_persons if is_eligible else 0


@rule(unit="dm2", source="assumption: co-movers are planned by the same area a person", zh="计划面积", en="area planned for")
def area_plan_dm2(mover_class: str, area_cap_dm2: int, resettled_persons: int, area_per_person_dm2: int) -> int:
    if mover_class == "registered":
        return area_cap_dm2
    elif mover_class == "co_mover":
        return area_per_person_dm2 * resettled_persons
    else:
        return 0


@rule(unit="dm2", source="paper line 126", clause="need above the ceiling is reported, never granted",
      zh="超出上限的需要", en="need above the ceiling")
def area_short_dm2(is_eligible: bool, area_need_dm2: int, area_cap_dm2: int) -> int:
    return max(0, area_need_dm2 - area_cap_dm2) if is_eligible else 0


@rule(unit="dm2", source="paper lines 126 and 134 (25, 50, 75, 125 m2); 100 m2 from line 139",
      clause="the largest size not above the ceiling", zh="户型面积", en="dwelling size")
def dwelling_size_dm2(area_plan_dm2: int) -> int:
    if area_plan_dm2 >= 12500:
        return 12500
    elif area_plan_dm2 >= 10000:
        return 10000
    elif area_plan_dm2 >= 7500:
        return 7500
    elif area_plan_dm2 >= 5000:
        return 5000
    elif area_plan_dm2 >= 2500:
        return 2500
    else:
        return 0


@rule(source="assumption: as in Shaanxi; no Luoyang text was found", clause="homes handed over ready to the destitute",
      zh="交钥匙", en="turnkey home")
def is_turnkey(is_eligible: bool, is_destitute: bool) -> bool:
    return is_eligible and is_destitute


@rule(unit="minor", source="assumption: Shaanxi amounts; Luoyang's own were not found",
      clause="so much a person, at most so much a household", zh="自筹金额", en="self-financing due")
def self_raised_minor(is_eligible: bool, registered_persons: int, self_raise_per_person_minor: int, self_raise_cap_minor: int) -> int:
    return min(self_raise_per_person_minor * registered_persons, self_raise_cap_minor) if is_eligible else 0


@exception(to="self_raised_minor", unit="minor", source="assumption: a turnkey home asks for no self-financing, as in Shaanxi",
           clause="turnkey homes", zh="交钥匙户不自筹", en="turnkey households raise nothing")
def turnkey_raises_nothing(is_turnkey: bool) -> int:
    if is_turnkey:
        return 0


@rule(unit="minor", source="paper line 139", clause="non-poor households buy at their own cost",
      zh="购房价下限", en="house price, low")
def house_price_low_minor(mover_class: str, dwelling_size_dm2: int, house_price_low_minor_per_m2: int) -> int:
    return divide_half_up(dwelling_size_dm2 * house_price_low_minor_per_m2, 100) if mover_class == "co_mover" else 0


@rule(unit="minor", source="paper line 139", clause="non-poor households buy at their own cost",
      zh="购房价上限", en="house price, high")
def house_price_high_minor(mover_class: str, dwelling_size_dm2: int, house_price_high_minor_per_m2: int) -> int:
    return divide_half_up(dwelling_size_dm2 * house_price_high_minor_per_m2, 100) if mover_class == "co_mover" else 0


@rule(unit="minor", source="paper line 135: those who are not poor pay for their house", clause="non-poor households buy at their own cost",
      zh="同步搬迁户补助", en="subsidy to a co-mover")
def co_mover_subsidy_minor(mover_class: str, resettled_persons: int, co_mover_subsidy_per_person_minor: int) -> int:
    return co_mover_subsidy_per_person_minor * resettled_persons if mover_class == "co_mover" else 0


@rule(source="paper line 163", clause="scattered modes fall under the same policy", zh="安置方式", en="mode of resettlement")
def resettlement_mode(mover_class: str, mode_wish: str) -> str:
    return "none" if mover_class == "none" else mode_wish
