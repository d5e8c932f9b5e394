"""The exercises of lesson 03: IoU and Dice by hand."""
