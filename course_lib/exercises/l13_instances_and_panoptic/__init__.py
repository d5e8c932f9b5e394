"""The exercises of lesson 13: instances, panoptic maps, RoI Align, the mask head and its loss, AP and PQ."""
