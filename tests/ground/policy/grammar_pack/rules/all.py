"""Every part of the grammar once."""
from resettle.policy import rule, exception


@rule(of="plot", source="assumption: test")
def plot_worth(worth_minor, land_class, price_minor):
    return worth_minor * look_up(price_minor, land_class)


@rule(of="plot", source="assumption: test")
def plot_is_wet(land_class, household):
    return land_class == "wet" and not household.is_many


@rule(of="person", source="assumption: test")
def weight(share, has_job):
    return share * 2 if has_job else known(share, otherwise=1)


@rule(source="assumption: test")
def worth_all(plot):
    return total(plot.plot_worth)


@rule(source="assumption: test")
def worth_taken(plot):
    return total(plot.plot_worth, where=plot.is_taken)


@rule(source="assumption: test")
def shares(person):
    return total(person.share, where=person.has_job)


@rule(source="assumption: test")
def weights(person):
    return total(person.weight)


@rule(source="assumption: test")
def is_many(person, threshold):
    return count(person) > threshold


@rule(source="assumption: test")
def workers(person):
    return count(person.has_job, where=person.is_present)


@rule(source="assumption: test")
def spread(workers, person):
    return max(workers * 3 - count(person.is_student), min(workers, 2))


@rule(source="assumption: test")
def is_spread_wide(spread, person):
    return 4 <= spread < 12 or spread == 0 or count(person.has_job) != 2


@rule(source="assumption: test")
def chosen(has_vehicle, workers, person):
    if has_vehicle:
        return workers + 1
    else:
        return count(person.is_head)


@rule(source="assumption: test")
def is_chosen_big(chosen):
    return chosen >= 2


@rule(source="assumption: test")
def wet_any(plot):
    return any_of(plot.plot_is_wet, where=plot.is_taken)


@rule(source="assumption: test")
def wet_all(plot):
    return all_of(plot.plot_is_wet, where=plot.is_taken) or all_of(plot.is_taken)


@rule(source="assumption: test")
def head_birth(person):
    return only(person.birth_date, where=person.is_head)


@rule(source="assumption: test")
def head_works(person):
    return only(person.has_job, where=person.is_head)


@rule(source="assumption: test")
def head_is_old(head_birth, as_of):
    return head_birth + years(60) <= as_of


@rule(source="assumption: test")
def wait_months(head_birth, as_of):
    return divide_down(max(0, as_of - head_birth), months(1))


@rule(source="assumption: test")
def band(member_count, amount_minor, has_vehicle):
    if member_count <= 2:
        return "a"
    elif amount_minor > 500000 and not has_vehicle:
        return "b"
    elif member_count in {3, 4, 5}:
        return "c"
    elif has_vehicle:
        return "b" if amount_minor < 0 else "d"
    else:
        return "a"


@rule(source="assumption: test")
def band_number(band, workers):
    if band == "a":
        return 1
    elif band == "b":
        return 2
    elif band not in {"c", "d"}:
        return 3
    elif workers > 1:
        return 4
    else:
        return 4


@rule(source="assumption: test")
def parts(amount_minor, member_count):
    return divide_half_up(max(0, amount_minor), max(1, member_count)) + divide_up(max(0, amount_minor), 7)


@rule(source="assumption: test")
def line_of_year(income_year, year_line_minor):
    return look_up(year_line_minor, income_year)


@rule(source="assumption: test")
def open_amount(silent, has_flat_in_town):
    return silent if has_flat_in_town else 0


@rule(source="assumption: test")
def sure(has_company, amount_minor):
    return known(has_company, otherwise=False) and amount_minor > 0


@rule(source="assumption: test")
def grant(workers):
    return workers * 10


@exception(to="grant", source="assumption: test")
def grant_when_destitute(is_destitute):
    if is_destitute:
        return decided_by("county", reason="in principle", between=(0, 50))


@exception(to="grant_when_destitute", source="assumption: test")
def grant_never_with_company(has_company, is_destitute):
    if has_company and is_destitute:
        return 0


@exception(to="grant", after="grant_when_destitute", source="assumption: test")
def grant_of_kin(has_kin, sure):
    if has_kin:
        if sure:
            return 99


@rule(of="village", source="assumption: test")
def village_workers(household):
    return total(household.workers)


@rule(of="village", source="assumption: test")
def is_working_village(village_workers, household):
    return village_workers * 100 > count(household) * 150


@rule(source="assumption: test")
def lives_with_workers(village, is_many):
    return village.is_working_village and not is_many
