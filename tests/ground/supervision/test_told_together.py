"""What two sentences of one report say together, in both languages: each text agrees as written and not with its slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from resettle.store.document import read_document
from resettle.supervision import Finding, parse_published, reconcile, say
from resettle.supervision.report import Read, read_report
from resettle.supervision.structure import as_published
from resettle.supervision.unread import said_why
from tests.ground.supervision.corpus_files import write

CASES: tuple[tuple[str, str, str, str, str], ...] = (
    ("R07_days", "zh", "公示自2018年5月7日至2018年5月13日，共7天。", "共7天", "共17天"),
    ("R07_days", "en", "The works ran from 4 May 2020 to 18 February 2021 (290 days).", "290", "190"),
    ("R10", "zh", "就业率由81.5%上升到92.3%，提高10.8个百分点。", "10.8", "18.0"),
    ("R10", "en", "The rate fell from 31% to 19%, a drop of 12 percentage points.", "12 p", "21 p"),
    ("R11", "zh", "检查了平桥镇、上坪乡、石门镇3个乡镇的项目。", "3个乡镇", "4个乡镇"),
    ("R11", "en", "The three sites, Bilo, Kesa and Marun, have water.", "three", "four"),
    ("R18_series", "zh", "2016年至2019年分别搬迁120人、180人、260人和310人，逐年增加。", "增加", "减少"),
    ("R18_series", "en", "It moved 3,210 people in 2014, 2,870 in 2015 and 2,140 in 2016. The number fell every year.", "fell", "rose"),
    ("R20", "zh", "人均住房25平方米的标准不得突破，5人户不超过125平方米。", "125", "150"),
    ("R20", "en", "Each person is entitled to 20 m2. A family of six receives 120 m2.", "120", "100"),
    ("R24", "zh", "如图1所示。\n图1 搬迁人口", "如图1", "如图3"),
    ("R24", "en", "See Berg [1] and Lind [2].\n[1] Berg, T. 2011.\n[2] Lind, P. 2018.", "Lind [2]", "Lind [4]"),
    ("R25", "zh", "就业是关键（张明等，2018）[1]。\n[1] 张明. 易地搬迁与就业. 2018.", "等，2018", "等，2016"),
    ("R25", "en", "Jobs matter (Okoro and Lind, 2018) [1].\n[1] Okoro, A. and Lind, P. 2018.", "Lind, 2018)", "Lind, 2015)"),
    ("R23", "zh", "人均自筹2,500元，已收齐。\n各户按期交款。", "各户按期交款", "搬迁户不花一分钱住新房"),
    ("R23", "en", "Each family contributes $300 to the building costs.\nThe houses have two rooms.", "The houses have two rooms", "The houses are free of charge"),
    ("R04", "zh", "样本500户：一般户385户，占77%；脱贫户90户，占18%；监测户25户，占5%。", "占18%", "占81%"),
    ("R04", "en", "Of 240 people, 132 (55%) agreed, 72 (30%) did not and 36 (15%) were absent.", "(30%)", "(13%)"),
    ("R04_change", "zh", "人均收入由2016年的3,260元增加到2019年的9,780元，增长了2倍。", "2倍", "4倍"),
    ("R09_none", "en", "We held 17 focus groups; 88% of the groups asked for a bus.", "88%", "90%"),
    ("R10", "zh", "规划安置点12个，已建成8个，在建4个。", "8个", "9个"),
    ("R10", "en", "The plan has 14 sites. 9 sites are built and 5 sites are under construction.", "9 sites", "10 sites"),
    ("R30", "zh", "复垦宅基地的节余指标收益用于还款。\n上述宅基地在国土图上标注为村庄建设用地。", "村庄建设用地", "绿地"),
    ("R30", "en", "Income from the land quota pays the loan.\nThe homesteads are mapped as building land.", "building land", "green space"),
    ("R27_told", "zh", "到2015年，我市搬迁人口占全省搬迁人口的24.1%。\n2016年以后，我市搬迁人口占全省搬迁人口的22.8%。", "24.1", "40.5"),
    ("R27_told", "en", "In 2015 the city had 24% of the province's movers.\nIn 2018 the city had 22% of the province's movers.", "24%", "40%"),
)  # fmt: skip


def read(text: str, folder: Path, kind: str = "txt") -> Read:
    blocks, problems = read_document(write(tuple(text.split("\n")), kind, folder))
    assert not problems
    return read_report(blocks)


def findings(text: str, folder: Path, kind: str = "txt") -> list[Finding]:
    told = read(text, folder, kind)
    return reconcile(parse_published(as_published(told.readings, told.lines))[0])


@pytest.mark.parametrize(("variant", "language", "text", "find", "put"), CASES)
def test_a_text_agrees_and_its_slip_does_not(
    variant: str, language: str, text: str, find: str, put: str, tmp_path: Path
) -> None:
    assert [f.variant for f in findings(text, tmp_path)] == []
    assert find in text
    found = findings(text.replace(find, put, 1), tmp_path)
    assert variant in [f.variant for f in found]
    for one in found:
        assert one.lines
        for spoken in ("zh", "en"):
            said = say(one, spoken)
            assert said.a and said.b and said.ask and said.readings
            assert "{" not in said.title + said.a + said.b


CONSISTENT = (
    "搬迁人口人均纯收入9,313元，比2016年的4,221元增长了1.2倍，年均增幅21.9%。",
    "全市安排资金5.6亿元，较上年增加0.7亿元，增长14.3%。",
    "累计入住1,907户（7月底为1,694户），占规划2,846户的67.0%。",
    "2018年支出3.9亿元，占当年下达资金的95.1%；2016年以来累计下达12.6亿元。",
    "规划的34个安置点中，已竣工21个，主体完工9个，基础施工4个，开工率达100%。",
    "全村1,386人中，外出务工520人，占三分之一强。",
    "特困户入住不花一分钱，其余户均自筹8,000元。",
    "In 2005 the village lost 3 houses, in 2016 another 7, and 13 more are near the water.",
    "Income rose from 4,221 yuan to 9,313 yuan, an average annual increase of 21.9 percent.",
    "Thirty-one communities face the sea; twelve have decided to move, and four of the twelve have a site.",
    "2,492 of the 3,600 households had moved, or 69%. Spending came to 98% of plan.",
    "Women make up 52% of the 3,400 trainees, or 1,768.",
    "近年来的复垦指标收益有限，宅基地复垦为林地200亩。",
)


@pytest.mark.parametrize("text", CONSISTENT)
def test_what_agrees_is_not_doubted(text: str, tmp_path: Path) -> None:
    assert [(f.code, dict(f.values)) for f in findings(text, tmp_path)] == []


def test_shares_of_a_total_means_and_running_totals_of_a_table(tmp_path: Path) -> None:
    table = (
        "| Group | Households | Persons | Average size | Share % |",
        "|---|---|---|---|---|",
        "| Movers | 320 | 1,504 | 4.7 | 53.3 |",
        "| Hosts | 150 | 660 | 4.4 | 25.0 |",
        "| Stayers | 130 | 533 | 4.1 | 21.7 |",
        "| Total | 600 | 2,697 | 4.5 | 100 |",
    )
    text = "\n".join(("Sample by group", *table))
    assert findings(text, tmp_path, "docx") == []
    assert "R04" in {f.code for f in findings(text.replace("| 25.0 |", "| 52.0 |"), tmp_path, "docx")}
    assert "R01" in {f.code for f in findings(text.replace("| 4.4 |", "| 4.9 |"), tmp_path, "docx")}


@pytest.mark.parametrize(("slip", "holds"), [("1,835", True), ("1,385", False)])
def test_a_cumulative_column_adds_up_row_by_row(slip: str, holds: bool, tmp_path: Path) -> None:
    rows = (
        "| 季度 | 本季支出（万元） | 累计支出（万元） |",
        "| 第一季度 | 420 | 420 |",
        "| 第二季度 | 685 | 1,105 |",
    )
    rows += (f"| 第三季度 | 730 | {slip} |", "| 第四季度 | 965 | 2,800 |")
    found = findings("\n".join(("支出季报", *rows)), tmp_path, "xlsx")
    assert ("R10" not in {f.code for f in found}) == holds


def test_a_class_that_hardly_applies(tmp_path: Path) -> None:
    rows = ("| 家庭规模 | 登记户数（户） | 申请户数（户） |", "|---|---|---|", "| 1人户 | 120 | 8 |")
    rows += ("| 2人户 | 210 | 150 |", "| 3人户 | 340 | 290 |")
    assert "R28" in {f.code for f in findings("\n".join(("各类家庭申请情况", *rows)), tmp_path, "docx")}
    even = "\n".join(("各类家庭申请情况", *rows)).replace("| 8 |", "| 95 |")
    assert "R28" not in {f.code for f in findings(even, tmp_path, "docx")}
    alone = findings("No household of one or two persons has applied.\nThe site has 40 houses.", tmp_path)
    assert [(f.variant, f.severity) for f in alone] == [("R28_none", "info")]


def test_numbers_not_read_are_listed_with_the_reason(tmp_path: Path) -> None:
    told = read("按照第3条规定，安置户85户。\n编号17，另有58。", tmp_path)
    rows = told.unread.select("printed", "why").rows()
    assert ("3", "numbered") in rows
    assert ("58", "no_unit") in rows
    assert not [r for r in rows if r[0] == "85"]
    assert "旁边没有单位" in said_why(told.unread, "zh")["why"].to_list()
    assert "no unit stands beside it" in said_why(told.unread, "en")["why"].to_list()


def test_a_finding_says_its_rounding_and_quotes_the_report(tmp_path: Path) -> None:
    text = "规划搬迁2,846户。\n已入住1,907户，占规划户数的76.0%。"
    told = read(text, tmp_path)
    one = next(
        f for f in reconcile(parse_published(as_published(told.readings, told.lines))[0]) if f.code == "R04"
    )
    assert "0.05" in say(one, "zh").rounding
    assert "0.05" in say(one, "en").rounding
    quotes = {r.reading_id: r.quote for r in told.readings}
    shown = [quotes[name] for name in one.figures]
    assert any("【76.0】" in q for q in shown)
    assert any("【2,846】" in q for q in shown)
    assert any("【1,907】" in q for q in shown)
