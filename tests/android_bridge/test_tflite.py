"""The int8 evaluator in Java gives the bytes of LiteRT, and refuses what it cannot evaluate."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lowcost import runtime
from lowcost.crop import network_input
from lowcost.image.reading import read
from tests.android_bridge.bridge import JavaError


@pytest.fixture(scope="module")
def model(repository) -> bytes:
    return (repository / "models" / "lowcost-1" / "cell_type.tflite").read_bytes()


def litert(model: bytes, crops: np.ndarray) -> list[np.ndarray]:
    """Every output of a network for some crops, the narrower first."""
    interpreter = runtime.find().load(model)
    entry, outputs = interpreter.get_input_details()[0]["index"], runtime.outputs(interpreter)
    found: list[list[np.ndarray]] = [[] for _ in outputs]
    for crop in crops:
        interpreter.set_tensor(entry, crop[None])
        interpreter.invoke()
        for output, values in zip(outputs, found, strict=True):
            values.append(interpreter.get_tensor(output["index"])[0])
    return [np.stack(values) for values in found]


def evaluated(java, model: bytes, crops: np.ndarray) -> list[np.ndarray]:
    answer = java("model.tflite", model=np.frombuffer(model, np.uint8), crops=crops)
    outputs = [value.view(np.int8) for name, value in answer.items() if name.startswith("output")]
    return sorted(outputs, key=lambda output: output.shape[1])


def drawn(random: np.random.Generator, number: int) -> np.ndarray:
    """Noise, patches of colour, and noise on patches: every layer gets its extremes and its middle."""
    patches = np.kron(random.integers(0, 256, (number, 6, 6, 3)), np.ones((1, 16, 16, 1), np.int64))
    noise = random.integers(-255, 256, (number, 96, 96, 3)) * random.choice([0, 0.1, 1], (number, 1, 1, 1))
    return np.clip(patches + noise, 0, 255).astype(np.uint8)


def equal(java, model: bytes, crops: np.ndarray) -> None:
    for own, other in zip(evaluated(java, model, crops), litert(model, crops), strict=True):
        differing = np.argwhere(own != other)
        assert not len(differing), f"{len(differing)} of {own.size} differ, first crop and channel {differing[0]}"


def test_drawn_crops(java, model):
    equal(java, model, drawn(np.random.default_rng(1), 400))
    equal(java, model, np.stack([np.full((96, 96, 3), value, np.uint8) for value in (0, 127, 240, 255)]))


def test_real_cells(java, model, shared_data):
    names = sorted((shared_data / "pbc").rglob("*.jpg"))[::40]
    if not names:
        pytest.skip("needs the views of pbc")
    crops = []
    for name in names:
        pixels = read(name).pixels
        top, left = (pixels.shape[0] - 256) // 2, (pixels.shape[1] - 256) // 2
        crops.append(network_input(pixels[top : top + 256, left : left + 256]))
    equal(java, model, np.stack(crops))


def test_other_scales_and_zero_points(java, model):
    """The rounding is that of XNNPACK for any network, not only for the shipped one's numbers."""
    random = np.random.default_rng(3)
    interpreter = runtime.find().load(model)
    activations = [t for t in interpreter.get_tensor_details() if t["shape"].size >= 2 and t["dtype"] == np.int8]
    scales = {np.float32(t["quantization"][0]).tobytes() for t in activations}
    scales = sorted(scales - {np.float32(0).tobytes(), np.float32(1).tobytes()})
    crops = drawn(random, 40)
    for _ in range(12):
        changed = model
        for scale in scales:
            other = (np.frombuffer(scale, np.float32) * np.float32(random.uniform(0.5, 2.0))).astype(np.float32)
            changed = changed.replace(scale, other.tobytes())
        assert changed != model
        equal(java, changed, crops)


def test_means_between_two_results(java, model):
    """A mean whose last bit decides to which side it is rounded."""
    interpreter = runtime.find().load(model)
    details = interpreter.get_tensor_details()
    result = max(interpreter.get_output_details(), key=lambda output: output["shape"][-1])
    entry = details[result["index"] - 1]  # the operators write one tensor after another
    assert entry["shape"][-1] == result["shape"][-1]
    pixels, read, written = entry["shape"][1] * entry["shape"][2], entry["quantization"][0], result["quantization"][0]
    crops = drawn(np.random.default_rng(5), 40)
    for total in (225, 443, 482, 546):
        for step in (20, 63, 128):
            between = np.float32(read * total / pixels / (step + 0.5))
            for last in (-9, -3, 0, 3, 9):
                scale = (between.view(np.int32) + np.int32(last)).view(np.float32)
                changed = model.replace(np.float32(written).tobytes(), scale.tobytes())
                assert changed != model
                equal(java, changed, crops)


