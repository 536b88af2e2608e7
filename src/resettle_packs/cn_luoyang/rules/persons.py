"""Members: who counts, who can work, who may borrow."""
from resettle.policy import rule


@rule(of="person", source="paper line 126: floor area goes by registered members",
      zh="在册且现为成员", en="registered and still a member")
def counts_for_area(is_registered_member: bool, is_present: bool) -> bool:
    return is_registered_member and is_present


@rule(of="person", source="registry field table: classes of labour", zh="有劳动能力", en="able to work")
def is_labour(labour_class: str) -> bool:
    return labour_class in {"ordinary", "skilled"}


@rule(of="person", source="registry field table: classes of labour", zh="有劳动能力且已就业", en="able to work and in work")
def is_employed_labour(is_labour: bool, has_job: bool) -> bool:
    return is_labour and has_job


@rule(of="person", source="assumption: full age is eighteen", zh="成年", en="of full age")
def is_adult(birth_date, as_of) -> bool:
    return birth_date + years(18) <= as_of


@rule(of="person", source="Shizong county notice 2019-08-02: borrowers aged 18 to 65", zh="符合贷款年龄", en="of borrowing age")
def is_loan_age(birth_date, as_of) -> bool:
    return birth_date + years(18) <= as_of < birth_date + years(66)
