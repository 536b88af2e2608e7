"""The tables this stage writes."""

from __future__ import annotations

from resettle.tables import Column as C
from resettle.tables import Table

PERIODS = ("once", "year")
"""How often a price is paid: once, in all; or every year again."""
CLAUSE_STATES = ("here", "elsewhere", "none")
"""Whether a remedy has a clause in force where the programme is, only in another place, or none at all."""

OBSTACLE = Table(
    name="obstacle",
    key=("household_id", "obstacle"),
    zh="难处",
    en="what makes the offer hard",
    writer="remedies",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("obstacle", "text", zh="难处", en="obstacle", required=True),
        C("fact_column", "text", zh="依据的事实", en="the fact it rests on"),
        C("fact_value", "text", zh="事实的值", en="value of the fact"),
        C("basis", "text", zh="性质", en="basis", allowed=("fact", "scenario")),
    ),
)
REMEDY = Table(
    name="remedy",
    key=("household_id", "obstacle", "remedy"),
    zh="办法",
    en="remedies, priced",
    writer="remedies",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("obstacle", "text", zh="难处", en="obstacle", required=True),
        C("remedy", "text", zh="办法", en="remedy", required=True),
        C("household_cost_minor", "integer", "minor", "户出资", "cost for the household"),
        C("county_cost_minor", "integer", "minor", "县出资", "cost for the county"),
        C("period", "text", zh="价格按", en="the price is paid", allowed=PERIODS),
        C("delay_months", "integer", "month", "推迟入住月数", "months it delays moving in"),
        C("clause", "text", zh="条款", en="clause", note="missing: no clause anywhere, needs a decision"),
        C("clause_state", "text", zh="条款是否适用本地", en="where the clause holds", allowed=CLAUSE_STATES),
        C("clause_place", "text", zh="条款适用的地方", en="places the clause is of", note="codes, as scopes"),
        C("clause_document", "text", zh="条款所在文件", en="document the clause stands in"),
        C("needs_decision", "boolean", zh="要报县里决定", en="needs a decision", note="no clause holds here"),
        C("ask_first", "boolean", zh="先要问清", en="what it needs is not known of the household"),
        C("source", "text", zh="价格出处", en="source of the price"),
        C("is_assumption", "boolean", zh="是假设", en="the price is an assumption"),
    ),
)
REMEDY_COUNTY = Table(
    name="remedy_county",
    key=("county_code", "obstacle", "remedy"),
    zh="各县难处和办法",
    en="obstacles and remedies by county",
    writer="remedies",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("obstacle", "text", zh="难处", en="obstacle", required=True),
        C("remedy", "text", zh="办法", en="remedy", required=True),
        C("household_count", "integer", "household", "户数", "households"),
        C("household_cost_minor", "integer", "minor", "户出资合计", "cost for households"),
        C("county_cost_minor", "integer", "minor", "县出资合计", "cost for the county"),
        C(
            "unpriced_count",
            "integer",
            "household",
            "算不出价格的户数",
            "households that could not be priced",
        ),
        C("period", "text", zh="价格按", en="the price is paid", allowed=PERIODS),
        C("delay_months", "integer", "month", "推迟入住月数", "months it delays moving in"),
        C("clause_state", "text", zh="条款是否适用本地", en="where the clause holds", allowed=CLAUSE_STATES),
        C("needs_decision", "boolean", zh="要报县里决定", en="needs a decision"),
        C("ask_first_count", "integer", "household", "先要问清的户数", "households to be asked first"),
    ),
)
CO_MOVER = Table(
    name="co_mover",
    key=("household_id",),
    zh="同步搬迁户购房",
    en="the price for each household that must buy",
    writer="remedies",
    columns=(
        C("household_id", "text", zh="户编号", en="household number", required=True),
        C("county_code", "text", zh="县代码", en="county code"),
        C("area_dm2", "integer", "dm2", "面积", "area"),
        C("price_low_minor", "integer", "minor", "总价下限", "price, low"),
        C("price_high_minor", "integer", "minor", "总价上限", "price, high"),
        *(
            C(f"{part}_minor", "integer", "minor", zh, f"of the high price: {part}")
            for part, zh in (
                ("land", "土地"),
                ("design", "设计"),
                ("tax", "税费"),
                ("standard", "建筑标准"),
                ("margin", "利润"),
            )
        ),
        C("market_minor", "integer", "minor", "当地市场价", "local market price of that area"),
        C("income_minor", "integer", "minor per year", "年收入", "income of the year"),
        C("income_years", "number", "year", "相当于几年收入", "years of income", note="of the high price"),
        C("payable_minor_per_m2", "integer", "minor per m2", "付得起的单价", "price it can pay"),
    ),
)
CO_MOVER_COUNTY = Table(
    name="co_mover_county",
    key=("county_code",),
    zh="各县同步搬迁户",
    en="co-movers by county",
    writer="remedies",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("household_count", "integer", "household", "户数", "households"),
        C("income_unknown_count", "integer", "household", "收入未知户数", "income unknown"),
        C("income_years_median", "number", "year", "总价相当于几年收入（中位）", "median years of income"),
        C("can_pay_low_count", "integer", "household", "付得起的户数下限", "can pay, at the high price"),
        C("can_pay_high_count", "integer", "household", "付得起的户数上限", "can pay, at the low price"),
        C("half_can_pay_minor_per_m2", "integer", "minor per m2", "一半户付得起的单价", "price half can pay"),
    ),
)
HOTEL_CASE = Table(
    name="hotel_case",
    key=("variant",),
    zh="农家乐账",
    en="the farmhouse hotel, worked",
    writer="remedies",
    columns=(
        C("variant", "text", zh="情形", en="variant", required=True),
        C("investment_minor", "integer", "minor", "投资", "investment"),
        C("subsidy_minor", "integer", "minor", "补助", "subsidy"),
        C("loan_minor", "integer", "minor", "贷款", "loan"),
        C("loan_years", "integer", "year", "贷款年限", "years in which the loan is repaid"),
        C("own_minor", "integer", "minor", "自己出", "own money"),
        C("income_minor", "integer", "minor per year", "年收入", "income of a year"),
        C("repayment_minor", "integer", "minor per year", "年还款", "repayment of a year"),
        C("left_minor", "integer", "minor per year", "还款后剩余", "left after repayment"),
        C("payback_years", "number", "year", "几年收回自己的钱", "years until own money is back"),
        C("county_cost_minor", "integer", "minor", "财政出资", "cost for the county"),
        C("delay_months", "integer", "month", "推迟入住月数", "months of delay"),
        C("needs_loan_check", "boolean", zh="要核对贷款用途", en="use of the loan must be checked"),
    ),
)
WILLINGNESS_TOTAL = Table(
    name="willingness_total",
    key=("county_code", "quantity"),
    zh="假设：同步搬迁意愿范围",
    en="assumption: range of uptake, totals only",
    writer="remedies",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("quantity", "text", zh="数量", en="quantity", required=True),
        C("low", "number", zh="下限", en="low"),
        C("high", "number", zh="上限", en="high"),
        C("basis", "text", zh="性质", en="basis", allowed=("assumption", "survey")),
    ),
)
WILLINGNESS_DECISION = Table(
    name="willingness_decision",
    key=("county_code", "decision"),
    zh="范围内决定是否改变",
    en="whether a decision changes within the range",
    writer="remedies",
    columns=(
        C("county_code", "text", zh="县代码", en="county code", required=True),
        C("decision", "text", zh="决定", en="decision", allowed=("mix", "sites", "budget"), required=True),
        C("at_low", "text", zh="按下限", en="at the low end"),
        C("at_high", "text", zh="按上限", en="at the high end"),
        C("changes", "boolean", zh="会改变", en="changes", note="missing: not known"),
        C("basis", "text", zh="性质", en="basis", allowed=("assumption", "survey")),
    ),
)
TABLES = (
    OBSTACLE,
    REMEDY,
    REMEDY_COUNTY,
    CO_MOVER,
    CO_MOVER_COUNTY,
    HOTEL_CASE,
    WILLINGNESS_TOTAL,
    WILLINGNESS_DECISION,
)
