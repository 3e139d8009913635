"""Names and phrases of generators: where they count, and which names are others' as well."""

import pytest
from credlabel_plugins.marks.generators import Generators

from credlabel.model import Origin

UUID = "6c8a40fd-32bf-4c7b-ab59-23579ff95828"


@pytest.mark.parametrize(
    ("place", "text", "system", "provider"),
    [
        ("exif:Software", "Adobe Firefly", "Adobe Firefly", "Adobe"),
        ("exif:Make", "Ideogram AI", "Ideogram", "Ideogram"),
        ("xmp:xmp:CreatorTool", "Draw Things 1.2", "Draw Things", ""),
        ("png:Software", "Midjourney 7", "Midjourney", "Midjourney"),
        ("png:Author", "Midjourney", "Midjourney", "Midjourney"),
        ("pdf:Producer", "ChatGPT", "ChatGPT", "OpenAI"),
        ("pdf:Creator", "Microsoft Copilot", "Copilot", "Microsoft"),
        ("html:meta:generator", "chatgpt canvas", "ChatGPT", "OpenAI"),
        ("ooxml:app:Application", "Claude AI", "Claude", "Anthropic"),
        ("ooxml:core:creator", "ChatGPT", "ChatGPT", "OpenAI"),
        ("mp4:com.apple.quicktime.software", "Sora 2", "Sora", "OpenAI"),
        ("id3:TSSE", "ElevenLabs", "ElevenLabs", "ElevenLabs"),
        ("riff:ISFT", "Suno AI", "Suno", "Suno"),
        ("mp4:©too", "Kling AI", "Kling", "Kuaishou"),
        ("exif:Software", "豆包", "Doubao", "ByteDance"),
        ("exif:ImageEditingSoftware", "Gemini 2.5 Flash Image", "Gemini", "Google"),
        ("exif:Software", "AI generated", "AI generated", ""),
        ("exif:Software", "可灵AI", "Kling", "Kuaishou"),
        ("exif:Software", "Veo 3.1 Fast", "Veo", "Google"),
        ("exif:Software", "Grok", "Grok", "xAI"),
        ("exif:Software", "Recraft V3", "Recraft", "Recraft"),
        ("exif:Software", "Sora 2 (OpenAI)", "Sora", "OpenAI"),
        ("exif:Software", "Qwen-Image", "Qwen", "Alibaba"),
        ("html:meta:generator", "Claude 4.5 Sonnet", "Claude", "Anthropic"),
    ],
)
def test_a_generator_signs_with_its_name(one, place, text, system, provider):
    evidence = one(Generators(), {place: text})
    assert evidence.origin is Origin.GENERATED
    assert evidence.details["basis"] == "the name of a generator"
    assert (evidence.provenance.system, evidence.provenance.provider) == (system, provider)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("exif:Software", "Adobe Photoshop 27.4 (Macintosh)"),
        ("exif:Software", "Adobe Express 1.0.0"),
        ("exif:Software", "Adobe Fireworks CS5"),
        ("exif:Software", "GIMP 3.0.6"),
        ("xmp:xmp:CreatorTool", "Canva"),
        ("exif:Software", "Leonardo 2.1"),
        ("exif:Make", "Google"),
        ("exif:Make", "Apple"),
        ("exif:Software", "Gemini"),
        ("exif:Software", "Imagen AI"),
        ("exif:Software", "written about Midjourney"),
        ("exif:Software", "Qwentin Photo Editor"),
        ("exif:Software", "Recraftory"),
        ("exif:Software", "OpenAIR scanner"),
        ("exif:Software", "Sora 2 Firmware"),
        ("exif:Software", "Gemini 2 Observatory Camera"),
        ("exif:Software", "Google AI Edge Camera"),
        ("exif:Software", "MiniMax Scanner 3"),
        ("exif:Software", "Hunyuan Camera"),
        ("exif:Software", "Imagen 4 Ultrasound Workstation"),
        ("exif:Software", "Veo 3 Sports Camera"),
        ("exif:Make", "Kling Optics"),
        ("html:meta:generator", "Recraft CMS 2"),
        ("html:meta:generator", "Grok CMS"),
        ("png:Description", "run foo --v 3 now"),
        ("png:Description", "mytool --input x --v 2"),
        ("png:Description", "mytool --v 2"),
        ("png:Description", "tar --ar 3:2 without a version"),
        ("pdf:Producer", "Skia/PDF m110 Google Docs Renderer"),
        ("xmp:dc:creator", "Sora"),
        ("exif:Artist", "Claude Monet"),
        ("png:Author", "Claude"),
        ("exif:Artist", "Suno"),
        ("ooxml:core:creator", "Firefly"),
        ("pdf:Author", "Midjourney fans"),
        ("png:Title", "Midjourney"),
        ("xmp:dc:description", "made in a studio; I had Suno in mind"),
        ("xmp:dc:source", "ChatGPT, asked in May"),
        ("html:meta:description", "how to call it: tool --v 2 --ar 3:2"),
        ("xmp:xmpMM:History/stEvt:softwareAgent", "Adobe Lightroom 5.3"),
    ],
)
def test_other_peoples_names_are_left_alone(detect, place, text):
    assert detect(Generators(), {place: text}) == []


