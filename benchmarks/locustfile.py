"""For locust (https://locust.io), whose users wait for their answers: see "Benchmark" in the README.

Reads a body that `tryon bench --body FILE` has written, and the inference key from $KEY.
"""

from __future__ import annotations

import os
from pathlib import Path

from locust import HttpUser, task

BODY = Path(os.environ["BODY"]).read_bytes()
HEADERS = {
    "Content-Type": "multipart/form-data; boundary=tryon",
    "Authorization": f"Bearer {os.environ.get('KEY', '')}",
}


class Bride(HttpUser):
    """Asks again as soon as she has her picture."""

    @task
    def try_on(self) -> None:
        with self.client.post("/wfpredict/tryon", data=BODY, headers=HEADERS, catch_response=True) as response:
            if "image" not in response.json():
                response.failure(response.text[:200])  # errors come with status 200
