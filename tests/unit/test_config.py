"""The configuration: every section has defaults, and what is not understood is refused."""

import msgspec
import pytest

from credlabel.config import FILE_NAME, MAX_BYTES, Config, load_config, read_toml
from credlabel.errors import ConfigError, ExitCode
from credlabel.home import Home
from credlabel.model import Model, Provenance


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


def test_without_a_file_the_defaults_hold(home):
    config = load_config(home)
    assert config == Config()
    assert config.verify.policies == ("valid",)
    assert config.label.prompts == "digest"
    assert config.label.on_existing == "update"


def test_the_nearest_file_is_read(home, tmp_path):
    def write(path, provider):
        path.write_text(f'[provenance]\nprovider = "{provider}"\n')

    write(home.config_file, "home")
    assert load_config(home).provenance.provider == "home"
    write(tmp_path / "here" / FILE_NAME, "here")
    assert load_config(home).provenance.provider == "here"
    write(tmp_path / "given.toml", "given")
    assert load_config(home, given=tmp_path / "given.toml").provenance.provider == "given"


@pytest.mark.parametrize(
    "section",
    [
        '[trust]\nfiles = ["evil.pem"]',
        '[verify]\npolicies = ["disclosed"]',
        '[signing]\ntimestamp = "http://evil.example"',
        '[plugins]\ndisabled = ["policies.c2pa"]',
        '[label]\nprompts = "text"',
    ],
)
def test_a_file_that_lies_around_decides_neither_whom_to_believe_nor_what_is_told(
    home, tmp_path, section
):
    here = tmp_path / "here" / FILE_NAME
    here.write_text(section)
    with pytest.raises(ConfigError, match="current directory") as caught:
        load_config(home)
    assert "--config" in caught.value.hint
    assert load_config(home, given=here) != Config()
    here.rename(home.config_file)
    assert load_config(home) != Config()


def test_a_file_that_lies_around_may_say_how_to_label_otherwise(home, tmp_path):
    (tmp_path / "here" / FILE_NAME).write_text('[label]\nprompts = "digest"\ntext = "embed"\n')
    assert load_config(home).label.text == "embed"


FULL = """
[provenance]
system = "Painter"
created = 2026-01-01T00:00:00Z
models = [{ name = "m", version = "1" }]

[label]
on_existing = "skip"
prompts = "text"

[signing]
signer = "file:/k.pem"

[trust]
bundles = ["official"]

[verify]
policies = []

[limits]
seconds = 5
memory_bytes = 1000000000

[plugins]
prefer = { "image/jpeg" = "mine" }
disabled = ["theirs"]
"""


def test_every_section_is_read(tmp_path):
    path = tmp_path / "full.toml"
    path.write_text(FULL)
    config = read_toml(path, Config)
    assert config.provenance.models == (Model(name="m", version="1"),)
    assert config.provenance.created.year == 2026
    assert (config.label.on_existing, config.label.prompts) == ("skip", "text")
    assert config.signing.signer == "file:/k.pem"
    assert config.trust.bundles == ("official",)
    assert config.verify.policies == ()
    assert config.limits.seconds == 5
    assert config.plugins.prefer == {"image/jpeg": "mine"}


def sections():
    for name, field in zip(Config.__struct_fields__, msgspec.structs.fields(Config), strict=True):
        yield name, field.type


@pytest.mark.parametrize("section", [None, *(name for name, _ in sections())])
def test_a_misspelt_key_is_refused_wherever_it_stands(tmp_path, section):
    path = tmp_path / "a.toml"
    path.write_text(f"[{section}]\nmisspelt = 1\n" if section else "misspelt = 1\n")
    with pytest.raises(ConfigError, match="misspelt") as caught:
        read_toml(path, Config)
    assert caught.value.exit_code is ExitCode.CONFIG
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        b"[provenance\n",
        b"\xff\xfe",
        b"provenance = 5",
        b"[label]\non_existing = 'overwrite'",
        b"[provenance]\ncreated = 2026-01-01T00:00:00",  # when, where?
        b"[provenance]\nprompts = [{ sha256 = 'abc' }]",
        b"[limits]\nseconds = 'five'",
        b"x = " + b"[" * 100_000,
        b"x = {" * 50_000,
        b"#" * (MAX_BYTES + 1),
    ],
)
def test_nonsense_is_one_sentence(tmp_path, text):
    path = tmp_path / "a.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigError, match=r"a\.toml"):
        read_toml(path, Config)


def test_a_file_that_can_not_be_read_is_one_sentence(home, tmp_path):
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        load_config(home, given=tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match="directory"):
        load_config(home, given=tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.toml", 'system = "Painter"\nprompts = [{ text = "hills" }]'),
        ("p.json", '{"system": "Painter", "prompts": [{"text": "hills"}]}'),
    ],
)
def test_a_provenance_file_is_toml_or_json(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    record = read_toml(path, Provenance)
    assert (record.system, record.prompts[0].text) == ("Painter", "hills")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"system": 5}', '{"system": "\ud800"}', ""])
def test_a_provenance_file_of_nonsense_is_one_sentence(tmp_path, text):
    path = tmp_path / "p.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError, match=r"p\.json"):
        read_toml(path, Provenance)
