"""What an office's own script would do: openpyxl reads, pandas checks whole columns, Parquet and problems are written.

python pandas_check.py ROSTER PLACES.csv OUT; needs pandas, openpyxl and pyarrow. The same codes as the roster of
the benchmark raises: identity numbers (form, check character, digits lost), birth date and sex against them,
dates, labels, heads of household, places by name, one key twice, members counted. No near duplicates, no unusual
values, no marked sheet: it is spared what only the other side does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.array(list("10X98765432"))
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
NUMBERS = ["家庭人口数", "耕地面积（亩）", "旧房面积（平方米）", "家庭年收入（元）"]


def read(path: str) -> pd.DataFrame:
    rows = openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    heads = next(rows)
    return pd.DataFrame(list(rows), columns=heads)


def check_identity(frame: pd.DataFrame) -> dict[str, pd.Series]:
    text = frame["证件号码"].astype(str).str.replace(r"\s", "", regex=True).str.upper()
    formed = text.str.match(r"^\d{17}[\dX]$")
    sound = text.where(formed, "0" * 18)
    digits = np.array([list(t[:17]) for t in sound]).astype(int)
    agrees = CHECKS[digits @ WEIGHTS % 11] == sound.str[17].to_numpy()
    born = pd.to_datetime(sound.str[6:14], format="%Y%m%d", errors="coerce")
    written = pd.to_datetime(frame["出生日期"], format="%Y-%m-%d", errors="coerce")
    male = digits[:, 16] % 2 == 1
    good = formed & agrees & born.notna()
    return {
        "id_malformed": ~formed | born.isna(),
        "id_digits_lost": text.str.match(r"^\d(\.\d+)?E\+?1[4-9]$"),
        "id_check_digit": formed & born.notna() & ~agrees,
        "birth_against_number": good & written.notna() & (written != born),
        "sex_against_number": good & frame["性别"].isin(["男", "女"]) & ((frame["性别"] == "男") != male),
        "date_unreadable": frame["出生日期"].notna() & written.isna(),
        "birth_in_future": written > pd.Timestamp(2016, 12, 31),
        "age_impossible": written < pd.Timestamp(1901, 1, 1),
    }


def check_households(frame: pd.DataFrame) -> dict[str, pd.Series]:
    key = frame["户编号"]
    heads = (frame["与户主关系"] == "户主").groupby(key).transform("sum")
    size = key.groupby(key).transform("size")
    stated = frame["家庭人口数"].groupby(key).transform("max")
    return {
        "head_missing": heads == 0,
        "head_twice": heads > 1,
        "member_count_differs": stated.notna() & (stated != size),
        "key_conflict": frame["证件号码"].notna() & frame["证件号码"].duplicated(keep=False),
        "name_missing": frame["姓名"].isna(),
        "household_key_missing": key.isna(),
    }


def main(roster: str, places: str, out: str) -> None:
    frame = read(roster)
    found = check_identity(frame) | check_households(frame)
    for column, labels in LABELS.items():
        found[f"label_unknown {column}"] = frame[column].notna() & ~frame[column].isin(labels)
    for column in NUMBERS:
        number = pd.to_numeric(frame[column], errors="coerce")
        found[f"number_unreadable {column}"] = frame[column].notna() & number.isna()
        found[f"value_negative {column}"] = number < 0
    table = pd.read_csv(places, dtype=str)
    names = table.loc[table["level"] == "village", "name_zh"].str.replace("(村)?民委员会$", "", regex=True)
    found["place_unknown"] = ~frame["行政村"].isin(set(names))
    lists = [pd.DataFrame({"row": np.flatnonzero(bad) + 2, "code": code}) for code, bad in found.items()]
    problems = pd.concat(lists).sort_values(["row", "code"])
    bad = np.zeros(len(frame), dtype=bool)
    bad[problems["row"].unique() - 2] = True
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    frame[~bad].astype(str).to_parquet(folder / "person.parquet")
    frame[bad].merge(
        problems.groupby("row")["code"].agg(", ".join), left_on=frame.index[bad] + 2, right_index=True
    ).to_csv(folder / "problems.csv", index=False)
    print(len(frame), int(bad.sum()))


if __name__ == "__main__":
    main(*sys.argv[1:4])
