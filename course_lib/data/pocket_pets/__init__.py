"""Pocket pets: cats and dogs drawn by code from a seed, for a course that works offline.

They come in the folder layout of the Oxford-IIIT Pet data set, trimaps included, and are meant to be hard: half of
what surrounds a pet has the colours of its coat, fur and patterns occur on both, and the pet may be anywhere, at any
scale, cut off by the frame. How a picture is made, one module per step:

    body, head    a pose in space, seen by a camera and flattened to the pieces of a silhouette (shapes)
    relief        the pieces as pixels: light, shade, the direction of the hair, which part is where
    coat          the breed's pattern on that relief
    layer         fur, fringe, face and whiskers: a pet without a background
    scenery       a background in the home's colours and the pet's
    draw          the pet placed on the scene, the photo developed, the trimap
    write         a folder of them
    scene         several pets that overlap in a room, with instances and stuff; drawn on the fly
"""

from course_lib.data.pocket_pets.coat import BREEDS, Breed
from course_lib.data.pocket_pets.draw import PocketPet, draw_pet, place
from course_lib.data.pocket_pets.layer import PetLayer, draw_layer
from course_lib.data.pocket_pets.write import write_pocket_pets

__all__ = ["BREEDS", "Breed", "PetLayer", "PocketPet", "draw_layer", "draw_pet", "place", "write_pocket_pets"]
