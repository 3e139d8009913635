"""One file of each generator that is commonly met: what its marks and traces tell, all together.

The texts are those which the programs write, with other prompts and numbers in them.
"""

import gzip
import io
import json

import pytest
from credlabel_plugins.marks.aigc import Aigc
from credlabel_plugins.marks.disclosure import Disclosure
from credlabel_plugins.marks.generators import Generators
from credlabel_plugins.marks.iptc import Iptc

from credlabel.model import Basis, Origin
from credlabel.terms import IPTC

TYPE = "xmp:Iptc4xmpExt:DigitalSourceType"
AI = IPTC + "trainedAlgorithmicMedia"
EDITED = IPTC + "compositeWithTrainedAlgorithmicMedia"
UUID = "123e4567-e89b-12d3-a456-426614174000"
SEED = "4242"


def parameters(last):
    return (
        f"a duck\nNegative prompt: ugly\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: {SEED},"
        f" Model: dreamshaper, {last}"
    )


def aigc(producer):
    return json.dumps(
        {
            "Label": "1",
            "ContentProducer": producer,
            "ProduceID": UUID,
            "ReservedCode1": "",
            "ContentPropagator": producer,
            "PropagateID": UUID,
            "ReservedCode2": "",
        }
    )


COMFYUI = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": int(SEED),
            "steps": 20,
            "model": ["4", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dreamshaper"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a duck", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["4", 1]}},
}
FOOOCUS = {
    "base_model": "dreamshaper",
    "base_model_hash": "c0d1994c73",
    "prompt": "a duck",
    "negative_prompt": "ugly",
    "sampler": "dpmpp_2m",
    "seed": SEED,
    "steps": 30,
    "version": "Fooocus v2.5.5",
}
SWARMUI = {
    "sui_image_params": {
        "prompt": "a duck",
        "model": "dreamshaper",
        "seed": int(SEED),
        "steps": 20,
        "swarm_version": "0.9.7.0",
    }
}
EASY = {
    "prompt": "a duck",
    "seed": int(SEED),
    "use_stable_diffusion_model": "dreamshaper",
    "num_inference_steps": 25,
    "sampler_name": "euler",
}
DRAW_THINGS = {
    "c": "a duck",
    "uc": "ugly",
    "seed": int(SEED),
    "sampler": "Euler A",
    "steps": 20,
    "scale": 7,
    "model": "dreamshaper",
    "v2": {},
}
INVOKEAI = {
    "app_version": "5.6.0",
    "generation_mode": "txt2img",
    "positive_prompt": "a duck",
    "seed": int(SEED),
    "steps": 20,
    "model": {"name": "dreamshaper", "hash": "x"},
}
DREAMINA = {
    "aigc_info": {"aigc_label_type": 0, "source_info": "dreamina"},
    "data": {"os": "web", "product": "dreamina", "exportType": "generation", "pictureId": "0"},
    "trace_info": {"originItemId": "7590949739743448328"},
}
SIGNATURE = "Signature: " + "q83vEjRWeJ" * 8 + "=="
PEG = '{"genImageVersion":"v1","connectorType":"srvg","genAIType":5}'
BYTEDANCE, MINIMAX = "001191110102MACQD9K64018705", "001191310104MACE0YX63918020"

