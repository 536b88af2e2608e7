"""What a household is due: land, house, livelihood, help to those who need more."""
from resettle.policy import rule, exception


@rule(of="village", source="assumption: the whole village lies below the water line", zh="库区淹没村", en="village to be flooded")
def is_flooded(scope_reason: str) -> bool:
    return scope_reason == "reservoir"


@rule(of="village", unit="household", source="count of the census", zh="受影响户数", en="affected households")
def affected_households(household) -> int:
    return count(household.is_affected)


@rule(of="village", source="assumption: a village more than half affected is resettled as one", zh="受影响过半", en="over half of the village is affected")
def is_over_half_affected(affected_households: int, village_household_count: int) -> bool:
    return affected_households * 2 > village_household_count


@rule(of="village", source="assumption: small villages move together", zh="整村搬迁", en="whole village moves")
def is_whole_village(village_household_count: int, whole_village_threshold: int) -> bool:
    return village_household_count < whole_village_threshold


@rule(source="ESS5: cut-off date", clause="who is in the census frozen at the cut-off, or settled before it",
      zh="截止日前定居", en="settled before the cut-off")
def is_before_cutoff(household_class: str, settled_date, cutoff) -> bool:
    return household_class == "affected" or settled_date <= cutoff


@rule(source="ESS5: physical or economic displacement", zh="受影响户", en="affected household")
def is_affected(must_move_house: bool, land_taken_dm2: int, business, lease) -> bool:
    return must_move_house or land_taken_dm2 > 0 or count(business) > 0 or count(lease) > 0


@rule(source="ESS5: eligibility does not depend on title", zh="符合资格", en="entitled under the project")
def is_eligible(is_affected: bool, is_before_cutoff: bool) -> bool:
    return is_affected and is_before_cutoff


@rule(source="ESS5: affected persons", zh="搬迁类别", en="class of mover")
def mover_class(is_eligible: bool) -> str:
    return "affected" if is_eligible else "none"


@rule(unit="dm2", source="ESS5: loss of land", zh="失地面积", en="land lost")
def land_taken_dm2(plot) -> int:
    return total(plot.payable_dm2)


@rule(unit="minor", source="ESS5: loss of land at replacement cost", zh="土地补偿合计", en="cash for all land")
def land_all_cash_minor(plot) -> int:
    return total(plot.land_cash_minor)


@rule(unit="dm2", source="project framework: classes by land left", zh="剩余土地", en="land left")
def land_left_dm2(holding_dm2: int, land_taken_dm2: int) -> int:
    return max(0, holding_dm2 - land_taken_dm2)


@rule(source="project framework: landless, marginal, small", zh="失地类别", en="class by land left")
def land_status(land_taken_dm2: int, land_left_dm2: int, marginal_dm2: int, small_dm2: int) -> str:
    if land_taken_dm2 == 0:
        return "unaffected"
    elif land_left_dm2 == 0:
        return "landless"
    elif land_left_dm2 <= marginal_dm2:
        return "marginal"
    elif land_left_dm2 <= small_dm2:
        return "small"
    else:
        return "other"


@rule(unit="day", source="project framework: 750, 500 and 375 days of wage", zh="工资天数", en="days of wage")
def wage_days(land_status: str) -> int:
    if land_status == "landless":
        return 750
    elif land_status == "marginal":
        return 500
    elif land_status == "small":
        return 375
    else:
        return 0


@rule(source="ESS5: land-based options first", zh="可选土地", en="land for land is offered")
def is_land_offered(land_status: str, land_taken_dm2: int, holding_dm2: int, land_for_land_pct: int) -> bool:
    return land_status in {"landless", "marginal"} and land_taken_dm2 * 100 >= holding_dm2 * land_for_land_pct


@rule(source="project framework: the household chooses", zh="土地或现金", en="land or cash")
def land_choice(is_land_offered: bool, land_option: str) -> str:
    return land_option if is_land_offered else "cash"


@rule(unit="dm2", source="assumption: like for like between a floor and a ceiling", zh="替代土地", en="replacement land")
def land_given_dm2(land_choice: str, land_taken_dm2: int, land_floor_dm2: int, land_ceiling_dm2: int) -> int:
    return min(max(land_taken_dm2, land_floor_dm2), land_ceiling_dm2) if land_choice == "land" else 0


