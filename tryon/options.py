"""What a caller may ask for beside the two pictures, and the checks at the door."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tryon.errors import InputValidationError

View = Literal["result", "masks", "pose", "warp", "before_after"]
Model = TypeVar("Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fit(_Strict):
    """Adjustments by hand. Widths are factors; hem is a factor of the skirt's length; x and y move the gown,
    in shoulder widths, right and down."""

    bust: float = Field(1.0, ge=0.6, le=1.6)
    waist: float = Field(1.0, ge=0.6, le=1.6)
    hips: float = Field(1.0, ge=0.6, le=1.6)
    hem: float = Field(1.0, ge=0.4, le=1.5)
    x: float = Field(0.0, ge=-1.0, le=1.0)
    y: float = Field(0.0, ge=-1.0, le=1.0)


class Options(_Strict):
    """The `options` field of a request."""

    format: Literal["png", "jpeg", "webp"] = "png"
    quality: int = Field(92, ge=1, le=100)
    max_side: int = Field(1600, ge=256, le=2048)  # raw pixels travel between the nodes: 2048 is 12 MiB each
    fit: Fit = Fit()
    views: tuple[View, ...] = ()
    watermark: bool = False
    seed: int = Field(0, ge=0, lt=2**32)


class Landmarks(_Strict):
    """The `landmarks` field: points (x, y) of the gown's picture in pixels. A whole gown.json may be sent."""

    model_config = ConfigDict(extra="ignore")

    landmarks: dict[str, tuple[float, float]]


def parse(model: type[Model], text: bytes | None, field: str) -> Model | None:
    """A JSON field of the request; None where it is absent. Raises InputValidationError."""
    if text is None:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the value"
        raise InputValidationError(f"The field `{field}` is wrong at {place}: {first['msg']}.") from error