@pytest.mark.parametrize(
    "place", ["png:Description", "xmp:dc:description", "exif:ImageDescription"]
)
def test_midjourneys_description_ends_with_its_job(one, place):
    text = f"a duck --ar 3:2 --v 6.1 Job ID: {UUID}"
    evidence = one(Generators(), {place: text, "png:Author": "somebody"})
    record = evidence.provenance
    assert (record.system, record.system_version, record.identifier) == ("Midjourney", "6.1", UUID)
    assert [prompt.text for prompt in record.prompts] == ["a duck --ar 3:2 --v 6.1"]
    assert one(Generators(), {place: "a duck --niji 6"}).provenance.system_version == "6"
    options = "a duck --ar 3:2 --no dogs, cats --v 7 --style raw --tile"
    assert one(Generators(), {place: options}).provenance.system_version == "7"


@pytest.mark.parametrize(
    "place", ["id3:COMM", "id3:COMM:comment", "vorbis:DESCRIPTION", "mp4:©cmt"]
)
def test_suno_comments_its_songs(one, place):
    text = f"made with suno; created=2026-02-25T03:57:12Z; id={UUID}"
    record = one(Generators(), {place: text}).provenance
    assert (record.system, record.identifier) == ("Suno", UUID)


def test_grok_signs_in_two_fields(one, detect):
    signature = {"exif:ImageDescription": "Signature: " + "aB3/" * 20}
    evidence = one(Generators(), signature | {"exif:Artist": UUID})
    assert (evidence.provenance.system, evidence.provenance.identifier) == ("Grok", UUID)
    assert "not verified" in evidence.details["basis"]
    assert detect(Generators(), signature) == []
    assert detect(Generators(), signature | {"exif:Artist": "Ann"}) == []
    assert detect(Generators(), {"exif:Artist": UUID}) == []


def test_flux_writes_how_it_was_asked(one):
    exif = {
        "exif:Software": "AI generated;txt2img;flux",
        "exif:Make": "Black Forest Labs",
        "exif:Model": "flux-dev",
        "exif:ImageDescription": "a duck",
    }
    evidence = one(Generators(), exif)
    assert evidence.origin is Origin.GENERATED
    assert evidence.provenance.provider == "Black Forest Labs"
    assert evidence.provenance.models[0].name == "flux-dev"
    assert evidence.provenance.prompts[0].text == "a duck"
    edited = one(Generators(), exif | {"exif:Software": "AI generated;img2img;flux"})
    assert edited.origin is Origin.EDITED_WITH_AI
