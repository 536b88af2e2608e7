"""Work, loans and the poverty line."""
from resettle.policy import rule


@rule(source="NDRC 2021: one person in work in each household able to work", zh="有劳动力", en="has someone able to work")
def has_labour(person) -> bool:
    return any_of(person.is_labour)


@rule(unit="person", source="NDRC 2021: one person in work in each household able to work", zh="就业缺口", en="persons short of work")
def job_gap(has_labour: bool, person, jobs_per_household: int) -> int:
    return max(0, jobs_per_household - count(person.is_employed_labour)) if has_labour else 0


@rule(source="microcredit rules 2016; ages from the Shizong notice", zh="可申请小额信贷", en="may ask for a small loan")
def may_borrow(is_registered: bool, person) -> bool:
    return is_registered and any_of(person.is_loan_age)


@rule(unit="minor", source="microcredit rules 2016", clause="never for the house itself", zh="贷款上限", en="loan at most")
def loan_max_minor(may_borrow: bool, microloan_cap_minor: int) -> int:
    return microloan_cap_minor if may_borrow else 0


@rule(source="poverty line of the year; compared with disposable income since 2014", zh="低于贫困线", en="below the poverty line")
def is_below_line(income_minor: int, resettled_persons: int, poverty_line_minor: int) -> bool:
    return income_minor < poverty_line_minor * resettled_persons
