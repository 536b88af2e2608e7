"""The words by which figures are read: units, bounds, status, scale. Data; no place or programme is named."""

from __future__ import annotations

import re

SCALES_EN: dict[str, int] = {
    "hundred": 100,
    "thousand": 10**3,
    "lakhs": 10**5,
    "lakh": 10**5,
    "lacs": 10**5,
    "lac": 10**5,
    "crores": 10**7,
    "crore": 10**7,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
WORDS_EN: dict[str, int] = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
DIGITS_ZH = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
SMALL_ZH = {"十": 10, "百": 100, "千": 1000}
LARGE_ZH = {"万": 10**4, "亿": 10**8}

CURRENCIES: tuple[tuple[str, str, str], ...] = (
    (
        r"(?:us|american|u\.s\.) dollars?|dollars?|usd",
        "dollar",
        r"(?!R\$|S\$/)(?:[A-Z]{1,3})?\$|USD|AUD|CAD|NZD|SGD|HKD|FJD|SBD|TWD|NAD|JMD|BZD|GYD|LRD",
    ),
    (r"euros?|eur", "euro", r"EUR|€"),
    (r"rupees?", "rupee", r"\bRs\.?|\bINR|\bPKR|\bNPR|\bLKR|₹"),
    (r"pounds?|gbp", "pound", r"GBP|£"),
    (r"shillings?", "shilling", r"\b(?:KES|KSh|UGX|TZS|TSh|USh)\.?"),
    (r"pesos?", "peso", r"\b(?:MXN|PHP|COP|ARS|CLP)|₱"),
    (r"taka", "taka", r"\bBDT|৳|\bTk\.?"),
    (r"dong", "dong", r"\bVND|₫"),
    (r"baht", "baht", r"\bTHB|฿"),
    (r"birr", "birr", r"\bETB|\bBr\.?"),
    (r"naira", "naira", r"\bNGN|₦"),
    (r"cedis?", "cedi", r"\bGHS|\bGH₵"),
    (r"rand", "rand", r"\bZAR|\bR(?=\s?\d)"),
    (r"meticais|metical", "metical", r"\bMZN|\bMT"),
    (r"(?:cfa )?francs?", "franc", r"\b(?:XOF|XAF|FCFA|CFA|RWF|BIF)"),
    (r"rupiah", "rupiah", r"\bIDR|\bRp\.?"),
    (r"ringgit", "ringgit", r"\bMYR|\bRM"),
    (r"reais|real", "real", r"\bBRL|R\$"),
    (r"(?:nuevos )?soles", "sol", r"\bPEN|S/\.?"),
    (r"lira", "lira", r"\bTRY|₺"),
    (r"yen", "yen", r"\bJPY"),
    (r"won", "won", r"\bKRW|₩"),
    (r"kip", "kip", r"\bLAK|₭"),
    (r"kyats?", "kyat", r"\bMMK"),
    (r"riels?", "riel", r"\bKHR|៛"),
    (r"tenge", "tenge", r"\bKZT|₸"),
    (r"soms?", "som", r"\b(?:KGS|UZS)"),
    (r"somoni", "somoni", r"\bTJS"),
    (r"tugriks?|togrogs?", "tugrik", r"\bMNT|₮"),
    (r"dinars?", "dinar", r"\b(?:IQD|DZD|TND|JOD|LYD|RSD)"),
    (r"dirhams?", "dirham", r"\b(?:MAD|AED)"),
    (r"kwacha", "kwacha", r"\b(?:ZMW|MWK|MK(?=\s?\d))"),
    (r"vatu", "vatu", r"\b(?:VUV|VT)"),
    (r"kina", "kina", r"\b(?:PGK|K(?=\d))"),
    (r"tala|paanga|pa'anga", "tala", r"\b(?:WST|TOP)"),
    (r"ariary", "ariary", r"\b(?:MGA|Ar(?=\s\d))"),
    (r"gourdes?", "gourde", r"\b(?:HTG|G(?=\s\d))"),
    (r"quetzal(?:es)?", "quetzal", r"\bGTQ|\bQ(?=\s?\d)"),
    (r"lempiras?", "lempira", r"\bHNL|\bL(?=\s\d)"),
    (r"bolivianos?", "boliviano", r"\bBOB|\bBs\.?(?=\s?\d)"),
    (r"guaran[ií]e?s?", "guarani", r"\bPYG|₲"),
    (r"hryvnias?", "hryvnia", r"\bUAH|₴"),
    (r"roubles?|rubles?", "rouble", r"\bRUB|₽"),
    (r"(?:saudi |qatari |omani )?riyals?|rials?", "rial", r"\b(?:SAR|QAR|IRR|YER|OMR)"),
    (r"leones?", "leone", r"\b(?:SLE|SLL|Le(?=\s\d))"),
    (r"dalasi", "dalasi", r"\bGMD"),
    (r"kwanzas?", "kwanza", r"\b(?:AOA|Kz)"),
    (r"pulas?", "pula", r"\bBWP"),
    (r"ngultrums?", "ngultrum", r"\b(?:BTN|Nu\.?(?=\s?\d))"),
    (r"afghanis?", "afghani", r"\bAFN"),
    (r"krone[rn]?|kron[ao]r?", "krone", r"\b(?:NOK|DKK|SEK)"),
    (r"swiss francs?", "franc", r"\bCHF"),
    (r"z[lł]otys?", "zloty", r"\bPLN"),
    (r"lei|leu", "leu", r"\b(?:RON|MDL)"),
    (r"laris?", "lari", r"\bGEL|₾"),
    (r"drams?", "dram", r"\bAMD|֏"),
    (r"manats?", "manat", r"\b(?:AZN|TMT)"),
)
"""Currencies of the world as nouns, their canonical name, and their signs and codes before a number."""

UNITS_EN: tuple[tuple[str, str], ...] = (
    (
        r"persons?|people|inhabitants|residents|migrants|immigrants|movers|children|villagers|individuals|women|men"
        r"|workers|beneficiaries|members|trainees|students|pupils|farmers|labourers|returnees|evacuees|tenants|girls|boys"
        r"|claimants|applicants|respondents|recipients|(?:land)?owners|adults|settlers|traders|guides|participants|staff|patients"
        r"|fishers|fishermen|doctors|midwives|engineers|teachers|officers|nurses|drivers|tenants|squatters|vendors|refugees|herders|elders|leaders|users|visitors"
        r"|volunteers|interviewees|attendees|delegates|households? members|widows|orphans|pensioners|employees|adolescents|youths?"
        r"|PAPs?|APs|DPs|IDPs?|displaced persons?|pax",
        "person",
    ),
    (r"population", "person"),
    (r"(?:rural )?poor(?=\s+(?:out|and|who|in|were|have)|\s*[,.;])", "person"),
    (r"households?|families|homesteads?|HHs?|PAHs?|PAFs?|AHs|DHs", "household"),
    (r"family(?! (?:of|income|size|house))", "household"),
    (r"administrative villages?", "administrative village"),
    (r"villages?", "village"),
    (r"townships?|towns", "township"),
    (r"count(?:y|ies)", "county"),
    (r"provinces?", "province"),
    (r"districts?", "district"),
    (r"cities", "city"),
    (
        r"(?:re)?settlements?(?! hous)(?! build)|resettlement sites?|relocation (?:sites?|points?)|sites?|points?",
        "site",
    ),
    (r"yuan|rmb|cny", "yuan"),
    *((pattern, name) for pattern, name, _ in CURRENCIES),
    (r"square[- ]met(?:er|re)s?|m2|m²|sqm|sq m", "m2"),
    (r"kilomet(?:er|re)s?|km", "km"),
    (r"met(?:er|re)s?|m(?=\s*[,.;:)(]|\s*$|\s(?!2|²)[a-z])", "m"),
    (r"cubic met(?:er|re)s?|m3|m³", "m3"),
    (r"lit(?:er|re)s?", "litre"),
    (r"hectares?|ha", "ha"),
    (r"acres?", "acre"),
    *(
        (rf"{name}s?", name)
        for name in (
            "bigha",
            "katha",
            "ropani",
            "feddan",
            "dunum",
            "manzana",
            "rai",
            "kanal",
            "marla",
            "cuerda",
        )
    ),
    (r"tons?|tonnes?", "tonne"),
    (r"minutes?", "minute"),
    (r"hours?", "hour"),
    (r"weeks?", "week"),
    (r"mu", "mu"),
    (r"years old|years of age", "year of age"),
    (r"years?", "year"),
    (r"months?", "month"),
    (r"days?", "day"),
    (r"(?:percentage|per cent|percent) points?", "percentage point"),
    (r"percent|per cent", "percent"),
    (r"dwellings?|houses?|homes?|apartments?|flats?|(?:housing|dwelling) units?|units", "dwelling"),
    (r"jobs?|posts?|positions?", "job"),
    (r"couples?", "couple"),
    (r"models?", "model"),
    (r"aspects?|groups?|categories", "group"),
    (r"projects?", "project"),
    (r"schools?", "school"),
    (r"clinics?|health (?:posts?|cent(?:er|re)s?)|hospitals?", "clinic"),
    (r"wells?|boreholes?", "well"),
    (r"blocks?|buildings?|structures?", "structure"),
    (r"goats?|cattle|sheep|pigs?|cows?|animals?|livestock", "animal"),
    (r"complaints?|claims?|petitions?|cases?", "grievance"),
    (r"files?|documents?|records?", "document"),
    (r"rooms?", "room"),
    (r"trees?", "tree"),
    (r"grievances?", "grievance"),
    (r"contracts?", "contract"),
    (r"graves?", "grave"),
    (r"plots?", "plot"),
)
"""Pattern of the counted noun to the canonical unit; longer nouns first."""

UNITS_ZH: tuple[tuple[str, str, int], ...] = (
    ("万元", "yuan", 10**4),
    ("亿元", "yuan", 10**8),
    ("元", "yuan", 1),
    ("个百分点", "percentage point", 1),
    ("百分点", "percentage point", 1),
    ("倍", "times", 1),
    ("%", "percent", 1),
    ("％", "percent", 1),
    ("‰", "per mille", 1),
    ("万平方米", "m2", 10**4),
    ("平方米", "m2", 1),
    ("㎡", "m2", 1),
    ("平米", "m2", 1),
    ("万亩", "mu", 10**4),
    ("亩", "mu", 1),
    ("公顷", "ha", 1),
    ("公里", "km", 1),
    ("千米", "km", 1),
    ("米", "m", 1),
    ("万户", "household", 10**4),
    ("户", "household", 1),
    ("万人", "person", 10**4),
    ("人", "person", 1),
    ("名", "person", 1),
    ("口人", "person", 1),
    ("口之家", "person", 1),
    ("个行政村", "administrative village", 1),
    ("行政村", "administrative village", 1),
    ("个贫困村", "village", 1),
    ("个自然村", "natural village", 1),
    ("个村", "village", 1),
    ("个乡镇", "township", 1),
    ("个乡（镇）", "township", 1),
    ("个乡", "township", 1),
    ("个县", "county", 1),
    ("个贫困县", "county", 1),
    ("个省", "province", 1),
    ("个集中安置点", "site", 1),
    ("个安置点", "site", 1),
    ("个点", "site", 1),
    ("处安置点", "site", 1),
    ("套", "dwelling", 1),
    ("个岗位", "job", 1),
    ("岁", "year of age", 1),
    ("个月", "month", 1),
    ("天", "day", 1),
    ("日内", "day", 1),
    ("个工作日", "day", 1),
    ("立方米", "m3", 1),
    ("万立方米", "m3", 10**4),
    ("平方公里", "km2", 1),
    ("平方千米", "km2", 1),
    ("公斤", "kg", 1),
    ("万吨", "tonne", 10**4),
    ("千瓦", "kW", 1),
    ("万千瓦", "kW", 10**4),
    ("兆瓦", "MW", 1),
    ("亿立方米", "m3", 10**8),
    ("万人次", "person-time", 10**4),
    ("欧元", "euro", 1),
    ("万欧元", "euro", 10**4),
    ("港元", "dollar", 1),
    ("元人民币", "yuan", 1),
    ("块钱", "yuan", 1),
    ("位", "person", 1),
    ("户家庭", "household", 1),
    ("户农户", "household", 1),
    ("年", "year", 1),
    ("个项目", "project", 1),
    ("分钟", "minute", 1),
    ("小时", "hour", 1),
    ("周", "week", 1),
    ("人次", "person-time", 1),
    ("宗", "case", 1),
    ("栋", "structure", 1),
    ("吨", "tonne", 1),
    ("美元", "dollar", 1),
    ("万美元", "dollar", 10**4),
    ("亿美元", "dollar", 10**8),
    ("千元", "yuan", 1000),
    ("百万元", "yuan", 10**6),
    ("万套", "dwelling", 10**4),
    ("万个", "number", 10**4),
    ("棵", "tree", 1),
    ("株", "tree", 1),
    ("笔", "payment", 1),
)

UNITS_ZH_LONGEST_FIRST = tuple(sorted(UNITS_ZH, key=lambda u: -len(u[0])))
MEASURES_ZH = "个座处所口眼条台辆栋幢家宗批间支块片头只匹棵株件起笔份期次场班项类种对户名"
MEASURE_UNITS_ZH = {
    "份": "document",
    "座": "structure",
    "间": "room",
    "宗": "case",
    "件": "case",
    "起": "case",
    "栋": "structure",
    "幢": "structure",
    "家": "company",
}
"""Measure words, and what they count where no noun says it."""

COUNT_NOUNS_ZH: tuple[tuple[str, str], ...] = (
    ("安置点", "site"),
    ("安置区", "site"),
    ("安置社区", "site"),
    ("安置小区", "site"),
    ("学校", "school"),
    ("小学", "school"),
    ("中学", "school"),
    ("幼儿园", "school"),
    ("卫生室", "clinic"),
    ("卫生院", "clinic"),
    ("医院", "clinic"),
    ("机井", "well"),
    ("水井", "well"),
    ("车间", "workshop"),
    ("企业", "company"),
    ("合作社", "cooperative"),
    ("合同", "contract"),
    ("社区", "community"),
    ("街道", "township"),
    ("旧房", "dwelling"),
    ("房屋", "dwelling"),
    ("住房", "dwelling"),
    ("行政村", "administrative village"),
    ("自然村", "natural village"),
    ("贫困村", "village"),
    ("村", "village"),
    ("乡镇", "township"),
    ("县", "county"),
    ("岗位", "job"),
    ("项目", "project"),
    ("问题", "problem"),
    ("培训班", "class"),
)
"""What a bare measure word 个 or 处 may count, when the noun follows within a few characters."""

VERBS_EN = (
    r"chose|took|went|got|left|kept|sold|built|came|moved|gave|became|began|found|held|made|met|said|opted|remain"
    "|remained|signed|accepted|refused|returned|agreed|stayed|live|lived|completed|finished|resolved|planned|drilled"
    "|closed|open|pending|relocated|resettled|settled|approved|rejected|wish|wished|want|wanted|work|worked|use|used"
    "|go|get|keep|choose|take|come|make|begin|start|started|leave|expect|expected|follow|followed|form|cover|covered"
    r"|lost|received|declined|withdrew|withdrawn|attended|reported|settled|raised|died|registered|joined|returned|owned|rented"
    r"|show|shows|fear|fears|know|knows|need|needs|report|reports|say|says|rate|rates|think|face|faces|own|owns|rent|share|lack|lacks"
    r"|do|does|been|being|comprise|comprises|feel|felt|bought|built|hold|holds"
)
"""Verbs that end the words counted: what follows them is another thing."""

BOUNDS: tuple[tuple[str, str], ...] = (
    (r"at least|not less than|no fewer than|至少|不少于|不低于", "at_least"),
    (r"at most|up to|no more than|not more than|不超过|至多|最多", "at_most"),
    (r"more than|over|above|exceed(?:ed|ing|s)?|超过|多于|突破", "above"),
    (r"less than|fewer than|below|under|不足|少于|低于|不到", "below"),
    (r"about|around|nearly|almost|approximately|roughly|some|reached|约|近|大约|左右", "about"),
)
"""The negated forms stand first: 不超过 ends in 超过."""
BOUNDS_AFTER: tuple[tuple[str, str], ...] = (
    (r"^\s*(?:or more|or above|and above)", "at_least"),
    (r"^\s*(?:or less|or fewer|or below|and below)", "at_most"),
    (r"^(?:以上|余|多)", "above"),
    (r"^(?:以下|以内)", "at_most"),
    (r"^\s*(?:强|有余)", "above"),
    (r"^\s*弱", "below"),
    (r"^左右", "about"),
)

STATUS: tuple[tuple[str, str], ...] = (
    (r"since the|a total of|in total|cumulative|altogether|累计|共计|总共", "cumulative"),
    (r"\bplann?(?:s|ed|ing)?\b|target|budget|计划|规划(?!局|部门|院|师|图)|拟|目标", "plan"),
    (r"being built|under construction|accelerating|in progress|在建|正在建设|加快建设", "under_way"),
    (r"complet|finished|built|in place|建成|完成|竣工|到位", "actual"),
)

KIND_CUMULATIVE = (
    r"cumulativ|since (?:the|its|their) (?:\w+ )?(?:start|beginning|implementation|launch|outset)|altogether|a total of"
    r"|since (?:the )?(?:\w+ ){1,2}(?:began|started|was launched)|累计|(?:开展|实施|启动|开工|动工|开始|立项|建立|成立)以来"
)
KIND_AS_OF = r"(?<![年月日底末])到(?=(?:19|20)\d\d\s?年)|as of|up to (?:now|(?:the )?(?:end of )?(?:\d{1,2} )?[A-Z]\w+ (?:\d{1,2}, )?(?:19|20)\d\d)|by the end of|at the end of|to date|by (?:the )?(?:\d{1,2} )?\w+ (?:\d{1,2}, )?(?:19|20)\d\d|截至|截止|年底|月底|目前"
PERFECT = r"\b(?:have|has|had)\s+(?:(?:now|already|all|so|far|since|also)\s+)*(?:been\s+)?\w+(?:ed|en|id|nt|lt|one|ade|ept|oved)\b|so far|\bmoved in\b"
"""Tenses that count up to the day named."""
FLOW_VERBS = (
    r"relocated|moved|resettled|invested|spent|\bpaid|disbursed|released|compensated|trained|demolished|distributed|issued"
    r"|handed over|搬迁|迁出|搬出|入住|投入|投资|拨付|支付|兑付|发放|补偿|培训|拆除|复垦"
)
"""What is done again and again, so that a count of it is of a period or since a beginning."""
KIND_PERIOD = (
    r"\bduring|annual|that year|this year|within the year|reporting period|quarter|half[- ]year|this month|past year|当年|去年|过去一年|全年|年度|新增|本年|季度"
    r"|半年|本月|当月|本期|年初以来|今年以来"
)
KIND_FLOW = r"\bin (?:19|20)\d\d\b|(?:19|20)\d\d\s?年(?!\s?\d|底|末)"

CURRENCY_BEFORE: tuple[tuple[str, str], ...] = (
    *((rf"(?:{signs})\s?$", name) for _, name, signs in CURRENCIES),
    (r"(?:RMB|CNY|¥|￥)\s?$", "yuan"),
)
"""Currencies printed before the number."""
MONEY = ("yuan", *(name for _, name, _ in CURRENCIES))


def currency_before(text: str) -> str | None:
    """The currency whose sign or code ends a text.

    >>> currency_before("a grant of US$"), currency_before("paid KES "), currency_before("paid")
    ('dollar', 'shilling', None)
    """
    return next((name for pattern, name in CURRENCY_BEFORE if re.search(pattern, text)), None)


MEASURED = (*MONEY, "m2", "mu", "ha", "acre", "dwelling", "tonne", "tree", "animal")
"""Units that may be per something: money, areas, what is handed out."""
NOT_COUNTED = (
    *MONEY,
    "percent",
    "percentage point",
    "times",
    "m2",
    "mu",
    "ha",
    "acre",
    "km",
    "m",
    "year",
    "month",
    "day",
    "week",
    "hour",
    "minute",
    "year of age",
    "tonne",
    "group",
    "model",
    "county",
    "province",
    "township",
    "city",
    "district",
)
"""What "74 were resolved" cannot count: measures and the places it happened in."""
KIND_STILL = r"尚有|还有|仍有|现有|尚未|余额|结余|\bstill\b|\bremain|balance"
"""What is left, or there now, is a stock on the day named."""

PER_EN: tuple[tuple[str, str], ...] = (
    (r"per capita|per person|per head|each person", "person"),
    (r"per household|per family|each (?:household|family)", "household"),
    (r"per (?:unit|house|dwelling|home|flat)\b", "dwelling"),
    (r"(?:per|every|a) square met(?:er|re)|per m2", "m2"),
    (r"per mu", "mu"),
    (r"per month|a month|monthly", "month"),
    (r"per (?:year|annum)|a year|annual(?:ly)?", "year"),
)
PER_ZH: tuple[tuple[str, str], ...] = (
    (r"人均|每人|/人", "person"),
    (r"户均|每户|/户", "household"),
    (r"套均|每套|/套", "dwelling"),
    (r"每平方米|/平方米|/㎡", "m2"),
    (r"每亩|/亩", "mu"),
    (r"每月|/月", "month"),
    (r"每年|/年|年均", "year"),
)

COLLECTIVE_EN: tuple[tuple[str, str], ...] = ((r"\b(?:a |the )?(?:family|household) of", "person"),)
"""Words after which a bare number counts persons."""