KNOWN = [
    # id, metadata, system, provider, prompt, seed
    (
        "Stable Diffusion web UI",
        {"png:parameters": parameters("Version: v1.10.1")},
        ("Stable Diffusion web UI", "", "a duck", SEED),
    ),
    (
        "Forge",
        {"exif:UserComment": parameters("Version: f2.0.1v1.10.1-previous-669-gdfdcbab6")},
        ("Forge", "", "a duck", SEED),
    ),
    (
        "ComfyUI",
        {"png:prompt": json.dumps(COMFYUI), "png:workflow": '{"nodes": [], "links": []}'},
        ("ComfyUI", "", "a duck", SEED),
    ),
    (
        "ComfyUI, video",
        {"mp4:comment": json.dumps({"prompt": json.dumps(COMFYUI)})},
        ("ComfyUI", "", "a duck", SEED),
    ),
    (
        "InvokeAI",
        {"png:invokeai_metadata": json.dumps(INVOKEAI), "png:invokeai_graph": "{}"},
        ("InvokeAI", "", "a duck", SEED),
    ),
    (
        "Fooocus",
        {"png:parameters": json.dumps(FOOOCUS), "png:fooocus_scheme": "fooocus"},
        ("Fooocus", "", "a duck", SEED),
    ),
    ("SwarmUI", {"exif:UserComment": json.dumps(SWARMUI)}, ("SwarmUI", "", "a duck", SEED)),
    (
        "Easy Diffusion",
        {"exif:UserComment": json.dumps(EASY)},
        ("Easy Diffusion", "", "a duck", SEED),
    ),
    (
        "Draw Things",
        {"exif:UserComment": json.dumps(DRAW_THINGS), "xmp:xmp:CreatorTool": "Draw Things"},
        ("Draw Things", "", "a duck", SEED),
    ),
    (
        "Midjourney",
        {
            "png:Description": f"a duck --ar 3:2 --v 6.1 Job ID: {UUID}",
            "png:Author": "somebody",
            TYPE: AI,
        },
        ("Midjourney", "Midjourney", "a duck --ar 3:2 --v 6.1", ""),
    ),
    ("ChatGPT", {"xmp:xmp:CreatorTool": "ChatGPT", TYPE: AI}, ("ChatGPT", "OpenAI", "", "")),
    ("DALL-E", {"png:Software": "DALL-E 3"}, ("DALL-E", "OpenAI", "", "")),
    (
        "Gemini",
        {TYPE: AI, "xmp:photoshop:Credit": "Made with Google AI"},
        ("Google AI", "Google", "", ""),
    ),
    ("Imagen", {"exif:Software": "Imagen 4"}, ("Imagen", "Google", "", "")),
    ("Firefly", {"xmp:xmp:CreatorTool": "Adobe Firefly 4"}, ("Adobe Firefly", "Adobe", "", "")),
    (
        "FLUX",
        {
            "exif:Software": "AI generated;txt2img;flux",
            "exif:Make": "Black Forest Labs",
            "exif:Model": "flux-dev",
            "exif:ImageDescription": "a duck",
        },
        ("FLUX", "Black Forest Labs", "a duck", ""),
    ),
    (
        "Grok",
        {"exif:ImageDescription": SIGNATURE, "exif:Artist": UUID},
        ("Grok", "xAI", "", ""),
    ),
    ("Ideogram", {"exif:Make": "Ideogram AI"}, ("Ideogram", "Ideogram", "", "")),
    (
        "Apple",
        {TYPE: AI, "iptc:2:110": "Apple Image Playground"},
        ("Apple Image Playground", "Apple", "", ""),
    ),
    (
        "NovelAI",
        {
            "png:Software": "NovelAI",
            "png:Source": "NovelAI Diffusion V4 37442FCA",
            "png:Description": "a duck",
            "png:Comment": json.dumps(
                {"prompt": "a duck", "uc": "ugly", "steps": 28, "scale": 5, "seed": int(SEED)}
            ),
        },
        ("NovelAI", "Anlatan", "a duck", SEED),
    ),
    ("Doubao", {"png:AIGC": aigc(BYTEDANCE)}, ("", "ByteDance (Doubao)", "", "")),
    ("Jimeng", {"exif:UserComment": json.dumps(DREAMINA)}, ("Dreamina", "ByteDance", "", "")),
    (
        "Jimeng, video",
        {"mp4:aigc_info": '{"aigc_label_type":0,"source_info":"dreamina"}'},
        ("Dreamina", "ByteDance", "", ""),
    ),
    ("Kling", {"png:AIGC": aigc("kling")}, ("", "kling", "", "")),
    ("Qwen", {"xmp:TC260:AIGC": aigc("Qwen")}, ("", "Qwen", "", "")),
    ("MiniMax", {"mp4:AIGC": aigc(MINIMAX)}, ("", "MiniMax", "", "")),
    (
        "MiniMax, text",
        {"markdown:AIGC": '{"Label":"AIGC","ContentProducer":"Minimax Agent AI"}'},
        ("", "Minimax Agent AI", "", ""),
    ),
]
EDITS = [
    ("Samsung", {"samsung:PEg_Info": PEG, "exif:Make": "samsung"}, ("Galaxy AI", "Samsung")),
    ("Google", {TYPE: EDITED, "iptc:2:110": "Edited with Google AI"}, ("Google AI", "Google")),
    (
        "Apple",
        {TYPE: EDITED, "iptc:2:110": "Apple Photos Clean Up"},
        ("Apple Photos Clean Up", "Apple"),
    ),
    ("FLUX", {"exif:Software": "AI generated;img2img;flux-dev"}, ("FLUX", "")),
]


