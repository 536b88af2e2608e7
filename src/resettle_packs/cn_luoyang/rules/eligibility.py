"""Who may move, and as what."""
from resettle.policy import rule


@rule(of="village", source="NDRC plan 2016-2020: places where land and water cannot support people",
      zh="迁出范围内的村", en="village within the scope")
def is_scope_village(scope_reason: str) -> bool:
    return scope_reason in {"harsh", "ecological", "hazard", "disease", "remote"}


@rule(of="village", source="paper line 135", clause="villages under 20 households move as a whole",
      zh="行政村整村搬迁", en="administrative village moves as a whole")
def is_whole_village(village_household_count: int, whole_village_threshold: int) -> bool:
    return village_household_count < whole_village_threshold


@rule(source="paper line 135", clause="natural villages under 20 households move as a whole",
      zh="自然村或行政村整村搬迁", en="natural or administrative village moves as a whole")
def in_whole_village(natural_village_household_count: int, whole_village_threshold: int, village) -> bool:
    return natural_village_household_count < whole_village_threshold or village.is_whole_village


@rule(source="registry field table: registered attribute", zh="建档立卡户", en="registered poor household")
def is_registered(registry_type: str) -> bool:
    return registry_type in {"poor", "poor_low_income", "five_guarantee"}


@rule(source="assumption: as in the Guangxi approval form; no Luoyang text was found",
      clause="one public housing benefit a household", zh="享受过危房改造", en="had dangerous-house aid")
def has_double_benefit(had_renovation_aid: bool) -> bool:
    return had_renovation_aid


@rule(source="NDRC plan 2016-2020: registered poor of places that cannot support them", zh="符合搬迁资格", en="entitled to move")
def is_eligible(is_registered: bool, village, has_double_benefit: bool) -> bool:
    return is_registered and village.is_scope_village and not has_double_benefit


@rule(source="paper line 135", clause="non-poor neighbours may move along", zh="同步搬迁户", en="co-mover")
def is_co_mover(is_registered: bool, household_class: str, in_whole_village: bool) -> bool:
    return not is_registered and (household_class == "co_mover" or in_whole_village)


@rule(source="paper lines 126 and 135", zh="搬迁类别", en="class of mover")
def mover_class(is_eligible: bool, is_co_mover: bool) -> str:
    if is_eligible:
        return "registered"
    elif is_co_mover:
        return "co_mover"
    else:
        return "none"


@rule(source="process steps: every adult signs at the application", zh="成年人均同意", en="every adult agrees")
def all_agree(all_adults_agree: bool, person) -> bool:
    return all_adults_agree or all_of(person.agrees, where=person.is_adult)


@rule(source="process steps: agreement with the approval", zh="可列入计划", en="may enter the plan")
def may_enter_plan(mover_class: str, all_agree: bool, agreement_signed: bool) -> bool:
    return mover_class != "none" and all_agree and agreement_signed


@rule(source="process steps: data match before approval", note="a prompt for a person, never a removal",
      zh="需核对比对名单", en="match lists ask for a look")
def needs_match_review(has_vehicle: bool, has_flat_in_town: bool, has_payroll: bool, has_company: bool) -> bool:
    return has_vehicle or has_flat_in_town or has_payroll or has_company
