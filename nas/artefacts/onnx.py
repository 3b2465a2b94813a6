"""A network as ONNX, for runtimes other than torch."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from nas.artefacts.program import quiet

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

MOST = 2_000_000_000  # bytes in one file, which is one message of Protocol Buffers
INPUT, OUTPUT, BATCH = "images", "logits", "batch"


def translated(program: ExportedProgram) -> bytes:
    """The content of a .onnx file: `images` (batch, channels, height, width) in, `logits` out.

    Raises ValueError for a network whose weights don't fit into one file.
    """
    import torch

    size = sum(tensor.numel() * tensor.element_size() for tensor in program.state_dict.values())
    if size > MOST:
        raise ValueError(f"its {size / 1e9:.1f} GB of weights are more than the 2 GB of one file")
    with quiet(), contextlib.redirect_stdout(io.StringIO()):
        made = torch.onnx.export(
            program, input_names=[INPUT], output_names=[OUTPUT], dynamo=True, verbose=False
        )
    assert made is not None
    model = made.model_proto
    graph = model.graph
    for value in (*graph.input, *graph.output, *graph.value_info):
        for side in value.type.tensor_type.shape.dim:
            if side.dim_param:  # the only one there is
                side.dim_param = BATCH
    content: bytes = model.SerializeToString()
    return content


class Session:
    """A .onnx file's content, to be called as the network is."""

    def __init__(self, content: bytes) -> None:
        import onnxruntime
        import torch

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors
        self.session: Any = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> the logits, computed by onnxruntime."""
        import torch

        (logits,) = self.session.run([OUTPUT], {INPUT: images.numpy()})
        return torch.from_numpy(logits)
