"""Random poses of the rig: from standing with hanging arms to raised arms, bent elbows and lunges."""

from __future__ import annotations

import numpy as np

from studio.figure import Floats, rotation

UP, BACK, LEFT = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)
FRONT = np.array([0.0, -1.0, 0.0])
SIDES = (("L", 1), ("R", -1))


def turn(degrees: float) -> Floats:
    """About the vertical axis."""
    return rotation(UP, degrees)


def random_pose(random: np.random.Generator) -> dict[str, Floats]:
    """Rotations per bone, as `figure.skin` wants them."""
    pose = _trunk(random)
    stance = random.choice(["stands", "strides", "crouches", "leaps"], p=[0.5, 0.2, 0.2, 0.1])
    for side, sign in SIDES:
        pose |= _arm(random, side)
        pose |= _leg(random, side, sign, stance)
    return pose


def _trunk(random: np.random.Generator) -> dict[str, Floats]:
    """Spine, neck and head: upright, or bent, leaning and twisted as in sports; a third at each of three joints."""
    spread = (9, 7, 10) if random.random() < 0.7 else (28, 20, 25)
    bend, lean, twist = random.normal(0, spread) / 3
    pose = {f"spine0{i}": rotation(LEFT, bend) @ rotation(BACK, lean) @ turn(twist) for i in (2, 3, 4)}
    nod, tilt, look = random.normal(0, (9, 7, 18))
    pose["neck02"] = rotation(LEFT, nod) @ rotation(BACK, tilt) @ turn(look)
    return pose


def _arm(random: np.random.Generator, side: str) -> dict[str, Floats]:
    """Hanging, hand on the hip, or anywhere an arm can be. In the rig's own pose it points 45 degrees down."""
    kind = random.choice(["hangs", "hip", "any"], p=[0.3, 0.15, 0.55])
    lowered, forward, bend, outwards = {
        "hangs": (random.uniform(20, 42), random.normal(0, 10), random.uniform(0, 35), random.uniform(-20, 40)),
        "hip": (random.uniform(-8, 16), random.uniform(-50, -10), random.uniform(70, 115), random.uniform(-95, -45)),
        "any": (random.uniform(-115, 40), random.uniform(-30, 90), random.uniform(0, 140), random.uniform(-60, 120)),
    }[kind]
    return arm(side, lowered, forward, bend, outwards)


def arm(side: str, lowered: float, forward: float, bend: float, outwards: float) -> dict[str, Floats]:
    """Degrees: the upper arm lowered (from 45 below level) and swung forward, the elbow bent to the front (outwards
    0), away from the body (90) or towards it (-90)."""
    sign = dict(SIDES)[side]
    along = np.array([sign * 0.72, 0.0, -0.69])
    aside = np.cross(along, FRONT) * -sign  # across the arm, away from the body
    towards = np.cos(np.radians(outwards)) * FRONT + np.sin(np.radians(outwards)) * aside
    hinge = np.cross(along, towards)
    share = 0.2 if lowered > 0 else 0.3  # the collar bone goes along
    return {
        f"shoulder01.{side}": rotation(BACK, sign * share * lowered),
        f"upperarm01.{side}": turn(-sign * forward) @ rotation(BACK, sign * (1 - share) * lowered),
        f"lowerarm01.{side}": rotation(tuple(hinge), bend),
    }


def _leg(random: np.random.Generator, side: str, sign: int, stance: str) -> dict[str, Floats]:
    """Standing, lifted and spread with a bent knee, sitting or crouching, or thrown forward or back in a leap."""
    kind = random.choice(["stands", "strides"], p=[0.25, 0.75]) if stance == "strides" else stance
    forward, spread, bend = {
        "stands": (random.normal(0, 6), random.uniform(-4, 10), random.uniform(0, 12)),
        "strides": (random.uniform(-30, 85), random.uniform(-4, 40), random.uniform(0, 100)),
        "crouches": (random.uniform(40, 110), random.uniform(-2, 45), random.uniform(40, 130)),
        "leaps": (random.uniform(-60, 70), random.uniform(0, 65), random.uniform(0, 90)),
    }[kind]
    return {
        f"upperleg01.{side}": rotation(LEFT, -forward) @ rotation(BACK, -sign * spread),
        f"lowerleg01.{side}": rotation(LEFT, bend),
    }
