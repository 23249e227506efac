"""Damage to files: what disks, transfers, editors and attackers do to bytes."""

import json
import random

TOKENS = [
    b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3(", b"\r", b"\n",
    b"\r\n", b"\t", b",", b";", b'"', b"'", b"\\", b"/", b"../", b"[", b"]" * 50, b"{",
    b"[" * 5000, b'{"a":' * 2000, b"NaN", b"inf", b"-inf", b"1e999", b"-1", b"0", b"null",
    b"true", b"9" * 400, b"9" * 5000, b"\\ud800", b'"\\ud800"', b"2147483648",
    b"18446744073709551615", b"\x7f\xff\xff\xff", b"\xff" * 8, b"\x00" * 8, b"=cmd()",
    b"\x1b[31m", b"%s", b"A" * 3000, "\u202e\u0130".encode(), b"Unknown", b"0.5", b"1e308",
    b"; " * 20_000, b" " * 50_000, b"1" * 50_000, b"\\" * 20_000, b"a;b,c\t" * 9999,
    b".wav" * 9999,
]  # fmt: skip
VALUES = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, 0.5, -1e308, 1e308, "", "a",
    "\ud800", "auto", "cuda", "../x", "nan", [], {}, [[]], [0] * 50, {"a": {}}, [None],
]  # fmt: skip


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Some bytes changed, lost, doubled, or taken from another file."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        n = len(found)
        place = rng.randrange(n + 1)
        length = rng.choice([1, 2, 4, 8, rng.randrange(n + 1)])
        kind = rng.randrange(9)
        if kind == 0 and n:
            found[place % n] ^= 1 << rng.randrange(8)
        elif kind == 1 and n:
            found[place % n] = rng.randrange(256)
        elif kind == 2:
            found[place:place] = rng.choice(TOKENS)
        elif kind == 3:
            token = rng.choice(TOKENS)
            found[place : place + len(token)] = token
        elif kind == 4:
            del found[place : place + length]
        elif kind == 5:
            found[place:place] = found[place : place + min(length, 10_000)]
        elif kind == 6:
            del found[place:]
        elif kind == 7:
            other = rng.choice(others)
            start = rng.randrange(len(other) + 1)
            found[place : place + length] = other[start : start + length]
        else:
            lines = bytes(found).split(b"\n")
            first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[first], lines[second] = lines[second], lines[first]
            found = bytearray(b"\n".join(lines))
    return bytes(found)


def changed_value(document, rng: random.Random):
    """A copy of a JSON document with one value, somewhere, that is another."""
    document = json.loads(json.dumps(document))
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys)
        inner = place[key]
        if isinstance(inner, (dict, list)) and inner and rng.random() < 0.85:
            place = inner
            continue
        kind = rng.randrange(4)
        if kind == 0:
            del place[key]
        elif kind == 1 and isinstance(inner, (int, float)):
            place[key] = inner * rng.choice([-1, 0, 2, 1000])
        else:
            place[key] = rng.choice(VALUES)
        return document