def padded(model: bytes) -> bytes:
    """The same network with every margin that a depthwise convolution adds as an operator of its own before it."""
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated", reason="needs ai-edge-litert's own schema")
    import flatbuffers

    network = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = network.subgraphs[0]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.PAD
    network.operatorCodes.append(code)
    margins = schema.BufferT()
    margins.data = np.frombuffer(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], "<i4").tobytes(), np.uint8)
    network.buffers.append(margins)
    widths = schema.TensorT()
    widths.name, widths.shape, widths.type, widths.buffer = (
        b"margins",
        [4, 2],
        schema.TensorType.INT32,
        len(network.buffers) - 1,
    )
    graph.tensors.append(widths)
    margin = len(graph.tensors) - 1
    operators = []
    for operator in graph.operators:
        options = operator.builtinOptions
        if isinstance(options, schema.DepthwiseConv2DOptionsT) and options.strideW == options.strideH == 1:
            assert options.padding == schema.Padding.SAME
            options.padding = schema.Padding.VALID
            entry = graph.tensors[operator.inputs[0]]
            larger = schema.TensorT()
            larger.name, larger.type, larger.quantization = entry.name + b" padded", entry.type, entry.quantization
            larger.shape = [1, entry.shape[1] + 2, entry.shape[2] + 2, entry.shape[3]]
            graph.tensors.append(larger)
            pad = schema.OperatorT()
            pad.opcodeIndex, pad.inputs = len(network.operatorCodes) - 1, [operator.inputs[0], margin]
            pad.outputs = [len(graph.tensors) - 1]
            pad.builtinOptionsType, pad.builtinOptions = schema.BuiltinOptions.PadOptions, schema.PadOptionsT()
            operator.inputs = [pad.outputs[0], *operator.inputs[1:]]
            operators.append(pad)
        operators.append(operator)
    assert len(operators) > len(graph.operators)
    graph.operators = operators
    builder = flatbuffers.Builder(len(model))
    builder.Finish(network.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_margins_of_their_own(java, model):
    changed, crops = padded(model), drawn(np.random.default_rng(6), 20)
    equal(java, changed, crops)
    for own, other in zip(evaluated(java, changed, crops), evaluated(java, model, crops), strict=True):
        assert np.array_equal(own, other)


def test_it_is_quick(java, model):
    crops = drawn(np.random.default_rng(4), 50)
    network = np.frombuffer(model, np.uint8)
    seconds = [java("model.tflite", model=network, crops=crops)["seconds"] / len(crops) for _ in range(8)]
    assert min(seconds) < 0.02  # 1 to 2 ms on a desktop core; machines that run tests are busy


def test_damaged_files_are_refused(java, model):
    crops = drawn(np.random.default_rng(4), 1)
    for content in (b"", b"TFL3", b"\x00" * 64, model[:100], model[: len(model) // 2], model[:-1000], b"{}" * 50):
        with pytest.raises(JavaError, match="the bundle's network cannot be used") as caught:
            evaluated(java, content, crops)
        assert caught.value.kind == "BundleException$Damaged"


def test_mutated_files_are_evaluated_or_refused(java, model):
    """No crash, no hang, no runaway allocation: whatever is changed, an answer or its one exception comes at once."""
    random = np.random.default_rng(8)
    crops = drawn(random, 1)
    # What describes the network stands outside the weights: change that above all.
    structure = np.array([m.start() for m in re.finditer(rb"[\x01-\xff]\x00", model)])
    refused = 0
    for number in range(400):
        changed = bytearray(model)
        for place in random.choice(structure, random.integers(1, 6)) + random.integers(-2, 4):
            changed[place % len(changed)] = random.choice([0, 1, 2, 127, 128, 255, random.integers(256)])
        if number % 10 == 0:
            changed = changed[: random.integers(len(changed))]
        try:
            java("model.tflite", model=np.frombuffer(bytes(changed), np.uint8), crops=crops)
        except JavaError as error:
            assert error.kind in ("BundleException", "BundleException$Damaged"), error
            refused += 1
    assert refused > 40
