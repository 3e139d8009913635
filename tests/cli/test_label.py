"""``credlabel label``: where files go, what is said of them, and with which exit code."""

# ruff: noqa: PTH208 - names are compared with names

import hashlib
import os
import shutil

import pytest

from credlabel import Scanner


def record_of(path):
    evidence, *_ = Scanner().scan(path).evidence
    return evidence.provenance


def test_a_file_is_labelled_into_a_folder(cli, sample, workplace):
    source = sample("hills.png")
    before = source.read_bytes()
    done = cli("label", source, "--out", "out")
    assert (done.code, done.out, done.err) == (0, "labelled   out/hills.png\n", "")
    assert source.read_bytes() == before
    report = Scanner().scan(workplace / "out" / "hills.png")
    assert (report.verdict.origin, report.verdict.integrity) == ("generated", "intact")


def test_a_file_is_labelled_into_a_file_whose_folder_is_made(cli, sample):
    done = cli("label", sample("hills.bin"), "-o", "a/b/some.bin")
    assert done.code == 0
    assert done.out.startswith("labelled   a/b/some.bin  + some.bin.c2pa  (A credential can't be")
    assert sorted(os.listdir("a/b")) == ["some.bin", "some.bin.c2pa"]


def test_a_folder_keeps_its_structure_and_sidecars_lie_beside_their_files(cli, sample, tree):
    for name in ("hills.png", "sub/hills.txt", "sub/deeper/hills.json"):
        sample(name.rpartition("/")[2], f"src/{name}")
    before = tree("src")
    done = cli("label", "src/", "--out", "out", "--jobs", "1")
    assert done.code == 0
    assert sorted(tree("out")) == [
        "hills.png",
        "sub/deeper/hills.json",
        "sub/deeper/hills.json.c2pa",
        "sub/hills.txt",
        "sub/hills.txt.c2pa",
    ]
    assert tree("src") == before


def test_sidecars_travel_with_their_files_and_are_no_files_of_their_own(cli, labelled, tree):
    done = cli("label", labelled, "--out", "out", "--json")
    assert done.code == 0
    assert [line["source"] for line in done.lines] == [
        "labelled/bare.jpg",
        "labelled/hills.png",
        "labelled/sub/hills.txt",
    ]
    assert sorted(tree("out")) == ["bare.jpg", "hills.png", "sub/hills.txt", "sub/hills.txt.c2pa"]
    done = cli("label", "labelled/sub/hills.txt.c2pa", "labelled/sub/hills.txt", "--out", "again")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_an_output_folder_inside_the_source_is_not_labelled_again(
    cli, sample, tree, workplace, absolute, whole
):
    sample("hills.png", "src/hills.png")
    out = workplace / "src" / "out" if absolute else "src/out"
    source = "." if whole else "src"
    assert cli("label", source, "--out", out).code == 0
    expected = sorted(tree("src/out"))
    assert cli("label", source, "--out", out, "--force").code == 0
    assert sorted(tree("src/out")) == expected == ["src/hills.png" if whole else "hills.png"]


def test_in_place_replaces_a_file_by_its_label_and_keeps_its_mode(cli, sample, workplace):
    source = sample("hills.png")
    source.chmod(0o640)
    assert cli("label", source, "--in-place").code == 0
    assert Scanner().scan(source).verdict.origin == "generated"
    assert source.stat().st_mode & 0o777 == 0o640
    assert os.listdir(workplace) == ["hills.png"]


def test_labelling_twice_with_the_same_record_changes_nothing(cli, sample):
    source = sample("hills.png")
    cli("label", source, "--in-place", "--system", "Painter")
    once = source.read_bytes()
    done = cli("label", source, "--in-place", "--system", "Painter")
    assert done.code == 0
    assert done.out.startswith("unchanged  hills.png  (")
    assert source.read_bytes() == once


def test_existing_credentials_are_history_skipped_or_refused(cli, labelled, tree):
    source = labelled / "hills.png"
    done = cli("label", source, "-o", "new.png", "--system", "Other")
    assert (done.code, done.out) == (0, "updated    new.png\n")
    done = cli("label", source, "-o", "kept.png", "--system", "Other", "--on-existing", "skip")
    assert done.code == 0
    assert done.out == "unchanged  kept.png  (It has credentials already.)\n"
    assert tree(".")["kept.png"] == source.read_bytes()
    done = cli("label", source, "-o", "no.png", "--on-existing", "refuse")
    assert done.code == 7
    assert done.err.startswith("refused    labelled/hills.png")
    assert "has credentials already." in done.err
    assert "no.png" not in tree(".")


def test_an_output_that_exists_is_refused_unless_forced(cli, sample, workplace):
    source = sample("hills.png")
    (workplace / "there.png").write_text("mine")
    done = cli("label", source, "-o", "there.png")
    assert done.code == 7
    assert done.err.splitlines() == [
        "refused    hills.png: there.png exists already.",
        "           Choose another name, or --force.",
    ]
    assert (workplace / "there.png").read_text() == "mine"
    assert cli("label", source, "-o", "there.png", "--force").code == 0
    assert Scanner().scan(workplace / "there.png").verdict.origin == "generated"