@rule(unit="minor", source="project framework: the price of given land is set off", zh="土地补偿", en="cash for land")
def land_pay_minor(land_choice: str, land_all_cash_minor: int, occupancy_price_minor: int) -> int:
    return max(0, land_all_cash_minor - occupancy_price_minor) if land_choice == "land" else land_all_cash_minor


@rule(unit="minor", source="project framework: rehabilitation by days of wage", zh="生活恢复补助", en="rehabilitation grant")
def rehabilitation_minor(land_choice: str, wage_days: int, min_wage_minor: int) -> int:
    return wage_days * min_wage_minor if land_choice == "cash" else 0


@rule(source="ESS5: physical displacement", zh="须搬家", en="must leave the house")
def must_move_house(structure, village) -> bool:
    return village.is_flooded or any_of(structure.is_lost_dwelling)


@rule(unit="minor", source="ESS5: structures at replacement cost", zh="房屋补偿合计", en="cash for all structures")
def structures_minor(structure) -> int:
    return total(structure.structure_cash_minor)


@rule(unit="minor", source="assumption: never less than a minimum house", zh="住房补偿", en="house compensation")
def house_compensation_minor(must_move_house: bool, structures_minor: int, minimum_house_minor: int) -> int:
    return max(structures_minor, minimum_house_minor) if must_move_house else structures_minor


@rule(unit="plot", source="assumption: a plot for each separate family", zh="宅地数", en="house plots")
def house_plots(must_move_house: bool, person) -> int:
    return 1 + count(person.is_separate_family, where=person.wants_own_plot) if must_move_house else 0


@rule(unit="person", source="census", zh="安置人数", en="persons resettled")
def resettled_persons(person) -> int:
    return count(person.is_present)


@rule(unit="dm2", source="assumption: the size of the project's houses", zh="面积上限", en="floor area ceiling")
def area_cap_dm2(is_eligible: bool, must_move_house: bool, resettled_persons: int, area_per_person_dm2: int) -> int:
    return area_per_person_dm2 * resettled_persons if is_eligible and must_move_house else 0


@rule(unit="dm2", source="assumption: need above the ceiling is reported, never granted", zh="超出上限的需要", en="need above the ceiling")
def area_short_dm2(is_eligible: bool, area_need_dm2: int, area_cap_dm2: int) -> int:
    return max(0, area_need_dm2 - area_cap_dm2) if is_eligible else 0


@rule(unit="dm2", source="assumption: the mix of the project's houses", zh="户型面积", en="dwelling size")
def dwelling_size_dm2(area_cap_dm2: int) -> int:
    if area_cap_dm2 >= 12500:
        return 12500
    elif area_cap_dm2 >= 10000:
        return 10000
    elif area_cap_dm2 >= 7500:
        return 7500
    elif area_cap_dm2 >= 5000:
        return 5000
    elif area_cap_dm2 >= 2500:
        return 2500
    else:
        return 0


@rule(source="project framework: the household chooses", zh="安置方式", en="mode of resettlement")
def resettlement_mode(must_move_house: bool, mode_wish: str) -> str:
    return mode_wish if must_move_house else "none"


@rule(source="ESS5: no condition on the old homestead", zh="须腾退宅基地", en="homestead is to be returned")
def must_return_homestead() -> bool:
    return False


@rule(source="ESS5: one compensation for one loss", zh="重复享受", en="had housing aid before")
def has_double_benefit(had_renovation_aid: bool) -> bool:
    return had_renovation_aid


@rule(unit="minor", source="ESS5: movers raise nothing themselves", zh="自筹金额", en="self-financing due")
def self_raised_minor() -> int:
    return 0


@rule(unit="minor", source="ESS5: crops and improvements", zh="青苗与改良", en="crops and improvements")
def crops_minor(plot) -> int:
    return total(plot.crop_minor) + total(plot.improvement_minor)


@rule(unit="minor", source="ESS5: trees", zh="树木补偿", en="cash for trees")
def trees_minor(tree) -> int:
    return total(tree.tree_cash_minor)


@rule(unit="minor", source="assumption: usual in reservoir plans", zh="坟墓补偿", en="cash for graves")
def graves_minor(grave) -> int:
    return total(grave.grave_cash_minor)


