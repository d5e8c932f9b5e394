"""A data set is pairs of files

Pictures and masks lie in two folders, and have the same names. Sorting the names makes pairs and an order
that is the same everywhere; checks on the first day save a training on the last. Give one mask a wrong id, or
a row too few, and read what is said.
"""

CLASSES = 3
# two folders of files
pictures = {"b.jpg": [[9, 9], [1, 1]], "a.jpg": [[1, 9], [1, 9]]}
masks = {"a.png": [[0, 1], [0, 1]], "b.png": [[1, 1], [2, 0]]}


class Pairs:
    def __init__(self, pictures, masks):
        self.pictures, self.masks = pictures, masks
        self.names = sorted(name.removesuffix(".jpg") for name in pictures)

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        name = self.names[index]
        picture = self.pictures[f"{name}.jpg"]
        mask = self.masks[f"{name}.png"]
        if [len(row) for row in picture] != [len(row) for row in mask]:
            raise ValueError(f"{name}: picture and mask differ in size")
        odd = {label for row in mask for label in row} - set(range(CLASSES))
        if odd:
            raise ValueError(
                f"{name}: {odd} is not a class from 0 to {CLASSES - 1}"
            )
        return picture, mask


pairs = Pairs(pictures, masks)
print(len(pairs), "pairs:", *pairs.names)
for picture, mask in pairs:
    print(picture, mask)