def test_every_flag_of_the_record_reads_back(cli, sample, workplace):
    (workplace / "prompt.txt").write_text("from a file")
    done = cli(
        *("label", sample("hills.png"), "-o", "out.png", "--record-prompts", "text"),
        *("--source-type", "compositeWithTrainedAlgorithmicMedia"),
        *("--provider", "Acme", "--system", "Painter", "--system-version", "3.1"),
        *("--model", "painter@3.1", "--model", "org/upscaler"),
        *("--prompt", "said", "--prompt-file", "prompt.txt"),
        *("--simulator", "sky@0.4", "--source", "https://acme.example/hills", "--source", "Atlas"),
        *("--filter", "safety@2", "--review", "Ann Lee=approved"),
    )
    assert done.code == 0
    record = record_of(workplace / "out.png")
    assert record.source_type == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )
    assert (record.provider, record.system, record.system_version) == ("Acme", "Painter", "3.1")
    assert [(m.name, m.version) for m in record.models] == [
        ("painter", "3.1"),
        ("org/upscaler", ""),
    ]
    assert [p.text for p in record.prompts] == ["said", "from a file"]
    assert [(s.name, s.version) for s in record.simulators] == [("sky", "0.4")]
    assert [(s.name, s.uri) for s in record.sources] == [
        ("https://acme.example/hills", "https://acme.example/hills"),
        ("Atlas", ""),
    ]
    assert [(f.name, f.version) for f in record.filters] == [("safety", "2")]
    assert [(r.reviewer, r.outcome) for r in record.reviews] == [("Ann Lee", "approved")]


def test_prompts_are_withheld_unless_said_otherwise(cli, sample, workplace):
    assert cli("label", sample("hills.png"), "-o", "out.png", "--prompt", "my secret").code == 0
    (prompt,) = record_of(workplace / "out.png").prompts
    assert (prompt.text, prompt.sha256) == ("", hashlib.sha256(b"my secret").hexdigest())
    assert b"my secret" not in (workplace / "out.png").read_bytes()


def test_flags_win_over_the_file_and_the_file_over_the_configuration(cli, sample, workplace):
    (workplace / "credlabel.toml").write_text(
        '[provenance]\nprovider = "config"\nsystem = "config"\nsystem_version = "config"\n'
    )
    (workplace / "record.json").write_text('{"system": "file", "system_version": "file"}')
    cli(
        *("label", sample("hills.png"), "-o", "out.png"),
        *("--provenance", "record.json", "--system-version", "flag"),
    )
    record = record_of(workplace / "out.png")
    assert (record.provider, record.system, record.system_version) == ("config", "file", "flag")


def test_the_configuration_of_the_label_section_counts(cli, sample, workplace):
    (workplace / "credlabel.toml").write_text('[label]\nprompts = "text"\n')
    chosen = ("--config", "credlabel.toml")
    cli("label", sample("hills.png"), "-o", "out.png", "--prompt", "in the open", *chosen)
    assert record_of(workplace / "out.png").prompts[0].text == "in the open"


def test_a_configuration_that_lies_around_does_not_publish_prompts(cli, sample, workplace):
    (workplace / "credlabel.toml").write_text('[label]\nprompts = "text"\n')
    done = cli("label", sample("hills.png"), "-o", "out.png", "--prompt", "my secret")
    assert done.code == 4
    assert "may not say prompts under [label]" in done.err
    assert not (workplace / "out.png").exists()


NO_PLACE = "There is no place for metadata in text/csv."


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (("--profile", "cn-gb45438", "--provider", "P"), "aigc"),
        (("--marks", "iptc,aigc,disclosure", "--provider", "P"), "iptc, aigc, disclosure"),
        (("--profile", "eu-ai-act-50"), "iptc, disclosure"),
    ],
)
def test_marks_that_were_asked_for_and_have_no_place_are_told(cli, sample, options, missing):
    done = cli("label", sample("hills.csv"), "-o", "z.csv", *options)
    assert done.code == 0
    assert done.err == f"warning    z.csv: Not marked with {missing}. {NO_PLACE}\n"


def test_marks_that_the_configuration_asks_for_are_missed_too(cli, sample, workplace):
    (workplace / "credlabel.toml").write_text(
        '[label]\nmarks = ["aigc"]\n[provenance]\nprovider = "P"\n'
    )
    done = cli("label", sample("hills.csv"), "-o", "z.csv")
    assert "Not marked with aigc." in done.err


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("hills.csv", ()),
        ("hills.csv", ("--marks", "none")),
        ("hills.png", ("--profile", "eu-ai-act-50")),  # one of its two marks says it all
        ("hills.png", ("--profile", "cn-gb45438", "--provider", "P")),
    ],
)
def test_nothing_that_was_asked_for_is_missed(cli, sample, name, options):
    done = cli("label", sample(name), "--out", "out", *options)
    assert (done.code, done.err) == (0, "")


