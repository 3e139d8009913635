"""Generators' parameters: who wrote them, and what they say."""

import json

import pytest
from credlabel_plugins.marks.generators import Generators

from credlabel.model import Basis, Origin

WEBUI = (
    "a duck, in a pond\nwith a hat\n"
    "Negative prompt: monochrome,\nugly\n"
    "Steps: 15, Sampler: UniPC, Schedule type: Karras, CFG scale: 5, Seed: 235284042, "
    "Size: 512x400, Model hash: c0d1994c73, Model: realistic"
)
SETTINGS = {
    "seed": "235284042",
    "steps": "15",
    "sampler": "UniPC",
    "scheduler": "Karras",
    "cfg_scale": "5",
    "model_hash": "c0d1994c73",
}


def prompts(evidence):
    return [prompt.text for prompt in evidence.provenance.prompts]


def models(evidence):
    return [model.name for model in evidence.provenance.models]


# ---------------------------------------------------------------------------- web UI


@pytest.mark.parametrize(
    "place",
    [
        "png:parameters",
        "png:Parameters",
        "exif:UserComment",
        "jpeg:comment",
        "gif:comment",
        "xmp:dc:description",
        "id3:TXXX:parameters",
        "mp4:com.apple.quicktime.comment",
    ],
)
def test_the_web_uis_parameters_are_read_wherever_they_are(one, place):
    evidence = one(Generators(), {place: WEBUI})
    assert evidence.origin is Origin.GENERATED
    assert evidence.details["places"] == [place]
    assert evidence.details["settings"] == SETTINGS
    assert evidence.details["negative_prompts"] == ["monochrome,\nugly"]
    assert prompts(evidence) == ["a duck, in a pond\nwith a hat"]
    assert models(evidence) == ["realistic"]


@pytest.mark.parametrize(
    ("setting", "system"),
    [
        ("", "Stable Diffusion web UI or compatible"),
        ("Version: v1.10.1", "Stable Diffusion web UI"),
        ("Version: classic", "Forge Classic"),
        ("Version: neo-2.28", "Forge Neo"),
        ("Version: f2.0.1v1.10.1-previous-669-gdfdcbab6", "Forge"),
        ("Version: f1.0.0v2-v1.10.1RC-latest-2498-g5120e679", "reForge"),
        ("Version: f1.3.0-v1.10.1RC-latest-1038-g19395bf9", "Easy reForge"),
        ("Version: Fooocus v2.4.3", "Fooocus"),
        ("Version: ComfyUI", "ComfyUI"),
        ("App: SD.Next, Version: 56a8aea", "SD.Next"),
        ('Civitai resources: [{"type":"checkpoint"}]', "Civitai"),
    ],
)
def test_the_version_tells_who_wrote_them(one, setting, system):
    evidence = one(Generators(), {"png:parameters": f"{WEBUI}, {setting}"})
    assert evidence.provenance.system == system
    assert evidence.details["basis"] == "the generator's own parameters"


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        ("Denoising strength: 0.4", Origin.EDITED_WITH_AI),
        ("Denoising strength: 0.4, Hires upscale: 1.5", Origin.GENERATED),
        ("Denoising strength: 1, Mask blur: 4, Hires upscale: 2", Origin.EDITED_WITH_AI),
        ("Operations: img2img; inpaint", Origin.EDITED_WITH_AI),
    ],
)
def test_an_existing_picture_was_edited(one, settings, origin):
    assert one(Generators(), {"png:parameters": f"{WEBUI}, {settings}"}).origin is origin


def test_later_steps_are_not_the_first_ones(one):
    evidence = one(Generators(), {"png:parameters": f"{WEBUI}, Refiner Steps: 9"})
    assert evidence.details["settings"]["steps"] == "15"


def test_a_value_in_quotes_may_hold_commas(one):
    text = 'x\nSteps: 1, Note: "a, Version: neo, \\" b", Seed: 7, Version: classic'
    evidence = one(Generators(), {"png:parameters": text})
    assert evidence.provenance.system == "Forge Classic"
    assert evidence.details["settings"]["seed"] == "7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Steps: 20",
        "How to cook it.\nSteps: 3, Time: one hour",
        "Take 200 Steps: 20, Sampler: none",
        "Steps: walk, Seed: wheat",
        "Seed: 3\nSteps: 4, Sampler: water",
        "Steps: 4, Seed: wheat, CFG scale: large",
        "Negative prompt: is a word of some generators",
    ],
)
def test_ordinary_texts_are_no_parameters(detect, text):
    assert detect(Generators(), {"jpeg:comment": text, "exif:UserComment": text}) == []


