"""Your turn: pixel accuracy

Pixel accuracy is the share of pixels whose predicted class is the true one. Fill in the comparison and the
division.
"""

prediction = [
    [0, 1, 1],
    [2, 1, 0],
    [0, 0, 2],
]
truth = [
    [0, 1, 2],
    [2, 1, 0],
    [0, 1, 2],
]

correct = 0
total = 0
for predicted_row, true_row in zip(prediction, truth):
    for predicted, true in zip(predicted_row, true_row):
        total += 1
        if predicted == true:
            # blank: ==
            # wrong: != | You counted the pixels that are wrong.
            correct += 1

accuracy = correct / total
# blank: correct / total
# wrong: total / correct | You divided the other way round: a share is never greater than 1.
# wrong: correct / len(truth) | len(truth) is the number of rows, not of pixels.
print(f"{correct} of {total} pixels are right")
print(f"accuracy {accuracy:.3f}")
