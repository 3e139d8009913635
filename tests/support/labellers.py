"""Preparations of label workers that go wrong, each in its way."""

import os
import resource
import signal

from credlabel.batch import _prepare as prepare


def _with_room(job, size):
    label = prepare(job)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that writing fails as on a full disk

    def cramped(errand):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        return label(errand)

    return cramped


def prepare_without_room(job):
    return _with_room(job, 10)


def prepare_with_little_room(job):
    return _with_room(job, 8_000 + 9_000)


def prepare_deadly(job):
    label = prepare(job)

    def deadly(errand):
        if "deadly" in errand.source:
            os.kill(os.getpid(), signal.SIGKILL)
        return label(errand)

    return deadly


def prepare_deadly_after(job):
    label = prepare(job)

    def deadly(errand):
        answer = label(errand)
        if "deadly" in errand.source:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return deadly


def prepare_broken(job):
    raise RuntimeError("this worker never gets ready")
