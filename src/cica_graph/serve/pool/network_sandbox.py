"""Network sandbox: a process gives up the right to open sockets, permanently.

``queries.guard`` refuses SERVICE before the engine sees it; the sandbox stops a query that would get past the guard.
Linux refuses the system call ``socket`` by a filter, https://docs.kernel.org/userspace-api/seccomp_filter.html.
Sockets that are open stay usable, and so do ``socketpair`` and files. The filter is six instructions, so it is written
here: libseccomp needs a system library.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import Final

# From <linux/audit.h>: the kernel's number of the machine; from <asm/unistd.h>: the number of ``socket`` there.
_SOCKET: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2  # <linux/prctl.h>, <linux/seccomp.h>
_LOAD, _UNLESS_EQUAL, _RETURN = 0x20, 0x15, 0x06  # <linux/bpf_common.h>
_NUMBER_AT, _MACHINE_AT = 0, 4  # struct seccomp_data
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def forbid_sockets() -> bool:
    """Make the system refuse new sockets to this process and its children; return False if the system cannot."""
    if platform.system() != "Linux" or platform.machine() not in _SOCKET:
        return False
    machine, number = _SOCKET[platform.machine()]
    steps = (
        (_LOAD, 0, 0, _MACHINE_AT),
        (_UNLESS_EQUAL, 0, 3, machine),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_UNLESS_EQUAL, 0, 1, number),
        (_RETURN, 0, 0, _ERROR | errno.EACCES),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))  # a reference keeps it alive during the call
    program = _Program(len(steps), ctypes.addressof(buffer))
    control = ctypes.CDLL(None).prctl
    if control(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return int(control(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0)) == 0
