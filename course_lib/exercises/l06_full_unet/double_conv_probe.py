"""How the answers to double_conv.py are put to the test."""

import torch

from course_lib.exercises.l06_full_unet.shared import (
    attempt,
    bends_inside,
    built,
    count_idle,
    count_weights,
    is_normalised,
    is_vector,
    least,
)


def _minds_the_others(network, batch):
    """Return whether the output for the first image depends on the rest of the batch."""
    with torch.no_grad():
        return not torch.allclose(network(batch)[:1], network(batch[:1]), rtol=1e-3, atol=1e-4)


def observe_double_conv(answer, in_channels, out_channels):
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        block = built(answer, in_channels, out_channels).eval()
        images, others = 10 * torch.randn(2, 3, in_channels, 6, 4)  # strong enough to outdo the biases
        in_eval, went = attempt(block, images)
        facts = {f"forward on {tuple(images.shape)}": went}
        if in_eval is None:
            return facts if went else None
        facts |= {
            f"the shape for {tuple(images.shape)}": tuple(in_eval.shape),
            "the number of weights in its kernels": count_weights(block),
            "the least value that comes out in eval": least(in_eval),
            "there is a ReLU between the convolutions": bends_inside(block, (images,), (others,)),
            "other images of the batch matter in eval": _minds_the_others(block, images),
        }
        in_training = block.train()(images)
        return facts | {
            "the least value that comes out in training": least(in_training),
            "other images of the batch matter in training": _minds_the_others(block, images),
            "parameters that no gradient reaches": count_idle(block, in_training),
            "scales and shifts of batch norm that learn": _count_scales_and_shifts(block),
            "batch norm right after each convolution (doubled kernels change nothing in training)": is_normalised(
                block, images
            ),
        }


def _count_scales_and_shifts(block):
    """Count the vectors with a gradient in training: batch norm takes away what a bias before it adds."""
    gradients = [p.grad.abs().max() for p in block.parameters() if is_vector(p) and p.grad is not None]
    return sum(bool(gradient > 1e-4 * max(gradients)) for gradient in gradients)