# ---------------------------------------------------------------------------- ComfyUI

GRAPH = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "duck.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a duck", "clip": ["1", 1]}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a goose", "clip": ["1", 1]}},
    "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 512}},
    "5": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 18446744073709551617,
            "steps": 20,
            "cfg": 5.5,
            "sampler_name": "euler",
            "model": ["1", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
        },
    },
    "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
    "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0]}},
}
WORKFLOW = {
    "last_node_id": 5,
    "links": [],
    "nodes": [
        {"type": "KSampler", "widgets_values": [1]},
        {"type": "CheckpointLoaderSimple", "widgets_values": ["duck.safetensors"]},
    ],
}
IMG2IMG = GRAPH | {
    "4": {"class_type": "VAEEncode", "inputs": {"pixels": ["8", 0], "vae": ["1", 2]}},
    "8": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}},
}
SCALING = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}},
    "2": {"class_type": "ImageScale", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
}
TEXT = json.dumps(GRAPH)


@pytest.mark.parametrize(
    "metadata",
    [
        {"png:prompt": TEXT},
        {"png:prompt": TEXT, "png:workflow": json.dumps(WORKFLOW)},
        {"exif:Model": "prompt:" + TEXT},
        {"exif:Make": "Prompt: " + TEXT, "exif:ImageDescription": "Workflow: {}"},
        {"exif:UserComment": json.dumps({"prompt": GRAPH, "workflow": WORKFLOW})},
        {"exif:UserComment": json.dumps({"prompt": TEXT})},
        {"exif:UserComment": TEXT},
        {"vorbis:PROMPT": TEXT},
        {"mp4:©cmt": json.dumps({"prompt": TEXT})},
        {"mp4:prompt": TEXT},
    ],
)
def test_comfyuis_graph_is_read_wherever_savers_put_it(one, metadata):
    evidence = one(Generators(), metadata)
    assert evidence.origin is Origin.GENERATED
    assert evidence.provenance.system == "ComfyUI"
    assert models(evidence) == ["duck.safetensors"]
    assert prompts(evidence) == ["a duck"]
    assert evidence.details["negative_prompts"] == ["a goose"]
    assert evidence.details["settings"]["seed"] == "18446744073709551617"


def test_a_graph_as_drawn_tells_the_model(one):
    evidence = one(Generators(), {"png:workflow": json.dumps(WORKFLOW)})
    assert evidence.origin is Origin.GENERATED
    assert models(evidence) == ["duck.safetensors"]


def test_what_is_sampled_from_a_file_was_edited(one):
    evidence = one(Generators(), {"png:prompt": json.dumps(IMG2IMG)})
    assert evidence.origin is Origin.EDITED_WITH_AI


def test_a_picture_that_only_guides_was_not_edited(one):
    guided = IMG2IMG | {"4": GRAPH["4"]}
    guided["2"] = {"class_type": "ImageGuide", "inputs": {"image": ["8", 0], "text": "a duck"}}
    assert one(Generators(), {"png:prompt": json.dumps(guided)}).origin is Origin.GENERATED


def test_a_picture_that_only_guides_the_first_pass_was_not_edited(one):
    guided = IMG2IMG | {
        "2": {"class_type": "ImageGuide", "inputs": {"image": ["8", 0], "text": "a duck"}},
        "4": {"class_type": "LatentUpscale", "inputs": {"samples": ["9", 0]}},
        "9": {"class_type": "KSampler", "inputs": GRAPH["5"]["inputs"] | {"latent_image": 0}},
    }
    assert one(Generators(), {"png:prompt": json.dumps(guided)}).origin is Origin.GENERATED


def test_prompts_that_pass_one_node_are_kept_apart(one):
    both = {"positive": ["2", 0], "negative": ["3", 0]}
    sampler = {"positive": ["9", 0], "negative": ["9", 1], "latent_image": ["4", 0]}
    graph = GRAPH | {
        "5": {"class_type": "KSampler", "inputs": sampler},
        "9": {"class_type": "ControlNetApplyAdvanced", "inputs": both},
    }
    evidence = one(Generators(), {"png:prompt": json.dumps(graph)})
    assert prompts(evidence) == ["a duck"]
    assert evidence.details["negative_prompts"] == ["a goose"]


