"""What an office's own analyst would write: pandas reads with openpyxl, checks whole columns, writes Parquet and problems.

python pandas_check.py ROSTER PLACES.csv OUT [--read pandas|read_only|plain]; needs pandas, openpyxl and pyarrow.

It finds the same rows under the same codes as the other side does on the benchmark's roster (the benchmark compares
the two before it takes a time) and writes clean persons and households, and a workbook with the waiting rows, their
wrong cells marked, and a list of all problems. It applies no rules of a pack and makes no list of visits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import PatternFill

AS_OF = pd.Timestamp(2016, 12, 31)
OLDEST = pd.Timestamp(1901, 1, 1)
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.array(list("10X98765432"))
PROVINCES = {
    "11",
    "12",
    "13",
    "14",
    "15",
    "21",
    "22",
    "23",
    "31",
    "32",
    "33",
    "34",
    "35",
    "36",
    "37",
    "41",
    "42",
    "43",
    "44",
    "45",
    "46",
    "50",
    "51",
    "52",
    "53",
    "54",
}
PROVINCES |= {"61", "62", "63", "64", "65", "71", "81", "82", "83"}
TEXTS = {"户编号": str, "证件号码": str, "联系电话": str}
LABELS = {
    "与户主关系": [
        "户主",
        "配偶",
        "之子",
        "之女",
        "之儿媳",
        "之女婿",
        "之孙子",
        "之孙女",
        "父亲",
        "母亲",
        "其他",
    ],
    "性别": ["男", "女"],
    "文化程度": ["文盲或半文盲", "小学", "初中", "高中", "大专及以上", "学龄前儿童"],
    "健康状况": ["健康", "长期慢性病", "患有大病", "残疾"],
    "劳动能力": ["普通劳动力", "技能劳动力", "丧失劳动力", "无劳动力"],
    "是否在校生": ["是", "否"],
}
SEXES = {"之子": "男", "之女": "女", "之儿媳": "女", "之女婿": "男", "之孙子": "男", "之孙女": "女"}
SEXES |= {"父亲": "男", "母亲": "女"}
NUMBERS = ["家庭人口数", "耕地面积（亩）", "旧房面积（平方米）", "家庭年收入（元）"]
GRAVE = {"与户主关系", "性别"}
"""Columns in which an unknown label keeps a row waiting."""
BLOCK_LIMIT = 40
Found = list[tuple[str, str, "pd.Series[bool]", bool]]
"""Code, column, rows, and whether such a row waits."""


def read(path: str, way: str) -> pd.DataFrame:
    """The first sheet, as ``pandas.read_excel`` gives it or by openpyxl's own two ways."""
    if way == "pandas":
        return pd.read_excel(path, engine="openpyxl", dtype=TEXTS)
    rows = openpyxl.load_workbook(path, read_only=way == "read_only").worksheets[0].values
    heads = next(rows)
    return pd.DataFrame(list(rows), columns=heads)


def check_persons(frame: pd.DataFrame) -> Found:
    """Numbers, birth dates, sexes; what a column lacks is taken from the number where that is sound."""
    text = frame["证件号码"].fillna("").str.replace(r"\s", "", regex=True).str.upper()
    formed = text.str.fullmatch(r"\d{17}[\dX]")
    sound = text.where(formed, "0" * 18)
    digits = np.frombuffer("".join(sound.str[:17]).encode(), dtype=np.uint8).reshape(-1, 17).astype(int) - 48
    agrees = CHECKS[digits @ WEIGHTS % 11] == sound.str[17].to_numpy()
    born = pd.to_datetime(sound.str[6:14], format="%Y%m%d", errors="coerce")
    written = pd.to_datetime(frame["出生日期"], format="%Y-%m-%d", errors="coerce")
    lost = text.str.fullmatch(r"\d(\.\d+)?E\+?1[4-9]")
    real = formed & born.notna()
    good = real & agrees
    of_number = pd.Series(np.where(digits[:, 16] % 2 == 1, "男", "女"), frame.index)
    frame["出生"] = written.fillna(born.where(good))
    column = "证件号码"
    return [
        ("id_absent", column, text == "", False),
        ("id_digits_lost", column, lost, True),
        ("id_malformed", column, (text != "") & ~real & ~lost, True),
        ("id_check_digit", column, real & ~agrees, True),
        (
            "id_province_unknown",
            column,
            good & ~text.str[:2].isin(PROVINCES) & ~text.str.startswith("4199"),
            False,
        ),
        ("key_conflict", column, (text != "") & text.duplicated(keep=False), True),
        ("date_unreadable", "出生日期", frame["出生日期"].notna() & written.isna(), True),
        ("birth_against_number", "出生日期", good & written.notna() & (written != born), True),
        ("birth_in_future", "出生日期", frame["出生"] > AS_OF, True),
        ("age_impossible", "出生日期", frame["出生"] < OLDEST, True),
        (
            "sex_against_number",
            "性别",
            good & frame["性别"].isin(["男", "女"]) & (frame["性别"] != of_number),
            True,
        ),
        ("name_missing", "姓名", frame["姓名"].isna(), True),
        ("household_key_missing", "户编号", frame["户编号"].isna(), True),
    ]


