"""What several tests of explorers need."""

import numpy as np
import pytest
from PIL import Image

from course_lib.training.config import TrainConfig
from course_lib.training.report import overlay_name
from course_lib.training.runs import Run


@pytest.fixture
def run_folder(tmp_path):
    """Return the folder of a run of three epochs, the second of which is the best."""
    run = Run.create(tmp_path / "trained", TrainConfig(epochs=3))
    for epoch, (loss, score) in enumerate(((1.0, 0.3), (0.8, 0.5), (0.7, 0.4)), start=1):
        ious = {f"val_iou_{name}": score for name in ("pet", "background", "border")}
        run.history.append(
            {"epoch": epoch, "train_loss": loss, "val_mIoU": score, **ious, "lr": 0.1, "seconds": 1.0}
        )
        path = run.folder / "overlays" / overlay_name(epoch, 1)
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((4, 20, 3), 50 * epoch, np.uint8)).save(path)
    run.write_log()
    return run.folder
