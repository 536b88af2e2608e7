"""The twelve rules for OpenFisca-core: ``rules_12.py FOLDER builder|builder_text|by_hand`` prints seconds, memory, totals.

``builder`` is the documented way for tables (SimulationBuilder, declare, join_with_persons), given whole numbers as
household numbers; ``builder_text`` is the same given them as text, as a registry has them (fixed-width text arrays, the
form numpy sorts fastest); ``by_hand`` sets the population's arrays itself, which an expert may do where persons lie in
the order of their households.
"""

import json
import resource
import sys
import time

import numpy as np
import pyarrow.parquet as pq
from openfisca_core.entities import build_entity
from openfisca_core.periods import ETERNITY
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Person = build_entity(key="person", plural="persons", label="person", is_person=True)
Household = build_entity(
    key="household", plural="households", label="household", roles=[{"key": "member", "plural": "members"}]
)
PERIOD = "2016"
AREA, SMALL, SHARE, CAP, PRICE, LINE = 2500, 20, 250000, 1000000, 130000, 295200


def column(name, kind, entity=Household):
    return type(name, (Variable,), {"value_type": kind, "entity": entity, "definition_period": ETERNITY})


def output(name, kind, formula):
    return type(
        name,
        (Variable,),
        {"value_type": kind, "entity": Household, "definition_period": ETERNITY, "formula": formula},
    )


def wide(household, name, period):
    return household(name, period).astype(np.int64)


def dwelling(household, period, parameters):
    plan = household("area_plan_dm2", period)
    return np.select(
        [plan >= s for s in (12500, 10000, 7500, 5000, 2500)], [12500, 10000, 7500, 5000, 2500], 0
    )


VARIABLES = [
    column("is_present", bool, Person),
    column("is_registered_member", bool, Person),
    column("is_registered_poor", bool),
    column("had_renovation_aid", bool),
    column("natural_village_household_count", int),
    column("area_need_dm2", int),
    column("income_minor", int),
    output("members", int, lambda h, p, _: h.sum(h.members("is_present", p))),
    output("registered_members", int, lambda h, p, _: h.sum(h.members("is_registered_member", p))),
    output("is_registered", bool, lambda h, p, _: h("is_registered_poor", p)),
    output("is_eligible", bool, lambda h, p, _: h("is_registered", p) * ~h("had_renovation_aid", p)),
    output(
        "is_co_mover",
        bool,
        lambda h, p, _: ~h("is_registered", p) * (h("natural_village_household_count", p) < SMALL),
    ),
    output("area_cap_dm2", int, lambda h, p, _: h("is_eligible", p) * AREA * h("registered_members", p)),
    output(
        "area_plan_dm2",
        int,
        lambda h, p, _: np.where(h("is_co_mover", p), AREA * h("members", p), h("area_cap_dm2", p)),
    ),
    output("dwelling_dm2", int, dwelling),
    output(
        "short_dm2",
        int,
        lambda h, p, _: h("is_eligible", p) * np.maximum(0, h("area_need_dm2", p) - h("area_cap_dm2", p)),
    ),
    output(
        "share_minor",
        int,
        lambda h, p, _: h("is_eligible", p) * np.minimum(SHARE * h("registered_members", p), CAP),
    ),
    output(
        "price_minor",
        int,
        lambda h, p, _: h("is_co_mover", p) * ((wide(h, "dwelling_dm2", p) * PRICE + 50) // 100),
    ),
    output("is_below_line", bool, lambda h, p, _: h("income_minor", p) < LINE * h("members", p)),
]
OUTPUTS = [v.__name__ for v in VARIABLES if hasattr(v, "formula")]


def system():
    made = TaxBenefitSystem([Person, Household])
    made.add_variables(*VARIABLES)
    return made


def by_builder(made, numbers, owners):
    builder = SimulationBuilder()
    builder.create_entities(made)
    builder.declare_person_entity("person", np.arange(len(owners)))
    households = builder.declare_entity("household", numbers)
    builder.join_with_persons(households, owners, roles=np.full(len(owners), "member"))
    return builder.build(made)


def by_hand(made, numbers, owners):
    populations = made.instantiate_entities()
    populations["person"].count = len(owners)
    populations["person"].ids = range(len(owners))
    group = populations["household"]
    group.count = len(numbers)
    group.ids = numbers
    group.members_entity_id = owners
    group.members_role = np.full(len(owners), group.entity.flattened_roles[0])
    return Simulation(made, populations)


def one_household():
    """Milliseconds for one household of four: its population set by hand, its twelve results computed."""
    made = system()
    inputs = {
        "is_registered_poor": [True],
        "had_renovation_aid": [False],
        "natural_village_household_count": [12],
        "area_need_dm2": [12000],
        "income_minor": [900000],
        "is_present": [True] * 4,
        "is_registered_member": [True] * 4,
    }
    arrays = {name: np.array(values) for name, values in inputs.items()}
    start = time.perf_counter()
    for _ in range(200):
        simulation = by_hand(made, np.array([0]), np.zeros(4, dtype=np.int64))
        for name, values in arrays.items():
            simulation.set_input(name, PERIOD, values)
        found = [int(simulation.calculate(name, PERIOD)[0]) for name in OUTPUTS]
    print(json.dumps({"seconds": (time.perf_counter() - start) * 1000 / 200, "totals": {"H1": found}}))


def main(folder, how):
    start, cpu = time.perf_counter(), time.process_time()
    key = "household_id" if how == "builder_text" else "household_number"
    household = pq.read_table(
        f"{folder}/household.parquet",
        columns=[
            key,
            "county_code",
            "household_class",
            "had_renovation_aid",
            "natural_village_household_count",
            "area_need_dm2",
            "income_minor",
        ],
    )
    person = pq.read_table(f"{folder}/person.parquet", columns=[key, "is_present", "is_registered_member"])
    numbers, owners = (t[key].to_numpy() for t in (household, person))
    if how == "builder_text":
        numbers, owners = numbers.astype(str), owners.astype(str)
    made = system()
    simulation = (by_hand if how == "by_hand" else by_builder)(made, numbers, owners)
    for name in ("is_present", "is_registered_member"):
        simulation.set_input(name, PERIOD, person[name].to_numpy())
    import pyarrow.compute as pc

    poor = pc.equal(household["household_class"], "registered_poor").to_numpy()
    simulation.set_input("is_registered_poor", PERIOD, poor)
    for name in ("had_renovation_aid", "natural_village_household_count", "area_need_dm2", "income_minor"):
        simulation.set_input(name, PERIOD, household[name].to_numpy())
    codes = household["county_code"].combine_chunks().dictionary_encode()
    group, names = codes.indices.to_numpy(), codes.dictionary.to_pylist()
    sums = [
        np.bincount(
            group, weights=simulation.calculate(name, PERIOD).astype(np.float64), minlength=len(names)
        )
        for name in OUTPUTS
    ]
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    totals = {name: [round(s[i]) for s in sums] for i, name in enumerate(names)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "totals": dict(sorted(totals.items()))})
    )


if sys.argv[2] == "household":
    one_household()
else:
    main(sys.argv[1], sys.argv[2])
