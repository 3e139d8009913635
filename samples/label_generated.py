"""Label what a generator returns: a picture, bytes and text, before anybody can use them unmarked.

python samples/label_generated.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from credlabel import Labeller, Model, PluginRegistry, Prompt, Provenance
from credlabel.home import Home
from credlabel.keys import KeyStore

PROMPT = "an orange sky"


def generate_picture() -> Image.Image:
    """Stand in for a picture generator."""
    return Image.linear_gradient("L").resize((160, 100)).convert("RGB")


def generate_text() -> str:
    """Stand in for a language model."""
    return "The sky was orange, and nobody had painted it.\n"


def main(folder: Path) -> None:
    """Label one thing of each kind into ``folder``."""
    # The development key of this machine, made if there is none. In production, open your own.
    keys = KeyStore(Home.find(os.environ), clock=lambda: datetime.now(UTC))
    signer = PluginRegistry.load().open_signer(keys.ensure_development().uri)

    # What is true of everything that this program generates.
    labeller = Labeller(
        signer,
        provenance=Provenance(
            provider="Acme Pictures",
            system="Painter",
            system_version="3.1",
            models=(Model(name="painter", version="3.1"),),
            prompts=(Prompt(text=PROMPT),),  # its digest is recorded, not its text
        ),
    )

    # A picture goes straight from memory into a labelled file.
    picture = generate_picture()
    receipt = labeller.label(picture, folder / "sky.png", image_format="PNG", replace=True)
    print(receipt.output, receipt.tier, receipt.output_digest.sha256)

    # Text can hold no credential, so it gets a sidecar, sky.txt.c2pa.
    receipt = labeller.label(generate_text().encode(), folder / "sky.txt", replace=True)
    print(receipt.output, receipt.tier, receipt.sidecar)

    # Or stay in memory, for an answer over the network. One record may differ from the others.
    labelled = labeller.label_bytes(
        (folder / "sky.png").read_bytes(),
        name="sky.png",
        provenance=Provenance(system="Sharpener", models=(Model(name="sharpener", version="1"),)),
    )
    print(f"{len(labelled.data)} bytes to send, {labelled.receipt.relation}")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "generated")
    target.mkdir(parents=True, exist_ok=True)
    main(target)
