"""Whatever a worker does, every item gets its answer, in order, and no process is left behind."""

import gc
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import jobs
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credlabel import sandbox
from credlabel.sandbox import Failure, Job, Limits, WorkerPool

JOB = Job(prepare=jobs.prepare)
QUICK = Limits(seconds=1.0)


def children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = children()
    yield
    assert children() == before


def answers(items, *, limits=QUICK, **options):
    with WorkerPool(JOB, limits=limits, **options) as pool:
        return list(pool.map(items))


def good(item):
    return (item, f"did {item}")


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("kill", "it was ended by SIGKILL"),
        ("realtime", "it was ended by signal"),
        ("stop for good", "it failed"),
        ("hang", "it took too long"),
        pytest.param("spin", "it took too long", marks=pytest.mark.slow),
        ("raise", "it failed"),
        ("exit", "it failed"),
        ("unpicklable", "it failed"),
        ("memory", "it ran out of memory"),
    ],
)
@pytest.mark.parametrize("batch", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_one_that_does_harm_is_answered_by_the_reason(deed, reason, batch):
    items = ["a", "b", deed, "c", "d", "e", "f"]
    limits = Limits(seconds=1.0, memory_bytes=1 << 30)
    found = answers(items, limits=limits, workers=2, batch=batch)
    assert [item for item, _ in found] == items
    (harm,) = (answer for item, answer in found if item == deed)
    assert isinstance(harm, Failure)
    assert harm.reason.startswith(reason)
    assert [pair for pair in found if pair[0] != deed] == [good(i) for i in items if i != deed]


def test_several_that_do_harm_in_one_batch():
    items = ["kill", "a", "raise", "kill", "b", "kill"]
    found = answers(items, workers=1, batch=6)
    assert [item for item, _ in found] == items
    assert [isinstance(answer, Failure) for _, answer in found] == [1, 0, 1, 1, 0, 1]


def test_a_worker_that_never_gets_ready_fails_each_item():
    with WorkerPool(Job(prepare=jobs.prepare_broken), workers=2, limits=QUICK) as pool:
        found = list(pool.map(["a", "b", "c"]))
    assert [item for item, _ in found] == ["a", "b", "c"]
    assert all(isinstance(answer, Failure) for _, answer in found)


def test_a_worker_killed_from_outside_costs_nothing():
    with WorkerPool(JOB, workers=1, limits=QUICK) as pool:
        (first,) = pool.map(["pid"])
        victim = psutil.Process(first[1])
        victim.kill()
        victim.wait()
        assert [item for item, _ in pool.map(["a"])] == ["a"]
        assert list(pool.map(["b"])) == [good("b")]


def test_the_pool_is_good_for_another_round_after_harm_and_after_a_break():
    with WorkerPool(JOB, workers=2, limits=QUICK) as pool:
        assert [type(answer) for _, answer in pool.map(["kill"])] == [Failure]
        rest = pool.map(["a", "slow", "slow", "hang"])
        assert next(rest) == good("a")
        rest.close()
        assert list(pool.map("xyz")) == [good("x"), good("y"), good("z")]


def test_a_break_ends_the_workers_that_are_busy():
    with WorkerPool(JOB, workers=2) as pool:
        rest = pool.map(["a", "hang", "hang", "hang"])
        next(rest)
        began = time.monotonic()
        rest.close()
        assert time.monotonic() - began < 5
        assert not pool._busy


def test_an_abandoned_iterator_ends_its_workers_too():
    with WorkerPool(JOB, workers=2) as pool:
        next(pool.map(["a", "hang", "hang"]))
        gc.collect()
        assert list(pool.map(["b"])) == [good("b")]


def test_two_rounds_at_once_are_refused_before_their_answers_get_mixed_up():
    with WorkerPool(JOB, workers=1, limits=QUICK) as pool:
        first = pool.map(["a", "b", "c"])
        assert next(first) == good("a")
        with pytest.raises(RuntimeError, match="one call"):
            next(pool.map(["x", "y"]))
        assert list(first) == [good("b"), good("c")]


def test_an_iterable_that_raises_is_the_callers_and_leaves_nothing():
    def items():
        yield "a"
        raise ZeroDivisionError

    with WorkerPool(JOB, workers=2) as pool:
        with pytest.raises(ZeroDivisionError):
            list(pool.map(items()))
        assert list(pool.map(["b"])) == [good("b")]


def test_items_are_drawn_as_they_are_needed():
    drawn = []

    def endless():
        for number in range(10_000):
            drawn.append(number)
            yield str(number)

    with WorkerPool(JOB, workers=2, batch=3) as pool:
        rest = pool.map(endless())
        assert [next(rest)[0] for _ in range(5)] == list("01234")
        assert len(drawn) < 100
        rest.close()


def test_large_items_are_given_more_time():
    limits = Limits(seconds=0.3, seconds_per_gigabyte=60)
    with WorkerPool(JOB, workers=1, limits=limits) as pool:
        slow = ["slow"] * 2
        sizes = list(pool.map(slow, sizes=lambda _: 1 << 30))
        assert sizes == [good("slow")] * 2
        found = list(pool.map(["hang"], sizes=lambda _: 0))
        assert [type(answer) for _, answer in found] == [Failure]


def test_nothing_at_all_starts_no_worker():
    before = children()
    with WorkerPool(JOB) as pool:
        assert list(pool.map([])) == []
        assert children() == before


def test_workers_do_not_read_the_callers_input():
    # What is typed or piped into credlabel is credlabel's.
    code = """
        import sys
        sys.path[:] = {path!r}
        import jobs
        from credlabel.sandbox import Job, WorkerPool
        with WorkerPool(Job(prepare=jobs.prepare), workers=1) as pool:
            assert list(pool.map(["read stdin"])) == [("read stdin", b"")], "worker read it"
        assert sys.stdin.read() == "mine", "the input is gone"
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code).format(path=sys.path)],
        input="mine",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_script_without_a_main_guard_may_use_it(tmp_path):
    # multiprocessing would run the script again in each worker.
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "import jobs\n"
        "from credlabel.sandbox import Job, WorkerPool\n"
        "print('once')\n"
        "with WorkerPool(Job(prepare=jobs.prepare), workers=2) as pool:\n"
        "    print([answer for _, answer in pool.map(['a', 'kill', 'b'])][::2])\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "once\n['did a', 'did b']\n", done.stderr


@pytest.mark.slow
def test_workers_end_when_their_master_is_killed(tmp_path):
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "import jobs\n"
        "from credlabel.sandbox import Job, WorkerPool\n"
        "pool = WorkerPool(Job(prepare=jobs.prepare), workers=2)\n"
        "print(*[a for _, a in pool.map(['pid', 'pid', 'slow', 'pid'])], flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as master:
        pids = [int(word) for word in master.stdout.readline().split() if word.isdigit()]
        workers = [psutil.Process(pid) for pid in set(pids)]
        master.kill()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert workers
    assert not alive


def test_a_worker_keeps_to_its_limits():
    limits = Limits(seconds=5, memory_bytes=1 << 30, open_files=32)
    with WorkerPool(JOB, workers=1, limits=limits) as pool:
        ((_, pid),) = pool.map(["pid"])
        worker = psutil.Process(pid)
        assert worker.rlimit(psutil.RLIMIT_AS) == (1 << 30, 1 << 30)
        assert worker.rlimit(psutil.RLIMIT_NOFILE) == (32, 32)
        assert worker.rlimit(psutil.RLIMIT_CORE) == (0, 0)


# ---------------------------------------------------------------------------- nothing gets lost


class Pretender:
    """A worker in this process: a thread that answers, or hangs up on items that are deadly."""

    def __init__(self, job, limits, inherit=()):
        self.pipe, self._theirs = sandbox.connection.Pipe()
        self.batch = None
        self.deadline = 0.0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        try:
            while True:
                items = self._theirs.recv()
                if any(item < 0 for item in items):
                    break
                self._theirs.send([item * 2 for item in items])
        except (EOFError, OSError):
            pass
        self._theirs.close()

    number = 0

    def end(self, *, patience_seconds):
        self.pipe.close()
        self._thread.join()
        return "it was pretended to die"


@settings(deadline=None, max_examples=150)
@given(
    items=st.lists(st.integers(-1, 50), max_size=70),
    batch=st.integers(1, 20),
    workers=st.integers(1, 4),
)
def test_no_item_is_lost_whatever_the_lengths(items, batch, workers):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "_Worker", Pretender)
        with WorkerPool(JOB, workers=workers, batch=batch) as pool:
            found = list(pool.map(items))
    failed = Failure(reason="it was pretended to die")
    assert found == [(item, failed if item < 0 else item * 2) for item in items]


def test_no_descriptor_is_left_open():
    answers(["a", "kill", "b"])
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(3):
        answers(["a", "kill", "b"])
    assert len([*Path("/proc/self/fd").iterdir()]) == before