def check_households(frame: pd.DataFrame) -> Found:
    """Heads, sizes, and each member against the head."""
    key, relation, sex = frame["户编号"], frame["与户主关系"], frame["性别"]
    is_head = relation == "户主"
    heads = is_head.groupby(key).transform("sum")
    stated = frame["家庭人口数"].groupby(key).transform("max")
    head = frame[is_head].drop_duplicates("户编号").set_index("户编号")
    younger = (frame["出生"] - key.map(head["出生"])).dt.days
    generation = 14 * 365
    child, parent = relation.isin(["之子", "之女"]), relation.isin(["父亲", "母亲"])
    wrong_age = (child & (younger < generation)) | (parent & (younger > -generation))
    expected = relation.map(SEXES)
    return [
        ("head_missing", "与户主关系", heads == 0, True),
        ("head_twice", "与户主关系", heads > 1, True),
        (
            "member_count_differs",
            "家庭人口数",
            is_head & stated.notna() & (stated != key.groupby(key).transform("size")),
            False,
        ),
        ("relation_against_sex", "与户主关系", expected.notna() & sex.notna() & (sex != expected), False),
        ("relation_against_age", "与户主关系", wrong_age, False),
        ("spouse_same_sex", "性别", (relation == "配偶") & (sex == key.map(head["性别"])), False),
    ]


def check_columns(frame: pd.DataFrame, places: str) -> Found:
    """Labels, numbers, places by their names from county down."""
    found: Found = []
    for column, labels in LABELS.items():
        found.append(
            (
                "label_unknown",
                column,
                frame[column].notna() & ~frame[column].isin(labels),
                column in GRAVE,
            )
        )
    for column in NUMBERS:
        number = pd.to_numeric(frame[column], errors="coerce")
        found.append(("number_unreadable", column, frame[column].notna() & number.isna(), True))
        found.append(("value_negative", column, number < 0, True))
    table = pd.read_csv(places, dtype=str)
    names = table.set_index("region_code")["name_zh"]
    towns = table[table["level"] == "township"].set_index("region_code")["parent_code"]
    villages = table[table["level"] == "village"]
    town = villages["parent_code"]
    above = town.map(towns).map(names) + "/" + town.map(names) + "/"
    known = set()
    for ending in ("", "委员会$", "民委员会$", "村民委员会$"):
        known |= set((above + villages["name_zh"].str.replace(ending, "", regex=True)).dropna())
    shown = frame["县"] + "/" + frame["乡镇"] + "/" + frame["行政村"]
    found.append(("place_unknown", "行政村", shown.notna() & ~shown.isin(known), True))
    return found


def unusual(frame: pd.DataFrame) -> Found:
    """Values beyond Tukey's outer fences on a log scale."""
    found: Found = []
    for column in NUMBERS[1:]:
        number = pd.to_numeric(frame[column], errors="coerce")
        logs = np.log1p(number.where(number > 0))
        low, high = logs.quantile(0.25), logs.quantile(0.75)
        width = 3 * (high - low)
        found.append(("value_unusual", column, (logs < low - width) | (logs > high + width), False))
    return found


