"""An input is one file, pipe or file object that the user named, and the ways of reading it again."""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

from synfin.basics.errors import CaptureError
from synfin.capture.compressed import decompressed
from synfin.capture.stream import DamageError, Stream

if TYPE_CHECKING:
    from typing import IO

STANDARD_INPUT = "-"


class Input:
    """Something to read.

    Args:
        named: a path, "-" for standard input, or a file object open for reading bytes.
        keep: write to a temporary file what can be read only in order or only once.

    Attributes:
        path: as the user named it.
        size: bytes it takes as it lies there, -1 if unknown.
    """

    def __init__(self, named: str | os.PathLike[str] | BinaryIO, *, keep: bool) -> None:
        self.path = _path_of(named)
        self._file: BinaryIO | None = _object_of(named)
        self._begin = _place(self._file)
        self._keep = keep
        self._kept: Keeping | None = None
        self._raw: Stream | None = None
        self._waiting: Stream | None = None
        self._is_spent = False
        self._is_plain = True
        self.size = -1

    @property
    def position(self) -> int:
        """How many of `size` bytes the newest pass has taken."""
        return self._raw.position if self._raw else 0

    @property
    def is_live(self) -> bool:
        """Whether its writer may take its time; known once it is open."""
        return self._raw is not None and self._raw.is_live

    @property
    def is_lasting(self) -> bool:
        """Whether its bytes can be had again; known once it is open."""
        return self._kept is not None or self._is_rereadable

    def open(self) -> Stream:
        """Its bytes from the first on, decompressed.

        Raises:
            CaptureError: it cannot be read, or could be read only once.
        """
        if self._waiting:
            stream, self._waiting = self._waiting, None
            return stream
        if self._kept and self._kept.is_whole:
            return Stream(Placed(self._kept.file, 0), self.path)
        self._raw = self._open_raw()
        stream = decompressed(self._raw)
        self._is_plain = stream is self._raw
        if self._keep and not self._kept and not (self._is_plain and self._is_rereadable):
            self._kept = Keeping(stream)
            return Stream(self._kept, self.path, is_live=stream.is_live)
        return stream

    def check(self) -> None:
        """See that `open` will not fail for having been called before.

        Raises:
            CaptureError: this is a pipe, all of it has been read, and it was not kept.
        """
        if self._is_spent and not self._waiting and not (self._kept and self._kept.is_whole):
            raise CaptureError(
                f"{_called(self.path)} can be read only once; save it to a file first.", path=self.path
            )

    def put_back(self, stream: Stream) -> None:
        """Take back an opened stream of which bytes were only peeked at; the next pass reads it."""
        self._waiting = stream

    def open_at(self, offset: int) -> Stream | None:
        """Its decompressed bytes from `offset` on; None if they can be had only in order.

        Raises:
            CaptureError: it cannot be read any more.
        """
        if self._kept:
            return Stream(Placed(self._kept.file, offset), self.path)
        if not (self._is_plain and self._is_rereadable):
            return None
        source = self._open_file() if self._file is None else self._file
        return Stream(Placed(source, self._begin + offset, owned=self._file is None), self.path)

    def close(self) -> None:
        """Give every file back, except those that were open when given to us."""
        for stream in (self._raw, self._waiting):
            if stream:
                stream.close()
        if self._kept:
            self._kept.file.close()

    @property
    def _is_rereadable(self) -> bool:
        return self._begin >= 0

    def _open_raw(self) -> Stream:
        if self._file is None:
            file = self._open_file()
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                self.size = status.st_size
                return Stream(file, self.path)
            self._file, self._begin = file, -1
        if self._is_rereadable:
            self.size = self._file.seek(0, io.SEEK_END) - self._begin
            return Stream(Placed(self._file, self._begin), self.path)
        self.check()
        self._is_spent = True
        return Stream(Once(self._file), self.path, is_live=_is_live(self._file))

    def _open_file(self) -> io.FileIO:
        try:
            file = io.FileIO(self.path)
        except FileNotFoundError:
            raise CaptureError(f"There is no file {self.path}.", path=self.path) from None
        except PermissionError:
            raise CaptureError(
                f"{self.path} may not be read by you; ask its owner, or read it as another user.",
                path=self.path,
                permitted=False,
            ) from None
        except IsADirectoryError:
            raise CaptureError(f"{self.path} is a folder; name the files in it.", path=self.path) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CaptureError(f"{self.path} cannot be opened: {reason}.", path=self.path) from None
        return file


