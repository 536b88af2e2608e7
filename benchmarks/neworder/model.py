"""The projection's rates as a neworder model on a pandas frame: ``model.py PROBLEM.npz DRAWS`` prints outcomes.

One row a person, one method a kind of event, each draw a run of the yearly timeline, as neworder's own examples are
written: hazards are looked up by age and sex, and neworder's Monte Carlo engine decides who is struck.
"""

import json
import sys
import time

import neworder
import numpy as np
import pandas as pd

MAY_MARRY, MARRIED_WOMAN = 1, 2


class Households(neworder.Model):
    def __init__(self, given, years, seed):
        super().__init__(neworder.LinearTimeline(0, years, years), lambda: seed)
        self.given = given
        self.people = pd.DataFrame(
            {
                "age": given["ages"],
                "sex": given["sexes"],
                "state": given["states"],
                "here": True,
                "partner": False,
                "partner_age": 0,
                "mother_age": 0,
                "wed": -1,
                "children": 0,
                "last": -99,
                "infant": False,
            }
        )
        self.year = 0
        self.sizes = []

    def struck(self, risk):
        return self.mc.hazard(np.ascontiguousarray(risk)) == 1

    def step(self):
        p, g, year = self.people, self.given, self.year
        second, joins_son, joins_daughter, separation = g["numbers"][:4]
        gap_least, most, mother_below = (int(v) for v in g["numbers"][5:8])
        at = np.clip(p.age + year, 0, 120)
        dies = self.struck(np.where(p.here, g["death"][p.sex, at], 0.0))
        p.loc[dies, "here"] = False
        alone = p.wed < 0
        partner_at = np.clip(p.partner_age + year, 0, 120)
        p.loc[self.struck(np.where(p.partner, g["death"][1 - p.sex, partner_at], 0.0)), "partner"] = False
        leaves = self.struck(np.where(~alone & (p.sex == 0), separation, 0.0))
        p.loc[leaves, ["here", "partner"]] = False
        p.loc[leaves, "children"] = 0
        may = alone & p.here & (p.state == MAY_MARRY)
        marries = self.struck(np.where(may, g["marriage"][p.sex, at], 0.0))
        joins = self.struck(np.where(marries, np.where(p.sex == 0, joins_son, joins_daughter), 0.0))
        p.loc[marries & ~joins, "here"] = False
        row = np.flatnonzero(joins)
        pick = np.searchsorted(g["gap_cumulative"], self.mc.ustream(len(row)), side="right")
        gap = g["gap_years"][np.minimum(pick, len(g["gap_years"]) - 1)]
        age, sex = p.age.to_numpy()[row], p.sex.to_numpy()[row]
        other = np.where(sex == 0, age - gap, age + gap)
        p.loc[joins, "partner"] = True
        p.loc[joins, "wed"] = year
        p.loc[joins, "partner_age"] = other
        p.loc[joins, "mother_age"] = np.where(sex == 0, other, age)
        wed = p.wed >= 0
        mother = wed & np.where(p.sex == 0, p.partner, p.here)
        able = mother & (p.children < most) & (p.mother_age + year < mother_below)
        since = np.where(wed, year - p.wed, 0)
        first = np.append(g["first_birth"], 0.0)[np.minimum(since, len(g["first_birth"]))]
        later = np.where(year - p["last"] >= gap_least, second, 0.0)
        risk = np.where(able, np.where(p.children == 0, first, later), 0.0)
        woman = ~wed & p.here & (p.state == MARRIED_WOMAN) & (p.sex == 1)
        risk = np.where(woman, g["birth"][at], risk)
        p.loc[self.struck(np.where(p.infant, g["death"][0, 0], 0.0)), "children"] -= 1
        born = self.struck(risk)
        p.loc[born, "children"] += 1
        p["infant"] = born
        p.loc[born, "last"] = year
        members = p.here.astype(int) + p.partner.astype(int) + p.children
        self.sizes.append(np.bincount(g["owner"], weights=members, minlength=int(g["houses"])))
        self.year += 1

    def finalise(self):
        pass


def main(path, draws):
    given = dict(np.load(path))
    years = int(given["years"])
    start, cpu = time.perf_counter(), time.process_time()
    total, outgrown = 0.0, 0.0
    for draw in range(draws):
        model = Households(given, years, 1000 + draw)
        neworder.run(model)
        total += float(model.sizes[-1].mean())
        outgrown += float((model.sizes[-1] > given["seats"]).mean())
    found = {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "draws": draws,
        "size_expected": total / draws,
        "outgrown_share": outgrown / draws,
    }
    print(json.dumps(found))


main(sys.argv[1], int(sys.argv[2]))
