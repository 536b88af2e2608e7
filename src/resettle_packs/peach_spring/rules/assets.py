"""Plots, structures, trees, graves, businesses and leases, one row at a time."""
from resettle.policy import rule

# Each rule below follows the options of a World Bank project framework and ESS5; amounts are parameters.


@rule(of="plot", source="ESS5: three classes of affected persons", zh="权利类别", en="class of right")
def right_class(title_class: str) -> str:
    if title_class in {"formal", "customary_registered"}:
        return "a_right"
    elif title_class in {"customary", "claim_pending"}:
        return "b_claim"
    else:
        return "c_none"


@rule(of="plot", source="ESS5: classes a and b are paid for land; none who came after the cut-off", zh="土地可补偿", en="land is paid for")
def is_land_counted(right_class: str, household) -> bool:
    return right_class in {"a_right", "b_claim"} and household.is_before_cutoff


@rule(of="plot", unit="dm2", source="assumption: a remnant that cannot be used is taken too", zh="附带征用", en="remnant taken too")
def remnant_taken_dm2(plot_area_dm2: int, taken_dm2: int, is_remnant_viable: bool) -> int:
    return 0 if is_remnant_viable else max(0, plot_area_dm2 - taken_dm2)


@rule(of="plot", unit="dm2", source="ESS5: loss of land at replacement cost", zh="补偿面积", en="area paid for")
def payable_dm2(is_land_counted: bool, taken_dm2: int, remnant_taken_dm2: int) -> int:
    return taken_dm2 + remnant_taken_dm2 if is_land_counted else 0


@rule(of="plot", unit="minor", source="ESS5: loss of land at replacement cost", zh="土地补偿", en="cash for land")
def land_cash_minor(payable_dm2: int, land_price_minor_per_100dm2, land_class: str) -> int:
    return divide_half_up(payable_dm2 * look_up(land_price_minor_per_100dm2, land_class), 100)


@rule(of="plot", unit="minor", source="project framework: the crop is paid to the tiller", zh="青苗补偿", en="cash for the crop")
def crop_minor(is_tilled_by_household: bool, crop: str, taken_dm2: int, is_harvested: bool, household, crop_price_minor_per_100dm2) -> int:
    if not is_tilled_by_household or is_harvested or not household.is_before_cutoff:
        return 0
    else:
        return divide_half_up(taken_dm2 * look_up(crop_price_minor_per_100dm2, crop), 100)


@rule(of="plot", unit="minor", source="ESS5: improvements to land", zh="改良补偿", en="cash for improvements")
def improvement_minor(improvement_value_minor: int, is_improved_by_household: bool) -> int:
    return improvement_value_minor if is_improved_by_household else 0


@rule(of="structure", source="ESS5: nothing built after the cut-off counts", zh="房屋可补偿", en="structure is paid for")
def is_structure_counted(built_date, cutoff) -> bool:
    return built_date <= cutoff


@rule(of="structure", unit="minor", source="ESS5: structures at replacement cost without depreciation", zh="房屋补偿", en="cash for a structure")
def structure_cash_minor(is_structure_counted: bool, is_owned: bool, replacement_minor: int) -> int:
    return replacement_minor if is_structure_counted and is_owned else 0


@rule(of="structure", source="ESS5: physical displacement", zh="失去住房", en="a dwelling is lost")
def is_lost_dwelling(is_structure_counted: bool, structure_kind: str) -> bool:
    return is_structure_counted and structure_kind == "dwelling"


@rule(of="tree", unit="minor", source="ESS5: trees at replacement cost", zh="树木补偿", en="cash for trees")
def tree_cash_minor(tree_kind: str, tree_count: int, tree_price_minor) -> int:
    return tree_count * look_up(tree_price_minor, tree_kind)


@rule(of="grave", unit="minor", source="assumption: usual in reservoir plans", zh="坟墓补偿", en="cash for a grave")
def grave_cash_minor(is_kin: bool, grave_wish: str, grave_move_minor: int, grave_rite_minor: int) -> int:
    if not is_kin:
        return 0
    elif grave_wish == "move":
        return grave_move_minor
    else:
        return grave_rite_minor


@rule(of="business", unit="month", source="assumption: lost profit up to a cap", zh="计算停业月数", en="months of profit counted")
def closed_months(business_option: str, months_closed: int, closed_months_cap: int) -> int:
    return min(months_closed, closed_months_cap) if business_option == "move" else closed_months_cap


@rule(of="business", unit="minor", source="ESS5: loss of business income", zh="停业补偿", en="cash for lost business")
def business_cash_minor(monthly_profit_minor: int, closed_months: int, business_move_cost_minor: int, was_operating_at_cutoff: bool) -> int:
    return monthly_profit_minor * closed_months + business_move_cost_minor if was_operating_at_cutoff else 0


@rule(of="lease", unit="month", source="project framework: unexpired lease", zh="未到期月数", en="months unexpired")
def unexpired_months(lease_end_date, land_handover, unexpired_cap: int) -> int:
    return min(unexpired_cap, divide_down(max(0, lease_end_date - land_handover), months(1)))


@rule(of="lease", unit="minor", source="project framework: unexpired lease and deposit", zh="租约补偿", en="cash for a lease")
def lease_cash_minor(unexpired_months: int, rent_month_minor: int, deposit_minor: int) -> int:
    return rent_month_minor * unexpired_months + deposit_minor


@rule(of="person", source="assumption: grown children without a family of their own count as a family", zh="可另立户", en="counts as a separate family")
def is_separate_family(birth_date, cutoff, sex: str, marital_status: str) -> bool:
    return birth_date + years(18) <= cutoff and (sex == "male" or marital_status in {"unmarried", "widowed", "divorced"})


@rule(of="person", source="ESS5: vulnerable persons", zh="脆弱成员", en="vulnerable member")
def is_vulnerable_member(birth_date, as_of, health: str, marital_status: str) -> bool:
    return birth_date + years(65) <= as_of or health == "disabled" or marital_status == "widowed"
