"""A network in a folder of its own: genotype, weights, `model.py`, ONNX, an exported program, what
it costs, and how it was made."""
