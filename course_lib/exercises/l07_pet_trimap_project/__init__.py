"""The exercises of lesson 07: the parts of a training, from the overlay to the failure-modes checklist."""
