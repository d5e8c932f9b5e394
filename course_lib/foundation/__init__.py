"""Published models through their own libraries, transformers and segmentation-models-pytorch, and the hub.

Weights come from a folder that the library saved, from this machine's cache, or from the hub. Where there are none, one
sentence says so: no model here answers with random weights.
"""
