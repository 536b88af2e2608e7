"""The old house and its homestead."""
from resettle.policy import rule, exception


@rule(source="paper line 134; Zhengzhou reply: one household, one homestead", zh="须腾退宅基地", en="homestead is to be returned")
def must_return_homestead(mover_class: str) -> bool:
    return mover_class in {"registered", "co_mover"}


@rule(source="Zhengzhou reply citing national rules", clause="traditional and ethnic-character villages", zh="保护类老房", en="protected old house")
def is_protected_house(is_heritage_house: bool, village) -> bool:
    return is_heritage_house or village.is_protected_village


@rule(source="Zhengzhou reply citing national rules", clause="houses that may stay", zh="老房可保留", en="old house may stay")
def is_demolition_exempt(is_protected_house: bool) -> bool:
    return is_protected_house


@exception(to="is_demolition_exempt", source="Zhengzhou reply citing national rules",
           clause="attached houses shared by two households", zh="连体房保留", en="attached house stays")
def attached_house_stays(is_attached_house: bool) -> bool:
    if is_attached_house:
        return True


@exception(to="attached_house_stays", source="assumption: the reason for the exemption ends when every household moves",
           clause="attached houses whose households all move", zh="连体户都搬", en="all attached households move")
def attached_but_all_move(is_attached_house: bool, neighbours_move: bool, is_protected_house: bool) -> bool:
    if is_attached_house and neighbours_move:
        return is_protected_house


@rule(source="assumption: deadline as in the Guangxi form; no Henan text was found", zh="拆旧期限", en="old house down by")
def demolition_due(moved_in_date, demolition_months: int):
    return moved_in_date + months(demolition_months)


@rule(source="assumption: deadline as in the Guangxi form; no Henan text was found", zh="逾期未拆", en="old house overdue")
def is_demolition_overdue(must_return_homestead: bool, is_demolition_exempt: bool, old_house_demolished: bool, demolition_due, as_of) -> bool:
    return must_return_homestead and not is_demolition_exempt and not old_house_demolished and demolition_due < as_of


@rule(unit="minor", source="assumption: paid per registered person where the county has set an amount",
      zh="拆旧奖励", en="reward for taking the old house down")
def demolition_reward_minor(must_return_homestead: bool, is_demolition_exempt: bool, old_house_demolished: bool,
                            registered_persons: int, demolition_reward_per_person_minor: int) -> int:
    return demolition_reward_per_person_minor * registered_persons if must_return_homestead and not is_demolition_exempt and old_house_demolished else 0


@rule(source="paper line 134", clause="agreement on the homestead before any subsidy", zh="可发放补助", en="subsidy may be released")
def is_subsidy_payable(is_eligible: bool, homestead_agreement: bool, is_demolition_overdue: bool) -> bool:
    return is_eligible and homestead_agreement and not is_demolition_overdue

