"""The usual prefixes of XML namespaces that XMP packets and RDF use."""

from __future__ import annotations

from typing import Final

_ADOBE: Final = "http://ns.adobe.com/"
_XAP: Final = _ADOBE + "xap/1.0/"
_GOOGLE: Final = "http://ns.google.com/photos/1.0/"

PREFIXES: Final = {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "adobe:ns:meta/": "x",
    # Dublin Core, licences, origin
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://creativecommons.org/ns#": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://c2pa.org/manifest": "c2pa",
    "http://www.tc260.org.cn/ns/AIGC/1.0/": "TC260",
    # The XMP specification, parts 1 and 2
    _XAP: "xmp",
    _XAP + "mm/": "xmpMM",
    _XAP + "rights/": "xmpRights",
    _XAP + "bj/": "xmpBJ",
    _XAP + "t/pg/": "xmpTPg",
    _XAP + "g/": "xmpG",
    _XAP + "g/img/": "xmpGImg",
    _XAP + "sType/ResourceRef#": "stRef",
    _XAP + "sType/ResourceEvent#": "stEvt",
    _XAP + "sType/Dimensions#": "stDim",
    _XAP + "sType/Font#": "stFnt",
    _XAP + "sType/Version#": "stVer",
    _XAP + "sType/Job#": "stJob",
    _XAP + "sType/ManifestItem#": "stMfs",
    "http://ns.adobe.com/xmp/Identifier/qual/1.0/": "xmpidq",
    _ADOBE + "xmp/note/": "xmpNote",
    _ADOBE + "xmp/1.0/DynamicMedia/": "xmpDM",
    _ADOBE + "xmp/1.0/DynamicMedia": "xmpDM",
    _ADOBE + "exif/1.0/": "exif",
    _ADOBE + "exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    _ADOBE + "tiff/1.0/": "tiff",
    _ADOBE + "pdf/1.3/": "pdf",
    _ADOBE + "pdfx/1.3/": "pdfx",
    _ADOBE + "photoshop/1.0/": "photoshop",
    _ADOBE + "camera-raw-settings/1.0/": "crs",
    _ADOBE + "lightroom/1.0/": "lr",
    _ADOBE + "illustrator/1.0/": "illustrator",
    _ADOBE + "creatorAtom/1.0/": "creatorAtom",
    _ADOBE + "hdr-gain-map/1.0/": "hdrgm",
    "http://www.aiim.org/pdfa/ns/id/": "pdfaid",
    "http://www.aiim.org/pdfa/ns/extension/": "pdfaExtension",
    "http://www.aiim.org/pdfa/ns/schema#": "pdfaSchema",
    "http://www.aiim.org/pdfa/ns/property#": "pdfaProperty",
    "http://www.aiim.org/pdfua/ns/id/": "pdfuaid",
    # IPTC, PLUS, PRISM, Metadata Working Group
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    # Makers of cameras and programs
    _GOOGLE + "camera/": "GCamera",
    _GOOGLE + "container/": "Container",
    _GOOGLE + "container/item/": "Item",
    _GOOGLE + "creations/": "GCreations",
    _GOOGLE + "image/": "GImage",
    _GOOGLE + "audio/": "GAudio",
    _GOOGLE + "depthmap/": "GDepth",
    _GOOGLE + "panorama/": "GPano",
    "http://ns.apple.com/faceinfo/1.0/": "apple-fi",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.2/": "MP",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://darktable.sf.net/": "darktable",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
    "http://www.gimp.org/xmp/": "GIMP",
    "http://www.dji.com/drone-dji/1.0/": "drone-dji",
    "http://www.inkscape.org/namespaces/inkscape": "inkscape",
    "http://xmp.gettyimages.com/gift/1.0/": "GettyImagesGIFT",
}
"""Prefix by URI. Prefixes are free in XML: a name is told with the usual one."""
