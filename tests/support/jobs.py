"""Work for worker processes that misbehaves as it is told to."""

import os
import signal
import time


def prepare(*_):
    return work


def work(item):  # noqa: PLR0912 - one deed a branch
    match item:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop for good":
            os._exit(0)
        case "realtime":
            os.kill(os.getpid(), signal.SIGRTMIN + 1)
        case "hang":
            time.sleep(600)
        case "spin":
            while True:
                pass
        case "memory":
            return len(bytearray(8 << 30))
        case "raise":
            raise ValueError("no answer")
        case "unpicklable":
            return lambda: None
        case "exit":
            raise SystemExit(0)
        case "read stdin":
            return os.read(0, 10)
        case "pid":
            return os.getpid()
        case "slow":
            time.sleep(0.05)
    return f"did {item}"


def prepare_broken(*_):
    raise RuntimeError("this worker never gets ready")


def prepare_deadly_labeller(job):
    """As the label pool's own, but a file called deadly kills the process after it is labelled."""
    from credlabel import batch

    label = batch._prepare(job)

    def deadly(errand):
        answer = label(errand)
        if "deadly" in errand.source:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return deadly
