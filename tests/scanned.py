"""Scans as people bring them: pages of a scanner that recognises words, pictures."""

import struct
import zlib


def a_pdf(*pages: str, catalog: str = "") -> bytes:
    """Pages of one line each, as a scanner with recognition writes them; `catalog`: what the root says more."""
    kids = " ".join(f"{4 + 2 * rank} 0 R" for rank in range(len(pages)))
    written = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for rank, words in enumerate(pages):
        drawn = f"BT /F1 9 Tf ({words}) Tj ET" if words else ""
        written += [
            f"<</Type/Page/Parent 2 0 R/Contents {5 + 2 * rank} 0 R>>",
            f"<</Length {len(drawn.encode())}>>stream\n{drawn}\nendstream",
        ]
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(written, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size, at = len(written) + 1, len(data)
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"
    return data + tail.encode()


def a_png(width: int = 240, height: int = 340, *, said: tuple[int, int] | None = None) -> bytes:
    """A white page. `said`: dimensions that its head tells instead."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", *(said or (width, height)), 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xff" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def a_jpeg(width: int = 240, height: int = 340) -> bytes:
    """The skeleton of one: a head, a frame, a scan, an end."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\x3f\0" + b"\x12\xff\x00\x34"
    return b"\xff\xd8\xff\xe0\0\4ab" + frame + scan + b"\xff\xd9"
