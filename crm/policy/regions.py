"""Division codes (GB/T 2260): which region lies in which."""


def stem(region: str | None) -> str:
    """The significant digits of a division code: 430000 → 43, 430900 → 4309."""
    code = region or ""
    while code.endswith("00"):
        code = code[:-2]
    return code


def covers(ours: str | None, region: str | None) -> bool:
    """Whether what holds for `ours` (None: the whole country) holds in the region."""
    return ours is None or (region is not None and region.startswith(stem(ours)))
