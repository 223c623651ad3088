"""The looks of the contract's page, and the policy that lets a browser apply exactly these."""

import base64
import hashlib
from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2430;--dim:#5b6675;--line:#dfe4ea;--paper:#fff;
--tint:#f5f7f9;--accent:#0b5cad;--write:#8a4b00;--write-tint:#fff3e0;--read:#0b6b3a;--read-tint:#e5f5ec}
@media (prefers-color-scheme:dark){:root{--ink:#e3e8ee;--dim:#9aa7b5;--line:#2d3742;--paper:#12171d;
--tint:#1a2129;--accent:#7db8f5;--write:#ffc27a;--write-tint:#3a2a12;--read:#7fd6a4;
--read-tint:#12331f}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.page{max-width:84rem;margin:0 auto;padding:2rem 1.5rem 5rem;display:grid;gap:2.5rem;
grid-template-columns:15rem minmax(0,1fr)}
nav{position:sticky;top:1.5rem;align-self:start;max-height:calc(100vh - 3rem);overflow:auto;
font-size:.875rem}
nav h2{font-size:.75rem;letter-spacing:.05em;text-transform:uppercase;color:var(--dim);
margin:1.1rem 0 .25rem;border:0;padding:0}
nav ul{list-style:none;margin:0;padding:0}nav li{padding:.1rem 0}
header h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem}
header .dim{margin:0 0 1.25rem}
header p{max-width:46rem}
h2{font-size:1.35rem;margin:3rem 0 .25rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1.15rem;margin:0}h4{font-size:.95rem;margin:1.4rem 0 .4rem}
.dim{color:var(--dim)}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
code{background:var(--tint);border-radius:3px;padding:.1em .3em;overflow-wrap:anywhere}
h3 code{font-size:1.05rem;font-weight:600}
h3 code,nav code,td:first-child code,summary code{background:none;padding:0;overflow-wrap:normal}
pre{background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:.9rem 1rem;
overflow:auto;margin:.5rem 0}
.topic{border:1px solid var(--line);border-radius:8px;padding:1.1rem 1.4rem 1.3rem;margin:1.1rem 0}
.topic>p{margin:.4rem 0 .8rem;max-width:46rem}
.badge{display:inline-block;font:600 .75rem/1.6 system-ui,sans-serif;border-radius:1em;
padding:0 .7em;margin-left:.6em;vertical-align:.15em;background:var(--tint);color:var(--dim)}
.write{background:var(--write-tint);color:var(--write)}.read{background:var(--read-tint);
color:var(--read)}
dl{display:grid;grid-template-columns:9rem minmax(0,1fr);gap:.3rem 1rem;margin:0;font-size:.925rem}
dt{color:var(--dim)}dd{margin:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th{text-align:left;font-weight:600;color:var(--dim);border-bottom:1px solid var(--line);
padding:.35rem .9rem .35rem 0;white-space:nowrap}
td{vertical-align:top;border-bottom:1px solid var(--line);padding:.4rem .9rem .4rem 0}
tr:last-child td{border-bottom:0}
td:first-child{white-space:nowrap}td:nth-child(2){min-width:9rem;max-width:22rem}
td:last-child{min-width:18rem;padding-right:0}
td small{display:block;color:var(--dim);overflow-wrap:anywhere}
details{margin-top:.8rem}summary{cursor:pointer;font-weight:600;font-size:.95rem}
details.topic{padding:.6rem 1.4rem}details.topic[open]{padding-bottom:1.3rem}
details.topic>summary .dim{font-weight:400;margin-left:.6rem}
@media (max-width:60rem){.page{display:block;padding:1.25rem 1rem 4rem}
nav{position:static;max-height:none;columns:2;margin-bottom:2rem}nav div{break-inside:avoid}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}.topic{padding:1rem}}
"""

_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTRACT_CSP: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
).encode()
