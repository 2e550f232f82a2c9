"""
The paper's measurements beside simulations, arXiv:2511.00739 v1 and v3, in one table.

    python benchmarks/simulation_paper.py

What each part was calibrated with stands above it; `docs/validation.md` discusses the misses. A
row that was used for calibration is no prediction and is marked `=`; `!` marks a miss of more than
15 %, or a claim of the paper that does not come out.
"""

from collections.abc import Sequence

from paper_batches import batches
from paper_energy import energy
from paper_first import first_version
from paper_mixed import mixed
from paper_open import open_loop
from paper_rows import Part, told

PARTS = {
    "First version, batches": first_version,
    "Third version, batches": batches,
    "Third version, open loop": open_loop,
    "Third version, mixed requests": mixed,
    "Energy": energy,
}


def summary(name: str, parts: Sequence[Part]) -> str:
    rows = [row for part in parts for row in part.predictions]
    claims = [claim for part in parts for claim in part.claims]
    ratios = [row for row in rows if row.ratio]
    right = sum((row.paper > 1) == (row.ours > 1) for row in ratios)
    held = sum(claim.holds for claim in claims)
    signs = f"signs of ratios {right} of {len(ratios)}; " if ratios else ""
    return f"{name}: {told(rows)}; {signs}claims {held} of {len(claims)}"


def main() -> None:
    found = {name: tuple(make()) for name, make in PARTS.items()}
    print(f"  {'':54} {'paper':>8} {'simulated':>9} {'error':>8}")
    for part in (part for parts in found.values() for part in parts):
        print("\n".join(part.lines()))
    print()
    for name, parts in found.items():
        print(summary(name, parts))
    print(summary("All", [part for parts in found.values() for part in parts]))


if __name__ == "__main__":
    main()
