"""Bytes on disk: bounded reads, digests, whole-or-nothing writing.

Reading never follows anything but a regular file to its bytes; writing goes through a temporary
file in the destination's directory, which becomes visible complete and on disk, or not at all.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import hashlib
import io
import os
import shutil
import stat
import tempfile
import uuid
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from credlabel.errors import AssetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TEMPORARY_PREFIX: Final = ".credlabel-"
"""How the names of our unfinished files begin; whoever lists a folder passes over them."""

_BLOCK: Final = 1 << 20
_SMALL_BYTES: Final = 64 << 10
_IN_MEMORY_BYTES: Final = 32 << 20
_WORTH_A_THREAD_BYTES: Final = 256 << 10


# ---------------------------------------------------------------------------- reading


def open_source(path: Path | str) -> BinaryIO:
    """Return ``path`` opened for reading, if it is (or links to) a regular file.

    Raises:
        AssetError: there is no such file, it is no regular file, or it may not be read.
    """
    return os.fdopen(_open(path)[0], "rb")


def load_source(path: Path | str) -> BinaryIO:
    """Return ``path`` as :func:`open_source` does, a small file as a stream in memory.

    A small file is read in one go, which is half the work.

    Raises:
        AssetError: as :func:`open_source`. OSError: reading failed.
    """
    descriptor, size = _open(path)
    if size <= _SMALL_BYTES:
        try:
            data = os.read(descriptor, _SMALL_BYTES + 1)
        except OSError:
            os.close(descriptor)
            raise
        if len(data) == size:
            os.close(descriptor)
            return io.BytesIO(data)
        os.lseek(descriptor, 0, os.SEEK_SET)  # somebody writes to it, or it has no true size
    return os.fdopen(descriptor, "rb")


def _open(path: Path | str) -> tuple[int, int]:
    """Return the descriptor of a regular file, and its size."""
    try:
        # O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise AssetError(f"{show(path)} is the name of no file: it has a NUL in it.") from error
    seen = os.fstat(descriptor)
    if not stat.S_ISREG(seen.st_mode):
        os.close(descriptor)
        raise AssetError(f"{show(path)} is no regular file.")
    return descriptor, seen.st_size


def unreadable(path: Path | str, error: OSError) -> AssetError:
    """Return the error that says in plain words why ``path`` can't be read."""
    reasons = {
        errno.ENOENT: "does not exist",
        errno.EACCES: "may not be read: permission is denied",
        errno.ELOOP: "is a symbolic link that leads in a circle",
        errno.ENOTDIR: "does not exist: part of its path is no directory",
        errno.EISDIR: "is a directory",
        errno.ENAMETOOLONG: "has a name that is too long",
    }
    reason = reasons.get(error.errno or 0) or f"can't be read: {error.strerror}"
    return AssetError(f"{show(path)} {reason}.")


def show(path: Path | str) -> str:
    r"""Return a path as text fit for a terminal: control and undecodable bytes are escaped.

    >>> print(show("a\nb"))
    a\nb
    >>> print(show(os.fsdecode(b"caf\xe9")))
    caf\xe9
    """
    return "".join(c if c.isprintable() else _escaped(c) for c in os.fspath(path))


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # how Python holds a byte that is no text
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode()


def text_of(path: Path | str) -> str:
    r"""Return a path as JSON can hold it; bytes that are no text are shown as ``\xNN``.

    >>> print(text_of(os.fsdecode(b"caf\xe9")))
    caf\xe9
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def sha256(source: BinaryIO) -> str:
    """Return the SHA-256 of a stream from its beginning, in lower-case hexadecimal."""
    if isinstance(source, io.BytesIO):
        return _digest(source.getvalue())  # which copies nothing, unlike getbuffer
    source.seek(0)
    digest = hashlib.sha256()
    while block := source.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def read_ranges(source: BinaryIO, ranges: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the bytes of each (start, length) range, in order and in blocks; less at the end."""
    for start, length in ranges:
        source.seek(start)
        left = length
        while left > 0 and (block := source.read(min(left, _BLOCK))):
            left -= len(block)
            yield block


def in_memory(source: BinaryIO) -> BinaryIO:
    """Return a stream of moderate size as one in memory, from its beginning; a large one as it is.

    What is read several times, or by a library that calls back for every few kilobytes, is read
    fastest there.
    """
    if not isinstance(source, io.BytesIO) and source.seek(0, os.SEEK_END) <= _IN_MEMORY_BYTES:
        source.seek(0)
        source = io.BytesIO(source.read())
    source.seek(0)
    return source


class Digester:
    """Computes SHA-256 beside other work; keeps one thread for it.

    Digesting runs alongside native code: on two cores the time for it all but disappears.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=1)  # starts the thread when it is needed

    def start(self, stream: BinaryIO) -> Callable[[], str]:
        """Start digesting ``stream`` and return what to call for the digest.

        A small stream is digested at once. One that is not in memory, and so can't be read by two
        at a time, is digested when the digest is called for.
        """
        if not isinstance(stream, io.BytesIO):
            return functools.partial(sha256, stream)
        data = stream.getvalue()
        if len(data) >= _WORTH_A_THREAD_BYTES:
            return self._threads.submit(_digest, data).result
        digest = _digest(data)
        return lambda: digest


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------------------- writing


def draft_prefix(process: int) -> str:
    """Return how the names of a process's drafts begin, for who has to tidy up after its death."""
    return f"{TEMPORARY_PREFIX}{process}-"


