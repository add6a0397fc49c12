"""Frames of a video whose stage moves over a rendered plane."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from lowcost.batch import sources
from lowcost.batch.item import Item
from lowcost.batch.sources import video
from lowcost.batch.sources.video import Frame
from lowcost.errors import InputError

WIDTH, HEIGHT, STEP = 320, 240, 32


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Three fields side by side, 31 frames, of which every fifth is sharp."""
    random = np.random.default_rng(1)
    plane = cv2.GaussianBlur(random.integers(0, 255, (HEIGHT, 4 * WIDTH, 3)).astype(np.uint8), (0, 0), 2)
    plane = cv2.normalize(plane, None, 0, 255, cv2.NORM_MINMAX)
    path = str(tmp_path_factory.mktemp("film") / "stage.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 25, (WIDTH, HEIGHT))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no video")
    for number in range(21):
        frame = plane[:, number * STEP : number * STEP + WIDTH]
        writer.write(frame if number % 5 == 0 else cv2.GaussianBlur(frame, (0, 0), 3))
    writer.release()
    return path


def test_the_sharpest_frames_that_do_not_overlap_are_taken(film):
    numbers = [int(part.partition(":")[2]) for part in sources.parts(film)]
    assert numbers
    assert all(number % 5 == 0 for number in numbers)
    assert all(later - earlier >= WIDTH // STEP for earlier, later in pairwise(numbers))


def test_frames_are_read_in_any_order(film):
    capture, frames = cv2.VideoCapture(film), []
    while (read := capture.read())[0]:
        frames.append(read[1][:, :, ::-1])
    for number in (7, 3, 4, 20, 0):
        image = sources.load(Item("s", "f", film, f"frame:{number:06}"))
        assert np.array_equal(image.pixels, frames[number])
    with pytest.raises(InputError, match=r"frame 99 of .*stage\.avi cannot be read: copy the video again"):
        sources.load(Item("s", "f", film, "frame:000099"))


def test_a_stage_that_comes_back_shows_nothing_twice():
    way = [
        Frame(0, 0, 0, 0, 5),
        Frame(1, 0, 0.6, 0, 9),
        Frame(2, 0, 1.2, 0, 6),
        Frame(3, 0, 0.1, 0, 8),
        Frame(4, 1, 0, 0, 1),
    ]
    assert [frame.number for frame in video.chosen(way)] == [1, 4]


def test_what_is_no_video_is_said(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"a\.mp4 cannot be opened: save it as MP4 with H\.264"):
        sources.parts(str(tmp_path / "a.mp4"))
    with pytest.raises(InputError, match="is a video at an address: download it"):
        sources.parts("memory://bucket/a.mp4")