def test_data_without_a_source_type_counts_as_generated_data(cli, sample, workplace):
    cli("label", sample("hills.csv"), sample("hills.png"), "--out", "out")
    kinds = {
        path.name: record_of(path).source_type.rpartition("/")[2]
        for path in (workplace / "out" / "hills.csv", workplace / "out" / "hills.png")
    }
    assert kinds == {
        "hills.csv": "trainedAlgorithmicData",
        "hills.png": "trainedAlgorithmicMedia",
    }


def test_json_is_a_receipt_a_line_with_the_digests_of_what_was_written(cli, sample, workplace):
    source = sample("hills.png")
    done = cli("label", source, "--out", "out", "--json")
    (receipt,) = done.lines
    written = (workplace / "out" / "hills.png").read_bytes()
    assert receipt["output"] == "out/hills.png"
    assert receipt["tier"] == "embedded"
    assert receipt["output_digest"]["sha256"] == hashlib.sha256(written).hexdigest()
    assert receipt["source_digest"]["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def test_json_says_of_a_refused_file_why_and_what_to_do(cli, sample, workplace):
    (workplace / "out").mkdir()
    shutil.copyfile(sample("hills.png"), workplace / "out" / "hills.png")
    done = cli("label", "hills.png", "--out", "out", "--json")
    assert done.code == 7
    assert done.lines == [
        {
            "source": "hills.png",
            "code": "credlabel.label",
            "error": "out/hills.png exists already.",
            "hint": "Choose another name, or --force.",
        }
    ]


def test_the_first_label_makes_a_development_key_and_says_so_once(cli, sample, home):
    source = sample("hills.png")
    first = cli("label", source, "-o", "one.png")
    assert first.code == 0
    assert first.err.startswith(f"Made a development key in {home}/keys/development: ")
    assert (home / "keys" / "development" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert cli("label", source, "-o", "two.png").err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Say where the labelled files go"),
        (["--out", "o", "--in-place"], "Say where the labelled files go"),
        (["-o", "x.png", "hills.jpg"], "-o takes exactly one file"),
        (["-o", "x.png", "--on-existing", "keep"], "'keep' is not one of"),
        (["-o", "x.png", "--jobs", "0"], "0 is not in the range"),
        (["-o", "x.png", "--nonsense"], "No such option"),
    ],
)
def test_wrong_use_is_told(cli, sample, workplace, arguments, says):
    sample("hills.jpg")
    done = cli("label", sample("hills.png"), *arguments)
    assert done.code == 2
    assert says in done.err
    assert sorted(os.listdir(workplace)) == ["hills.jpg", "hills.png"]


def test_a_folder_can_not_be_labelled_into_itself(cli, sample, tree):
    sample("hills.png", "src/hills.png")
    before = tree(".")
    for arguments in (
        ["src", "--out", "src"],
        ["src/hills.png", "--out", "src"],
        ["src/hills.png", "--out", "src/../src"],
        ["src/hills.png", "-o", "src/hills.png", "--force"],
    ):
        done = cli("label", *arguments)
        assert done.code == 2
        assert "if that is meant, --in-place" in done.err
    assert tree(".") == before


def test_two_files_that_would_get_one_name_are_refused_before_anything_is_written(
    cli, sample, tree
):
    sample("hills.png", "a/hills.png")
    sample("hills.png", "b/hills.png")
    before = tree(".")
    done = cli("label", "a/hills.png", "b/hills.png", "--out", "out", "--force")
    assert done.code == 2
    assert "a/hills.png and b/hills.png would both become out/hills.png" in done.err
    assert tree(".") == before


@pytest.mark.slow
def test_three_files_get_the_workers_of_every_core(cli, sample, monkeypatch):
    from credlabel.cli import label

    asked = []
    real = label.LabelPool
    monkeypatch.setattr(
        label, "LabelPool", lambda *a, **k: asked.append(k["workers"]) or real(*a, **k)
    )
    for name in ("a.png", "b.png", "c.png"):
        sample("hills.png", f"src/{name}")
    cli("label", "src", "--out", "one")
    cli("label", "src/a.png", "--out", "two")
    cli("label", "src/a.png", "--out", "three", "--jobs", "2")
    assert asked == [None, 1, 2]


def test_nothing_to_label_is_said(cli, workplace):
    (workplace / "empty").mkdir()
    done = cli("label", "empty", "--out", "out")
    assert (done.code, done.out, done.err) == (0, "", "There is nothing to label here.\n")


def test_a_label_is_not_written_over_the_sidecar_of_its_source(cli, labelled, tree):
    before = tree(labelled)
    path = labelled / "sub" / "hills.txt"
    done = cli("label", path, "-o", f"{path}.c2pa", "--force")
    assert (done.code, "its own sidecar" in " ".join(done.err.split())) == (2, True)
    assert tree(labelled) == before


@pytest.mark.slow
def test_a_name_that_is_no_text_is_shown_in_one_way(cli, workplace):
    (workplace / os.fsdecode(b"caf\xe9.png")).touch()
    name = os.fsdecode(b"caf\xe9.png")
    done = cli("label", name, "-o", "out.png")
    assert done.err.startswith("refused    caf\\xe9.png: The file is empty.")
    (line,) = cli("label", name, "-o", "out.png", "--json").lines
    assert line["source"] == r"caf\xe9.png"
