"""A page for the notice board: what is committed to before a draw, its result after it, and how anybody checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from resettle.words import Language, tell

STYLE = """@page{size:A4;margin:18mm}*{box-sizing:border-box}
body{font:15px/1.6 "Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#16232C;max-width:760px;margin:0 auto;padding:16px}
h1{font:700 27px/1.3 "Noto Serif",STZhongsong,"Noto Serif CJK SC",SimSun,serif;margin:8px 0 4px}h2{font-size:19px;margin:24px 0 8px;break-after:avoid}
.lead{font-size:17px}.box{border:2px solid #16232C;padding:8px 14px;margin:12px 0;overflow-wrap:anywhere}
.box b{display:block;font:700 15px/1.5 "DejaVu Sans Mono",monospace}.failed{border-color:#9A5208;background:#FAF0E1}
dl{display:grid;grid-template-columns:10em 1fr;gap:4px 16px;margin:8px 0}dt{color:#4B5A64}dd{margin:0;overflow-wrap:anywhere}
ol.order{columns:3;column-gap:24px;padding:0;list-style:none;font-variant-numeric:tabular-nums}ol.order li{break-inside:avoid;border-bottom:1px solid #D6DDE1;padding:1px 0;display:flex;gap:10px}
ol.order b{min-width:3.2em;text-align:right}ol.order i{font-style:normal;color:#4B5A64;margin-left:auto}li{margin:2px 0}code{font-family:"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.sign{display:grid;grid-template-columns:1fr 1fr;gap:26px 32px;margin-top:18px}.sign span{border-top:1px solid #16232C;padding-top:2px;font-size:13px;min-height:44px;break-inside:avoid}
ol.order i{white-space:nowrap}@media print{ol.order.tiers{columns:2}}
@media screen and (max-width:600px){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}ol.order{columns:1}.sign{grid-template-columns:1fr}}
@media screen and (min-width:601px) and (max-width:760px){ol.order{columns:2}}"""


def notice(
    made: Mapping[str, Any], seal: str, record: Mapping[str, Any] | None, digest: str, language: Language
) -> str:
    """One HTML page in one language, for the board and for paper; nothing is fetched from anywhere.

    Args:
        made: the commitment. seal: its hash. record: the result; ``None`` before the draw. digest: of record.json.
    """

    def say(key: str, **values: Any) -> str:
        return escape(tell(f"notice.{key}", language, **{k: str(v) for k, v in values.items()}))

    failed = str((record or {}).get("failed") or "")
    state = "before" if record is None else "failed" if failed else "after"
    title = say(f"title_{state}")
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="lead">{say(f"lead_{state}", purpose=made["purpose"] or "-")}</p>',
    ]
    if failed:
        parts.append(f'<div class="box failed">{say("failed", reason=failed)}</div>')
    parts.append(f'<div class="box">{say("seal")}<b>{escape(seal)}</b>{say("seal_why")}</div>')
    rows = [("count", f"{made['count']:,}"), ("source", made["source"]), ("form", made.get("form"))]
    rows += [("moment", made["moment"]), ("committed", made.get("committed"))]
    rows += [("root", made["root"]), ("replaces", made.get("replaces"))]
    rows += [("witnesses", "; ".join(made.get("witnesses", ())))]
    if record is not None:
        rows += [("value", record["public_value"]), ("present", "; ".join(record.get("witnesses", ())))]
        rows += [("remarks", "; ".join(record.get("remarks", ()))), ("digest", digest)]
    shown = [(name, value) for name, value in rows if value]
    parts.append("<dl>" + "".join(f"<dt>{say(n)}</dt><dd>{escape(str(v))}</dd>" for n, v in shown) + "</dl>")
    if record is not None and not failed:
        parts += _order(record, say("order"), say("tier_head"))
    steps: Sequence[str] = [say(f"check_{state if state != 'failed' else 'after'}_{k}") for k in (1, 2, 3)]
    parts.append(f"<h2>{say('check')}</h2><ol>" + "".join(f"<li>{s}</li>" for s in steps) + "</ol>")
    parts.append(
        f'<div class="sign"><span>{say("sign_office")}</span><span>{say("sign_witness")}</span></div>'
    )
    lang = "zh-CN" if language == "zh" else "en"
    head = (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>"
    )
    return head + "\n".join(parts) + "</body></html>\n"


def _order(record: Mapping[str, Any], title: str, tier: str) -> list[str]:
    tiers = {name: level for name, level, _ in record["roll"]}
    several = len(set(tiers.values())) > 1
    lines = [
        f"<li><b>{place:,}</b><span>{escape(str(name))}</span>"
        + (f"<i>{tier} {int(tiers[name]) + 1}</i>" if several else "")
        + "</li>"
        for place, name in enumerate(record["order"], start=1)
    ]
    return [
        f"<h2>{title}</h2>",
        f'<ol class="order{" tiers" if several else ""}">' + "".join(lines) + "</ol>",
    ]
