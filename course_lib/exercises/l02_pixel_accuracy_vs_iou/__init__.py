"""The exercises of lesson 02: pixel accuracy, the trap in it, and a first look at IoU."""
