"""The collector rests for as long as it is told to, and never for good."""

from __future__ import annotations

import gc
import random
import threading

import pytest

from lowcost.serve import collector


def test_it_rests_and_comes_back():
    with collector.at_rest():
        assert not gc.isenabled()
        with collector.at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_comes_back_after_an_error():
    with pytest.raises(ZeroDivisionError), collector.at_rest():
        1 / 0  # noqa: B018
    assert gc.isenabled()


def test_it_comes_back_whatever_the_order_of_threads():
    def work(seed):
        pause = threading.Event()
        for _ in range(20):
            with collector.at_rest():
                pause.wait(random.Random(seed).random() / 1000)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