class Placed:
    """A seekable file as a source, from a place on; others may use the same file in between."""

    def __init__(self, file: IO[bytes] | io.RawIOBase, at: int, *, owned: bool = False) -> None:
        self._file = file
        self._at = at
        self._owned = owned

    def readinto(self, buffer: memoryview, /) -> int:
        """As `Source.readinto`."""
        self._file.seek(self._at)
        got = _read(self._file, buffer)
        self._at += got
        return got

    def close(self) -> None:
        """As `Source.close`."""
        if self._owned:
            self._file.close()


class Once:
    """A file that cannot be sought in, as a source; it stays open, for it is not ours."""

    def __init__(self, file: IO[bytes] | io.RawIOBase) -> None:
        self._file = file

    def readinto(self, buffer: memoryview, /) -> int:
        """As `Source.readinto`; what is there at once, where the file can tell."""
        read = getattr(self._file, "read1", None)  # readinto1 may wait although it has something
        if read is None:
            return _read(self._file, buffer)
        data = read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def fileno(self) -> int:
        """For waiting."""
        return self._file.fileno()

    def close(self) -> None:
        """As `Source.close`."""


class Keeping:
    """A source that writes all that passes through it to a temporary file.

    Attributes:
        file: what has passed.
        is_whole: whether that was all.
    """

    def __init__(self, stream: Stream) -> None:
        import tempfile  # loads much that no file needs

        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the capture
        self.is_whole = False
        self._stream = stream

    def readinto(self, buffer: memoryview, /) -> int:
        """As `Source.readinto`."""
        got = self._stream.readinto(buffer)
        self.file.seek(0, io.SEEK_END)
        self.file.write(buffer[:got])
        if not got:
            self.is_whole = True
            if self._stream.damage:
                raise DamageError(self._stream.damage)
        return got

    def close(self) -> None:
        """As `Source.close`."""
        self._stream.close()


def _read(file: IO[bytes] | io.RawIOBase, buffer: memoryview) -> int:
    """Read what is there into the buffer, with whichever of the two methods the file has."""
    readinto = getattr(file, "readinto", None)
    if readinto:
        return int(readinto(buffer) or 0)
    data = file.read(len(buffer)) or b""
    buffer[: len(data)] = data
    return len(data)


def _path_of(named: str | os.PathLike[str] | BinaryIO) -> str:
    if isinstance(named, str | os.PathLike):
        return os.fspath(named)
    name = getattr(named, "name", "")
    return name if isinstance(name, str) and name else "(file object)"


def _object_of(named: str | os.PathLike[str] | BinaryIO) -> BinaryIO | None:
    """The file object to read, None for a path that is opened anew each time."""
    if named == STANDARD_INPUT:
        return sys.stdin.buffer
    return None if isinstance(named, str | os.PathLike) else named


def _place(file: BinaryIO | None) -> int:
    """Where the file stands, 0 for one that is opened each time, -1 if it cannot be sought in."""
    if file is None:
        return 0
    try:
        return file.tell() if file.seekable() else -1
    except (OSError, ValueError):
        return -1


def _is_live(file: BinaryIO) -> bool:
    """Whether it is a pipe, a terminal or a socket, whose writer may take its time, or says so itself."""
    if getattr(file, "is_live", False):
        return True
    try:
        return not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _called(path: str) -> str:
    return "Standard input" if path == STANDARD_INPUT else path
