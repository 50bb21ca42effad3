"""The first run of a kernel compiles it: no test of a capture file has a deadline."""

from hypothesis import settings

settings.register_profile("captures", deadline=None)
settings.load_profile("captures")
