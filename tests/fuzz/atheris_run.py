"""Run a fuzz target guided by coverage: ``python tests/fuzz/atheris_run.py scan|label [CORPUS]``.

Needs ``pip install atheris``. What follows the target's name goes to libFuzzer; without a corpus,
the samples and their labelled copies are one.
"""

import sys
import tempfile
from pathlib import Path


def main():
    import atheris

    root = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(root / "tests" / "support"))
    with atheris.instrument_imports(include=["credlabel", "credlabel_plugins"]):
        import making
        import targets

    name, *options = sys.argv[1:] or ["scan"]
    if all(option.startswith("-") for option in options):
        corpus = Path(tempfile.mkdtemp(prefix="credlabel-corpus-"))
        for path in making.SAMPLES.iterdir():
            made = making.labelled(path.name)
            (corpus / path.name).write_bytes(making.sample(path.name))
            (corpus / f"labelled-{path.name}").write_bytes(made.data)
            if made.sidecar:
                (corpus / f"{path.name}.c2pa").write_bytes(made.sidecar)
        options.append(str(corpus))
    atheris.Setup([sys.argv[0], *options], getattr(targets, f"fuzz_{name}"))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
