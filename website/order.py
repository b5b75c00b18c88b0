"""What a bride asks for: the form of POST /api/tryon, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tryon.options import Fit, View
from website.catalogue import CatalogueGown
from website.form import Form
from website.problems import Problem

MAX_SIDE = 1600
Picture = Literal["jpeg", "png"]
FIELDS = {"photo", "gown", "gown_id", "consent", "fit", "views", "format", "max_side"}


class Wishes(BaseModel):
    """The fields that are no pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fit: Fit = Fit()
    views: tuple[View, ...] = ()
    format: Picture = "jpeg"
    max_side: int = Field(MAX_SIDE, ge=256, le=MAX_SIDE)


@dataclass(frozen=True)
class Order:
    """photo: the upload as it came. gown: an upload as it came, or one of the catalogue."""

    photo: bytes
    gown: bytes | CatalogueGown
    wishes: Wishes

    def options(self) -> bytes:
        """The workflow's `options`. The visible mark is no wish: every picture of this site has it."""
        return json.dumps({**self.wishes.model_dump(), "watermark": True}).encode()


def read(form: Form, catalogue: Mapping[str, CatalogueGown]) -> Order:
    """The order in a form. Raises Problem."""
    if {*form.files, *form.fields} - FIELDS:
        raise Problem("InputValidationError", f"Unknown field; the fields are {', '.join(sorted(FIELDS))}.")
    if form.fields.get("consent") != "yes":
        raise Problem("ConsentMissing", "Please agree to what happens with your photo: send consent=yes.")
    photo = form.files.get("photo")
    if photo is None:
        raise Problem("InputValidationError", "The file `photo` is missing: send a JPEG, PNG or WebP file.")
    return Order(photo, _gown(form, catalogue), _wishes(form.fields))


def _gown(form: Form, catalogue: Mapping[str, CatalogueGown]) -> bytes | CatalogueGown:
    own, name = form.files.get("gown"), form.fields.get("gown_id")
    if own is not None and name is None:
        return own
    if own is not None or name is None:
        raise Problem("InputValidationError", "Send either `gown_id`, of /api/gowns, or a picture as the file `gown`.")
    if name not in catalogue:
        raise Problem("UnknownGown", "There is no such gown in the catalogue; /api/gowns lists them.")
    return catalogue[name]


def _wishes(fields: Mapping[str, str]) -> Wishes:
    wanted: dict[str, Any] = {name: fields[name] for name in ("format", "max_side") if name in fields}
    if fields.get("views"):
        wanted["views"] = fields["views"].split(",")
    try:
        if "fit" in fields:
            wanted["fit"] = json.loads(fields["fit"])
        return Wishes.model_validate(wanted)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][:2])
        raise Problem("InputValidationError", f"`{place}` is wrong: {first['msg']}.") from error
    except ValueError as error:
        raise Problem("InputValidationError", "`fit` is no JSON.") from error