@pytest.fixture
def told(detect):
    """Ask all detectors, and put together what they say."""

    def ask(metadata, **options):
        detectors = (Iptc(), Aigc(), Generators(), Disclosure())
        found = [each for detector in detectors for each in detect(detector, metadata, **options)]
        records = [evidence.provenance for evidence in found]

        def first(values):
            return next((value for value in values if value), "")

        return (
            {evidence.origin for evidence in found},
            (
                first(record.system for record in records),
                first(record.provider for record in records),
                first(prompt.text for record in records for prompt in record.prompts),
                first(evidence.details.get("settings", {}).get("seed") for evidence in found),
            ),
        )

    return ask


@pytest.mark.parametrize(
    ("metadata", "expected"), [row[1:] for row in KNOWN], ids=[row[0] for row in KNOWN]
)
def test_what_a_generator_made_tells_who_made_it_and_how(told, metadata, expected):
    assert told(metadata) == ({Origin.GENERATED}, expected)


@pytest.mark.parametrize(
    ("metadata", "expected"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_what_a_generator_edited_tells_by_whom(told, metadata, expected):
    origins, said = told(metadata)
    assert (origins, said[:2]) == ({Origin.EDITED_WITH_AI}, expected)


def test_novelais_hidden_text_tells_as_much(told, hidden):
    comment = {"prompt": "a duck", "uc": "ugly", "steps": 28, "scale": 5, "seed": int(SEED)}
    text = {"Software": "NovelAI", "Description": "a duck", "Comment": json.dumps(comment)}
    packed = gzip.compress(json.dumps(text).encode())
    out = io.BytesIO()
    hidden(b"stealth_pngcomp", packed).save(out, "PNG")
    assert told({}, data=out.getvalue()) == (
        {Origin.GENERATED},
        ("NovelAI", "Anlatan", "a duck", SEED),
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"samsung:PEg_Info": PEG.replace("5", "0")},
        {"samsung:PhotoEditor_Re_Edit_Data": '{"originalPath":"/x","isScaleAI":false}'},
        {"samsung:PEg_Info": "[5]"},
        {"png:PEg_Info": PEG},
        {"exif:UserComment": json.dumps(DREAMINA).replace("dreamina", "capcut")},
        {"mp4:aigc_info": '{"aigc_label_type":0}'},
        {"exif:ImageDescription": SIGNATURE, "exif:Artist": "Jane Doe"},
        {"exif:Make": "Canon", "exif:Model": "EOS R5", "exif:Software": "Adobe Photoshop 27.0"},
        {"xmp:photoshop:Credit": "Apple Records", "exif:Artist": "Sora"},
        {"png:Description": "a letter -- v 6 of the draft", "png:Software": "GIMP"},
        {"png:Comment": "Created with GIMP", "png:prompt": "Say something"},
    ],
)
def test_what_is_like_a_trace_says_nothing(told, metadata):
    assert told(metadata) == (set(), ("", "", "", ""))


def test_a_trace_is_no_mark(one):
    assert one(Generators(), {"samsung:PEg_Info": PEG}).basis is Basis.TRACE