def test_a_graph_that_generates_nothing_states_no_origin(one):
    evidence = one(Generators(), {"png:prompt": json.dumps(SCALING)})
    assert evidence.origin is Origin.UNKNOWN
    assert evidence.provenance.system == "ComfyUI"


def test_a_loop_in_a_graph_ends(one):
    loop = GRAPH | {"4": {"class_type": "Latent", "inputs": {"samples": ["5", 0]}}}
    loop["5"]["inputs"]["positive"] = ["2", 0]
    loop["2"] = {"class_type": "Text", "inputs": {"text": "a duck", "conditioning": ["2", 0]}}
    assert prompts(one(Generators(), {"png:prompt": json.dumps(loop)})) == ["a duck"]


@pytest.mark.parametrize(
    "text",
    ["a duck", "{}", '{"nodes": []}', '{"a": {"class_type": 1, "inputs": {}}}', '{"nodes": 1}'],
)
def test_other_prompts_are_no_graphs(detect, text):
    assert detect(Generators(), {"png:prompt": text, "png:workflow": text}) == []


# ---------------------------------------------------------------------------- JSON of their own

NOVELAI = {
    "prompt": "1girl",
    "steps": 28,
    "scale": 5.0,
    "seed": 7,
    "sampler": "k_euler",
    "uc": "lowres",
    "v4_prompt": {"caption": {"base_caption": "a girl"}},
}
DIALECTS = {
    "InvokeAI": {
        "png:invokeai_metadata": {
            "positive_prompt": "a duck",
            "seed": 7,
            "model": {"name": "m", "hash": "h"},
            "app_version": "6.10.0",
        }
    },
    "SwarmUI": {
        "exif:UserComment": {
            "sui_image_params": {"prompt": "a duck", "seed": 7, "model": "m"},
            "sui_models": [{"hash": "h"}],
        }
    },
    "Fooocus": {
        "png:parameters": {"prompt": "a duck", "seed": "7", "base_model": "m", "sampler": "s"}
    },
    "RuinedFooocus": {
        "png:parameters": {
            "Prompt": "a duck",
            "seed": 7,
            "base_model_name": "m",
            "software": "RuinedFooocus",
        }
    },
    "Easy Diffusion": {
        "exif:UserComment": {"prompt": "a duck", "seed": 7, "use_stable_diffusion_model": "m"}
    },
    "Tensor.Art": {
        "png:generation_data": {"prompt": "a duck", "seed": "7", "baseModel": {"label": "m"}}
    },
    "Stability Matrix": {
        "png:parameters-json": {"PositivePrompt": "a duck", "Seed": 7, "ModelName": "m"}
    },
    "Draw Things": {
        "exif:UserComment": {"c": "a duck", "uc": "", "seed": 7, "sampler": "s", "model": "m"}
    },
    "mflux": {
        "exif:UserComment": {"mflux_version": "0.9", "prompt": "a duck", "seed": 7, "model": "m"}
    },
    "Hugging Face Space": {
        "png:parameters": {
            "prompt": "a duck",
            "seed": 7,
            "Model": "m",
            "resolution": "1 x 1",
            "num_inference_steps": 2,
        }
    },
}


@pytest.mark.parametrize("system", DIALECTS)
def test_every_dialect_is_understood(one, detect, system):
    ((place, written),) = DIALECTS[system].items()
    evidence = one(Generators(), {place: json.dumps(written)})
    assert evidence.provenance.system == system
    assert evidence.origin is Origin.GENERATED
    assert prompts(evidence) == ["a duck"]
    assert models(evidence) == ["m"]
    assert evidence.details["settings"]["seed"] == "7"
    assert detect(Generators(), {place: json.dumps({"seed": 7})}) == [] or system == "InvokeAI"


def test_the_program_on_top_is_named_before_the_one_it_runs(one):
    swarm = DIALECTS["SwarmUI"]["exif:UserComment"]
    evidence = one(Generators(), {"png:parameters": json.dumps(swarm), "png:prompt": TEXT})
    assert evidence.provenance.system == "SwarmUI"
    assert evidence.details["systems"] == ["SwarmUI", "ComfyUI"]
    assert evidence.details["places"] == ["png:parameters", "png:prompt"]


