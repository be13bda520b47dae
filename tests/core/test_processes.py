import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from pipelines.core.errors import MalmoiError
from pipelines.core.processes import spread

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads do the work")
_LONGEST_WAIT = 30.0  # seconds


def _square(number: int) -> int:
    return number * number


def _own_process(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def _die(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _refuse(number: int) -> int:
    raise MalmoiError(f"record {number}: cannot be read")


def test_results_come_in_the_order_of_the_elements() -> None:
    assert list(spread(3, _square, range(20))) == [number * number for number in range(20)]


def test_work_is_done_by_other_processes() -> None:
    found = set(spread(2, _own_process, range(6)))
    assert len(found) == 2
    assert os.getpid() not in found


def test_a_lost_process_is_told_with_its_remedy() -> None:
    with pytest.raises(MalmoiError, match="MALMOI_WORKERS=1"):
        list(spread(2, _die, range(8)))


def test_an_error_of_the_work_arrives_as_it_was() -> None:
    with pytest.raises(MalmoiError, match="record 0: cannot be read"):
        list(spread(2, _refuse, range(4)))


def test_workers_end_with_their_parent() -> None:
    script = (
        "import os, time\n"
        "from pipelines.core.processes import spread\n"
        "def tell(number):\n"
        "    os.write(1, f'{os.getpid()}\\n'.encode())\n"  # one write: print makes two where output is unbuffered
        "    time.sleep(600)\n"
        "list(spread(2, tell, range(2)))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    ends = time.monotonic() + _LONGEST_WAIT
    while (left := [worker for worker in workers if _runs(worker)]) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not left


def _runs(process: int) -> bool:
    try:
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