def _umask() -> int:
    """Return the process's umask, which no system call tells without changing it."""
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return int(status.partition("\nUmask:")[2].split(maxsplit=1)[0], 8)
    except (OSError, ValueError, IndexError):
        mask = os.umask(0o077)
        os.umask(mask)
        return mask


class Draft:
    """A file in the making, beside the place where it will be; a context manager.

    The caller writes to ``stream`` (binary, readable, seekable), then calls :meth:`publish`.
    Leaving the context without it removes the draft and leaves no trace.
    """

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        prefix = draft_prefix(os.getpid())
        descriptor, name = tempfile.mkstemp(prefix=prefix, dir=destination.parent)
        self.path: Path | None = Path(name)
        self.stream: BinaryIO = os.fdopen(descriptor, "w+b")
        self._syncing: Future[None] | None = None
        self._is_synced = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._syncing is not None:
            wait([self._syncing])  # it ends before its descriptor is closed
        with contextlib.suppress(OSError):
            self.stream.close()
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def take_default_mode(self) -> None:
        """Give the draft the mode that a newly created file has in this process."""
        os.fchmod(self.stream.fileno(), 0o666 & ~_umask())

    def take_attributes(self, source: Path) -> None:
        """Give the draft the mode, times, extended attributes and owner of ``source``."""
        seen = source.stat()
        target = self.stream.fileno()
        self.stream.flush()
        with contextlib.suppress(OSError):  # only a privileged process may give files away
            os.fchown(target, seen.st_uid, seen.st_gid)
        os.fchmod(target, stat.S_IMODE(seen.st_mode))
        with contextlib.suppress(OSError):  # file systems without extended attributes
            for name in os.listxattr(source):
                with contextlib.suppress(OSError):
                    os.setxattr(target, name, os.getxattr(source, name))
        os.utime(target, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def begin_sync(self, threads: Executor) -> None:
        """Start forcing the draft's bytes to disk; after this it is only read."""
        self.stream.flush()
        self._syncing = threads.submit(os.fsync, self.stream.fileno())

    def sync(self) -> None:
        """Return when the draft's bytes are on disk.

        Raises:
            OSError: they are not, and never will be: the draft has to be made anew.
        """
        if self._syncing is not None:
            self._syncing.result()
        elif not self._is_synced:
            self.stream.flush()
            os.fsync(self.stream.fileno())
        self._is_synced = True

    def publish(self, *, replace: bool = False) -> None:
        """Give the draft its name once it is on disk; the directory still has to be synced then.

        Raises:
            FileExistsError: the name is taken and ``replace`` is false. OSError: as :meth:`sync`.
        """
        if self.path is None:
            raise ValueError("a draft is published once")
        self.sync()
        (os.replace if replace else rename_without_replacing)(self.path, self.destination)
        self.path = None


class Kept:
    """What is at ``path``, kept while something else may take its name; a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy = path.with_name(f"{draft_prefix(os.getpid())}{uuid.uuid4().hex}")
        with contextlib.suppress(FileNotFoundError):
            try:
                os.link(path, self._copy, follow_symlinks=False)
            except FileNotFoundError:
                raise
            except OSError:  # a file system without hard links
                shutil.copy2(path, self._copy, follow_symlinks=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._copy.unlink(missing_ok=True)

    def restore(self) -> None:
        """Put back what was at ``path``, or nothing if nothing was."""
        try:
            self._copy.replace(self._path)
        except FileNotFoundError:
            self._path.unlink(missing_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data``, 0600 and durable; never touch a file that is there.

    The directory's entry is not synced: call :func:`sync_directory` after the last file.

    Raises:
        FileExistsError: something is there, a dangling symbolic link included.
        OSError: as the system says; then no part of the file is left.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sync_directory(folder: Path) -> None:
    """Force a directory's entries to disk, so that a rename in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directories(folder: Path) -> None:
    """Create ``folder`` and its parents, each synced into its parent."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_directory(new.parent)


_RENAME_NOREPLACE: Final = 1
_AT_FDCWD: Final = -100


@functools.cache
def _renameat2() -> Any:
    """Return the C library's renameat2, or None where there is none."""
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)


def rename_without_replacing(source: Path, target: Path) -> None:
    """Rename atomically, unless ``target`` exists.

    Raises:
        FileExistsError: ``target`` exists; nothing was changed. OSError: as rename does.
    """
    call = _renameat2()
    if call is not None:
        failed = call(
            _AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE
        )
        if not failed:
            return
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(number, os.strerror(number), os.fspath(target))
    # File systems and kernels without the flag: a hard link never replaces either.
    os.link(source, target, follow_symlinks=False)
    source.unlink()


def copy_bytes(source: BinaryIO, sink: BinaryIO) -> None:
    """Copy a stream from its beginning, in bounded memory."""
    source.seek(0)
    while block := source.read(_BLOCK):
        sink.write(block)
