"""Division codes (GB/T 2260): which region lies in which."""

PROVINCES = {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82}


def is_region(code: str) -> bool:
    """Whether this may be a division: two, four or six digits, the first two those of a province."""
    return code.isascii() and code.isdigit() and len(code) in (2, 4, 6) and int(code[:2]) in PROVINCES


def stem(region: str | None) -> str:
    """The significant digits of a division code: 430000 → 43, 430900 → 4309."""
    code = region or ""
    while code.endswith("00"):
        code = code[:-2]
    return code


def covers(ours: str | None, region: str | None) -> bool:
    """Whether what holds for `ours` (None: the whole country) holds in the region."""
    return ours is None or (region is not None and region.startswith(stem(ours)))
