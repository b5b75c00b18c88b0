"""What this CPU multiplies fast, by which each net's precision is chosen."""

from __future__ import annotations

import torch


def exact_int8() -> bool:
    """Whether it adds products of eight bits in 32 (VNNI). Others add two in 16 first, which overflows."""
    return _has("avx512_vnni", "avx_vnni")


def fast_bf16() -> bool:
    """Whether it multiplies in bfloat16 (AMX, AVX-512 BF16). Others convert: single precision is faster."""
    return _has("amx_bf16", "avx512_bf16")


def _has(*names: str) -> bool:
    found = torch.cpu.get_capabilities()
    return any(found.get(name) for name in names)
