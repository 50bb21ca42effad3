"""The Internet checksum, one word at a time, as RFC 1071 says it."""


def internet_checksum(octets: bytes, initial: int = 0) -> int:
    """The one's-complement sum of the 16-bit words, folded."""
    padded = octets + b"\0" * (len(octets) % 2)
    total = initial + sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