def near_duplicates(frame: pd.DataFrame) -> pd.DataFrame:
    """Pairs within blocks of one name, or of one birth date and village; the weights of the other side."""
    person = frame[["姓名", "出生", "性别", "行政村"]].reset_index(names="row")
    pairs = []
    for keys in (["姓名"], ["出生", "行政村"]):
        size = person.groupby(keys)["row"].transform("size")
        block = person[size.between(2, BLOCK_LIMIT)]
        both = block.merge(block.add_suffix("_r"), left_on=keys, right_on=[f"{k}_r" for k in keys])
        both = both[both["row"] < both["row_r"]]
        name, name_r, born, born_r = both["姓名"], both["姓名_r"], both["出生"], both["出生_r"]
        near = (name != name_r) & (name.str[0] == name_r.str[0]) & (name.str[-1] == name_r.str[-1])
        swapped = (
            (born != born_r)
            & (born.dt.year == born_r.dt.year)
            & (born.dt.month == born_r.dt.day)
            & (born.dt.day == born_r.dt.month)
        )
        score = np.where(name == name_r, 3.0, np.where(near, 1.0, -4.0))
        score += np.where(born == born_r, 5.0, np.where(swapped, 3.0, -4.0))
        score += np.where(both["行政村"] == both["行政村_r"], 2.0, -0.5)
        score += np.where(both["性别"] == both["性别_r"], 0.5, -3.0)
        pairs.append(both.loc[score >= 7.0, ["row", "row_r"]])
    return pd.concat(pairs).drop_duplicates()


def write(folder: Path, frame: pd.DataFrame, waits: pd.Series, problems: pd.DataFrame) -> None:
    """Clean persons and households as Parquet; the waiting rows, marked, and every problem in a workbook."""
    folder.mkdir(parents=True, exist_ok=True)
    clean = frame[~waits]
    clean.to_parquet(folder / "person.parquet")
    columns = ["户编号", "县", "乡镇", "行政村", *NUMBERS]
    clean[columns].groupby("户编号").first().reset_index().to_parquet(folder / "household.parquet")
    book = openpyxl.Workbook()
    page = book.active
    shown = frame.drop(columns="出生")
    page.append([*shown.columns, "行", "问题"])
    marks = PatternFill("solid", fgColor="F8D7DA")
    place = {name: number for number, name in enumerate(shown.columns, 1)}
    rows = dict(iter(problems.groupby("row")))
    for line, (row, values) in enumerate(
        zip(shown.index[waits], shown[waits].values.tolist(), strict=True), 2
    ):
        own = rows[row]
        page.append([*(None if pd.isna(v) else v for v in values), row, ", ".join(own["code"])])
        for column in own["column"]:
            page.cell(line, place[column]).fill = marks
    listed = book.create_sheet("问题")
    listed.append(["row", "code", "column", "other"])
    for entry in problems.itertuples(index=False):
        listed.append([None if pd.isna(v) else v for v in entry])
    counted = book.create_sheet("汇总")
    for code, count in problems["code"].value_counts().items():
        counted.append([code, count])
    book.save(folder / "problems.xlsx")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster")
    parser.add_argument("places")
    parser.add_argument("out", type=Path)
    parser.add_argument("--read", choices=["pandas", "read_only", "plain"], default="pandas")
    asked = parser.parse_args()
    frame = read(asked.roster, asked.read)
    frame.index = frame.index + 2
    found = check_persons(frame) + check_households(frame) + check_columns(frame, asked.places)
    waits = pd.Series(False, frame.index)
    for _, _, rows, grave in found:
        if grave:
            waits |= rows
    found += unusual(frame[~waits])
    lists = [
        pd.DataFrame({"row": rows.index[rows], "code": code, "column": column, "other": None})
        for code, column, rows, _ in found
    ]
    twins = near_duplicates(frame[~waits]).rename(columns={"row_r": "other"})
    lists.append(twins.assign(code="near_duplicate", column="姓名"))
    problems = pd.concat([part for part in lists if len(part)])[["row", "code", "column", "other"]]
    write(asked.out, frame, waits, problems.sort_values(["row", "code"]))
    print(len(frame), int(waits.sum()))


if __name__ == "__main__":
    main()