def test_the_graph_names_who_wrote_parameters_that_do_not(one):
    evidence = one(Generators(), {"png:parameters": WEBUI, "png:prompt": TEXT})
    assert evidence.provenance.system == "ComfyUI"
    assert evidence.details["settings"]["sampler"] == "UniPC"


def test_invokeai_of_every_age(one):
    dream = '"a \\"duck\\" on ice" -s 50 -S 7 -W 512 -A k_lms'
    evidence = one(Generators(), {"png:Dream": dream})
    assert evidence.provenance.system == "InvokeAI or compatible"
    assert evidence.details["settings"] == {"seed": "7", "steps": "50", "sampler": "k_lms"}
    old = {"app_version": "2.3.0", "model_weights": "m", "image": {"seed": 7, "type": "img2img"}}
    old["image"]["prompt"] = [{"prompt": "a duck", "weight": 1}]
    evidence = one(Generators(), {"png:sd-metadata": json.dumps(old), "png:Dream": dream})
    assert (evidence.provenance.system, evidence.provenance.system_version) == (
        "InvokeAI",
        "2.3.0",
    )
    assert evidence.origin is Origin.EDITED_WITH_AI
    assert prompts(evidence) == ["a duck"]


def test_easy_diffusion_may_write_each_key_by_itself(one):
    texts = {"png:use_stable_diffusion_model": "m", "png:prompt": "a duck", "png:seed": "7"}
    evidence = one(Generators(), texts)
    assert evidence.provenance.system == "Easy Diffusion"
    assert (prompts(evidence), models(evidence)) == (["a duck"], ["m"])


def test_civitai_upscales_what_it_generated(one):
    extra = {"prompt": "a duck", "seed": 7, "resources": [], "transformations": [{"type": "up"}]}
    comment = SCALING | {"extraMetadata": json.dumps(extra)}
    evidence = one(Generators(), {"exif:UserComment": json.dumps(comment)})
    assert evidence.provenance.system == "Civitai"
    assert evidence.origin is Origin.EDITED_WITH_AI


NAI = {
    "Software": "NovelAI",
    "Source": "NovelAI Diffusion V4.5 4BDE2A90",
    "Description": "a girl",
    "Comment": json.dumps(NOVELAI),
}


@pytest.mark.parametrize(
    "metadata",
    [
        {f"png:{key}": value for key, value in NAI.items()},
        {"exif:UserComment": json.dumps(NAI), "exif:Software": NAI["Source"]},
    ],
)
def test_novelai_names_its_model_beside_its_parameters(one, metadata):
    evidence = one(Generators(), metadata)
    assert evidence.provenance.system == "NovelAI"
    assert prompts(evidence) == ["a girl"]
    assert evidence.details["negative_prompts"] == ["lowres"]
    assert models(evidence) == ["NovelAI Diffusion V4.5"]
    assert evidence.details["settings"]["model_hash"] == "4BDE2A90"


# ---------------------------------------------------------------------------- privacy, cameras


def test_a_prompt_stands_in_one_place_with_its_digest(one):
    evidence = one(Generators(), {"png:parameters": WEBUI})
    assert "a duck" not in str(evidence.details)
    assert len(evidence.provenance.prompts[0].sha256) == 64


def test_a_huge_prompt_is_told_by_its_digest(one):
    evidence = one(Generators(), {"png:parameters": "x" * 100_000 + "\nSteps: 1, Seed: 7"})
    (prompt,) = evidence.provenance.prompts
    assert prompt.text == ""
    assert len(prompt.sha256) == 64


def test_a_camera_is_shown_beside_the_claim(one, detect):
    camera = {"exif:Make": "NIKON", "exif:Model": "D70", "exif:DateTimeOriginal": "2004:01:01"}
    assert detect(Generators(), camera, media_type="image/jpeg") == []
    evidence = one(Generators(), camera | {"exif:UserComment": WEBUI})
    assert evidence.basis is Basis.TRACE
    assert evidence.details["camera"] == "NIKON D70"
    (conflict,) = evidence.details["conflicts"]
    assert conflict == (
        "Exif says that a NIKON D70 took it, but exif:UserComment says that Stable Diffusion web"
        " UI or compatible made it."
    )
    edited = WEBUI.replace("Steps: ", "Steps: 1, Mask blur: 4, Was: ", 1)
    assert "conflicts" not in one(Generators(), camera | {"exif:UserComment": edited}).details
