"""The command that asks published models: SegFormer, Mask2Former, SAM 1 to 3, and what smp saved."""

from __future__ import annotations

import argparse
import sys

from course_lib.cli.command import Command, argument, command, flag, folder

_MODELS = ("segformer", "mask2former", "sam", "sam2", "sam3", "smp")


@command(
    "segment",
    folder("photo", "PHOTO", "a picture"),
    argument("--model", choices=_MODELS, required=True, help="the published model"),
    argument("--weights", default="", metavar="FOLDER", help="a folder with its weights, or a name on the hub"),
    argument("--point", nargs=2, type=float, action="append", default=[], metavar=("X", "Y"),
             help="what lies here, for sam and sam2; may be given several times"),
    argument("--box", nargs=4, type=float, default=[], metavar=("X0", "Y0", "X1", "Y1"),
             help="what lies in here, for sam and sam2"),
    argument("--text", default="", metavar="PHRASE", help='all of these, such as "a cat", for sam3'),
    folder("--out", "MASK.png", "the ids of the segments, as large as the photo", required=True),
    folder("--overlay", "PICTURE.png", "the mask laid over the photo, to look at"),
    flag("--force", "overwrite files that `course` did not make"),
)  # fmt: skip
def segment(options: argparse.Namespace) -> int:
    """Segment a photo with a published model, from a folder of weights or the hub."""
    from course_lib.foundation.segmenters import Prompt, segment
    from course_lib.masks import overlay
    from course_lib.training.inference import read_photo
    from course_lib.training.prediction_files import check_outputs, photo_remarks, write_mask, write_picture

    check_outputs(options.photo, options.out, options.overlay, options.force)
    image = read_photo(options.photo)
    prompt = Prompt(options.point, options.box, options.text)
    found = segment(options.model, image, prompt, options.weights)
    write_mask(options.out, found.ids)
    if options.overlay:
        write_picture(options.overlay, overlay(image, found.ids, background=0))
    for remark in photo_remarks(options.photo):
        print(f"note: {options.photo}: {remark}", file=sys.stderr)
    names = ", ".join(f"{number} {name}" for number, name in sorted(found.names.items()))
    print(f"{options.out} holds {found.ids.shape[1]}x{found.ids.shape[0]} ids: {names}.")
    return 0


COMMANDS: tuple[Command, ...] = (segment,)