@rule(unit="minor", source="ESS5: loss of business income", zh="停业补偿", en="cash for lost business")
def businesses_minor(business) -> int:
    return total(business.business_cash_minor)


@rule(unit="minor", source="project framework: unexpired lease", zh="租约补偿", en="cash for leases")
def leases_minor(lease) -> int:
    return total(lease.lease_cash_minor)


@rule(source="ESS5: vulnerable groups", zh="脆弱户", en="vulnerable household")
def is_vulnerable(has_female_head: bool, is_below_line_listed: bool, is_indigenous: bool, person) -> bool:
    return has_female_head or is_below_line_listed or is_indigenous or any_of(person.is_vulnerable_member)


@rule(unit="month", source="assumption: longer for vulnerable households", zh="过渡月数", en="months of support")
def support_months(must_move_house: bool, is_vulnerable: bool, support_months_base: int, support_months_extra: int) -> int:
    if not must_move_house:
        return 0
    elif is_vulnerable:
        return support_months_base + support_months_extra
    else:
        return support_months_base


@rule(unit="minor", source="ESS5: support through the transition", zh="过渡补助", en="transition support")
def support_minor(support_months: int, resettled_persons: int, support_per_person_month_minor: int) -> int:
    return support_months * resettled_persons * support_per_person_month_minor


@rule(unit="minor", source="ESS5: moving costs", zh="搬迁补助", en="moving allowance")
def moving_minor(must_move_house: bool, moving_allowance_minor: int) -> int:
    return moving_allowance_minor if must_move_house else 0


@rule(unit="minor", source="ESS5: class c gets assistance instead of land", zh="无权属户住房补助", en="house assistance to those without title")
def squatter_house_grant_minor(must_move_house: bool, plot, squatter_house_minor: int) -> int:
    return squatter_house_minor if must_move_house and count(plot.is_land_counted) == 0 else 0


@rule(unit="minor", source="ESS5: vulnerable groups", zh="脆弱户补助", en="grant to a vulnerable household")
def vulnerable_grant_minor(is_vulnerable: bool, vulnerable_minor: int) -> int:
    return vulnerable_minor if is_vulnerable else 0


@exception(to="vulnerable_grant_minor", source="ESS5: cut-off date", clause="nobody who came after the cut-off",
           zh="截止日后迁入不享受", en="not for those who came after the cut-off")
def encroacher_has_no_grant(is_before_cutoff: bool) -> int:
    if not is_before_cutoff:
        return 0


@rule(unit="minor", source="assumption: a hardship fund the county may grant from", zh="困难补助", en="hardship grant")
def hardship_minor(is_eligible: bool, is_vulnerable: bool, vulnerable_minor: int) -> int:
    return decided_by("county", reason="in principle for hardship", between=(0, vulnerable_minor)) if is_eligible and is_vulnerable else 0


@rule(unit="minor", source="ESS5: all compensation together", zh="现金合计", en="cash in all")
def cash_total_minor(land_pay_minor: int, house_compensation_minor: int, crops_minor: int, trees_minor: int, graves_minor: int,
                     businesses_minor: int, leases_minor: int, rehabilitation_minor: int, moving_minor: int,
                     vulnerable_grant_minor: int, squatter_house_grant_minor: int, support_minor: int) -> int:
    return (land_pay_minor + house_compensation_minor + crops_minor + trees_minor + graves_minor + businesses_minor + leases_minor
            + rehabilitation_minor + moving_minor + vulnerable_grant_minor + squatter_house_grant_minor + support_minor)


@rule(unit="minor", source="assumption: what is not yet known as paid is taken as unpaid until the books are in", zh="尚欠补偿", en="still to be paid")
def cash_due_minor(cash_total_minor: int, paid_minor: int) -> int:
    return max(0, cash_total_minor - known(paid_minor, otherwise=0))


@rule(source="ESS5: compensation before displacement", zh="可以搬迁", en="may be moved")
def may_be_moved(cash_total_minor: int, paid_minor: int, land_choice: str, is_land_handed_over: bool) -> bool:
    return paid_minor >= cash_total_minor and (land_choice == "cash" or is_land_handed_over)
