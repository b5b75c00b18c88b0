"""Every number that an operator may want to change: environment variables TRYON_WEB_<NAME>, or the defaults."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tryon import images
from tryon.state import PORT

ROOT = Path(__file__).resolve().parents[1]
STATIC = Path(__file__).resolve().parent / "static"
FROM_MAIN_PORT = 10  # the website's port lies so far above TorchServe's main port


class Settings(BaseSettings):
    """Times in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="TRYON_WEB_", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; this machine only, unless a proxy stands before")
    port: int = Field(PORT + FROM_MAIN_PORT, description="Port to listen on")
    backend_port: int = Field(PORT, description="Main port of the `tryon serve` that answers")
    proxies: str = Field("", description="Addresses of proxies whose X-Forwarded-For is believed, comma separated")
    gowns: Path = Field(ROOT / "gowns", description="The catalogue: one folder a gown")

    at_once: int = Field(2, ge=1, description="Try-ons that TorchServe works on at the same time")
    waiting: int = Field(8, ge=0, description="Try-ons that may wait; one more is answered 503")
    deadline_s: float = Field(60.0, gt=0, description="The longest a bride waits for an answer")
    burst: int = Field(24, ge=1, description="Requests an address may make at once, before it is slowed down")
    rate_per_s: float = Field(0.5, gt=0, description="Requests an address may make in the long run")

    picture_bytes: int = Field(images.MAX_BYTES, description="Largest picture file")
    least_side: int = Field(256, description="Smallest side of a photo, in pixels")
    read_s: float = Field(10.0, description="Longest pause within an upload")
    upload_s: float = Field(60.0, description="Longest upload")
    decode_s: float = Field(10.0, description="Longest time that reading one picture may take")

    moderation: float | None = Field(
        None, ge=0, le=1, description="Score above which a picture is refused, 0.8 say; unset: nobody is judged"
    )

    share_s: float = Field(24 * 3600.0, description="How long a share link lives")
    share_pictures: int = Field(200, description="Share links at a time; 0 switches them off")
    share_bytes: int = Field(256 * 2**20, description="Memory for shared pictures")

    golden_s: float = Field(5.0, description="How long the answer of /readyz is kept")
    log_json: bool = Field(True, description="One JSON object a line; otherwise for reading")

    @property
    def body_bytes(self) -> int:
        """Largest request: a photo, a gown picture, and what surrounds them."""
        return 2 * self.picture_bytes + 2**16
