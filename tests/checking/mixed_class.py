"""Wrong answers as a mixed class would write them, with one mistake (`SINGLE`) or two (`DOUBLE`).

They were written from the notebooks' statements, before the exercises' own lists of misconceptions were read. A
docstring says what is wrong.
"""

# ruff: noqa: B905  (learners do not write `strict=`)

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from wrong_answers import WrongAnswers

from course_lib.exercises import find_exercise

CLASS = WrongAnswers()
one, two = CLASS.one, CLASS.two
SINGLE, DOUBLE = CLASS.single, CLASS.double

argmax = find_exercise("argmax").reference
regions = find_exercise("regions").reference
iou = find_exercise("iou").reference
confusion_matrix = find_exercise("confusion-matrix").reference
iou_from_matrix = find_exercise("iou-from-matrix").reference
pixel_accuracy = find_exercise("pixel-accuracy").reference
IGNORE_INDEX = 255


# --- Lesson 01 ---------------------------------------------------------------------------------------------


@one("argmax")
def starts_with_score_0(scores):
    """Negative scores never beat the 0 it starts with."""
    best, highest = 0, 0
    for index, score in enumerate(scores):
        if score > highest:
            best, highest = index, score
    return best


@one("argmax")
def last_of_ties(scores):
    """The last of several highest wins."""
    best = 0
    for index in range(1, len(scores)):
        if scores[index] >= scores[best]:
            best = index
    return best


@one("argmax")
def returns_too_early(scores):
    """It returns inside the loop."""
    best = 0
    for index in range(len(scores)):
        if scores[index] > scores[best]:
            best = index
        return best


@one("argmax")
def forgets_the_last(scores):
    """The last score is not looked at."""
    best = 0
    for index in range(len(scores) - 1):
        if scores[index] > scores[best]:
            best = index
    return best


@one("argmax")
def sorts_the_argument(scores):
    """It sorts the learner's own list before it looks the highest up."""
    scores.sort()
    return scores.index(max(scores))


@one("argmax")
def compares_with_the_first(scores):
    """Each score is compared with the first one, not with the best so far."""
    best = 0
    for index in range(1, len(scores)):
        if scores[index] > scores[0]:
            best = index
    return best


@two("argmax")
def last_of_ties_and_a_score(scores):
    """It returns the score, and looks at all but the last."""
    best = scores[0]
    for index in range(len(scores) - 1):
        if scores[index] > best:
            best = scores[index]
    return best


@two("argmax")
def lowest_without_the_last(scores):
    """The lowest score is searched, and the last one is forgotten."""
    best = 0
    for index in range(len(scores) - 1):
        if scores[index] < scores[best]:
            best = index
    return best


@one("argmax-grid")
def one_long_row(scores):
    """The row list is made once, so it grows."""
    class_map = []
    new_row = []
    for row in scores:
        for pixel in row:
            new_row.append(argmax(pixel))
        class_map.append(new_row)
    return class_map


@one("argmax-grid")
def first_row_returned(scores):
    """It returns inside the outer loop."""
    class_map = []
    for row in scores:
        class_map.append([argmax(pixel) for pixel in row])
        return class_map


@one("argmax-grid")
def flat(scores):
    """All ids in one list."""
    class_map = []
    for row in scores:
        for pixel in row:
            class_map.append(argmax(pixel))
    return class_map


@one("argmax-chw")
def over_the_width(scores):
    """The maximum over the last axis."""
    return scores.argmax(axis=2)


@one("argmax-chw")
def highest_scores(scores):
    """The highest scores, not where they are."""
    return scores.max(axis=0)


@one("hidden-axes")
def a_square_hides_everything(shape):
    """Takes H = W for the condition."""
    hidden = []
    if shape[2] == shape[3]:
        hidden = [2, 3]
    return hidden


@one("hidden-axes")
def as_long_as_the_classes(shape):
    """Compares the length of the axis with C, and not what is left."""
    hidden = []
    for axis in (0, 2, 3):
        if shape[axis] == shape[1]:
            hidden.append(axis)
    return hidden


@two("hidden-axes")
def only_the_image_and_as_long(shape):
    """Compares lengths, and forgets axis 0."""
    return [axis for axis in [2, 3] if shape[axis] == shape[1]]


@one("shaky-pixels")
def one_side_of_the_noise(scores, noise):
    """Only one of the two scores moves."""
    best = scores.max(axis=0)
    second = np.sort(scores, axis=0)[-2]
    return best - second < noise


@one("shaky-pixels")
def unsure_where_low(scores, noise):
    """Takes a low highest score for doubt."""
    return np.max(scores, axis=0) < noise * 2


@two("shaky-pixels")
def lowest_and_one_side(scores, noise):
    """The difference to the lowest score, and only one of the two moves."""
    return scores.max(axis=0) - scores.min(axis=0) < noise


# --- Lesson 02 ---------------------------------------------------------------------------------------------


@one("pixel-accuracy")
def rounded_down(prediction, truth):
    """Integer division."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            total += 1
            if predicted == true:
                correct += 1
    return correct // total


@one("pixel-accuracy")
def counts_only_right_ones(prediction, truth):
    """The total is counted inside the if."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if predicted == true:
                correct += 1
                total += 1
    return correct / total


@one("pixel-accuracy")
def a_square_is_assumed(prediction, truth):
    """The number of pixels is taken as the height squared."""
    correct = 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if predicted == true:
                correct += 1
    return correct / (len(truth) * len(truth))


@one("pixel-accuracy")
def first_row_only(prediction, truth):
    """It returns after the first row."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            total += 1
            if predicted == true:
                correct += 1
        return correct / total


@one("pixel-accuracy")
def in_percent(prediction, truth):
    """From 0 to 100."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            total += 1
            correct += predicted == true
    return 100 * correct / total


@one("pixel-accuracy-ignoring")
def ignores_the_prediction(prediction, truth, ignore_index=255):
    """The prediction is compared with the ignored id, not the truth."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if predicted == ignore_index:
                continue
            total += 1
            if predicted == true:
                correct += 1
    return correct / total if total else float("nan")


@one("pixel-accuracy-ignoring")
def always_255(prediction, truth, ignore_index=255):
    """The argument is not used."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if true == 255:
                continue
            total += 1
            if predicted == true:
                correct += 1
    return correct / total if total else float("nan")


@one("pixel-accuracy-ignoring")
def stops_at_the_first_void(prediction, truth, ignore_index=255):
    """`break` where `continue` is meant."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if true == ignore_index:
                break
            total += 1
            if predicted == true:
                correct += 1
    return correct / total if total else float("nan")


@two("pixel-accuracy-ignoring")
def void_counts_and_nothing_is_0(prediction, truth, ignore_index=255):
    """Ignored pixels count below the line, and without a label it is 0."""
    correct, total, labelled = 0, 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            total += 1
            if true != ignore_index:
                labelled += 1
                if predicted == true:
                    correct += 1
    if labelled == 0:
        return 0.0
    return correct / total


@two("pixel-accuracy-ignoring")
def rounded_down_without_nan(prediction, truth, ignore_index=255):
    """Integer division, and 0 where nothing is labelled."""
    correct, total = 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if true == ignore_index:
                continue
            total += 1
            if predicted == true:
                correct += 1
    if total == 0:
        return 0.0
    return correct // total


@one("all-background-scores")
def writes_into_the_truth(truth):
    """`prediction = truth` is no copy."""
    prediction = truth
    for row in range(len(truth)):
        for column in range(len(truth[0])):
            prediction[row][column] = 0
    share = pixel_accuracy(prediction, truth)
    pet_iou = 0.0 if any(1 in row for row in truth) else float("nan")
    return {"accuracy": share, "pet IoU": pet_iou, "mIoU": float(np.nanmean([share, pet_iou]))}


@one("all-background-scores")
def mean_with_nan(truth):
    """The mean is nan where the pet IoU is."""
    pixels = [true for row in truth for true in row]
    share = pixels.count(0) / len(pixels)
    pet_iou = 0.0 if 1 in pixels else float("nan")
    return {"accuracy": share, "pet IoU": pet_iou, "mIoU": (share + pet_iou) / 2}


@two("all-background-scores")
def constant_and_nan(truth):
    """The pet IoU is 0 whatever the truth holds, and the mean is the background's IoU."""
    share = float(np.mean(np.array(truth) == 0))
    return {"accuracy": share, "pet IoU": 0.0, "mIoU": share}


@one("class-accuracy")
def over_the_predicted(prediction, truth, num_classes):
    """Precision; nan where the truth lacks the class."""
    scores = []
    for class_id in range(num_classes):
        if not (truth == class_id).any():
            scores.append(float("nan"))
            continue
        predicted = prediction == class_id
        scores.append(float((truth[predicted] == class_id).mean()) if predicted.any() else 0.0)
    return scores


@one("class-accuracy")
def class_1_to_n(prediction, truth, num_classes):
    """The classes are counted from 1."""
    scores = []
    for class_id in range(1, num_classes + 1):
        is_class = truth == class_id
        scores.append((prediction[is_class] == class_id).mean() if is_class.any() else float("nan"))
    return scores


@one("class-accuracy")
def counters_go_on(prediction, truth, num_classes):
    """The counters are not set back for each class."""
    scores = []
    found, total = 0, 0
    for class_id in range(num_classes):
        found += ((prediction == class_id) & (truth == class_id)).sum()
        total += (truth == class_id).sum()
        scores.append(found / total if (truth == class_id).any() else float("nan"))
    return scores


@two("class-accuracy")
def iou_and_0(prediction, truth, num_classes):
    """IoU, and 0 for a class that the truth does not have."""
    scores = []
    for class_id in range(num_classes):
        p, t = prediction == class_id, truth == class_id
        scores.append(float((p & t).sum() / (p | t).sum()) if t.any() else 0.0)
    return scores


# --- Lesson 03 ---------------------------------------------------------------------------------------------


@one("regions")
def counts_the_union(prediction, truth):
    """`or` where `and` is meant."""
    both, only_prediction, only_truth, neither = 0, 0, 0, 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if predicted == 1 or true == 1:
                both += 1
            elif predicted == 1:
                only_prediction += 1
            elif true == 1:
                only_truth += 1
            else:
                neither += 1
    return both, only_prediction, only_truth, neither


@one("regions")
def areas_instead(prediction, truth):
    """The whole areas instead of what only one mask has."""
    both = only_prediction = only_truth = neither = 0
    for predicted_row, true_row in zip(prediction, truth):
        for predicted, true in zip(predicted_row, true_row):
            if predicted and true:
                both += 1
            if predicted:
                only_prediction += 1
            if true:
                only_truth += 1
            if not predicted and not true:
                neither += 1
    return both, only_prediction, only_truth, neither


@one("regions")
def square_only(prediction, truth):
    """The columns are counted by the number of rows."""
    both = only_prediction = only_truth = neither = 0
    for i in range(len(prediction)):
        for j in range(len(prediction)):
            if prediction[i][j] == 1 and truth[i][j] == 1:
                both += 1
            elif prediction[i][j] == 1:
                only_prediction += 1
            elif truth[i][j] == 1:
                only_truth += 1
            else:
                neither += 1
    return both, only_prediction, only_truth, neither


@one("iou")
def whole_quotient(prediction, truth):
    """Integer division."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    union = both + only_prediction + only_truth
    if union == 0:
        return float("nan")
    return both // union


@one("iou")
def brackets_forgotten(prediction, truth):
    """Brackets are missing below the line."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    if both + only_prediction + only_truth == 0:
        return float("nan")
    return both / both + only_prediction + only_truth


@one("iou")
def only_truth_taken_twice(prediction, truth):
    """A wrong variable."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    union = both + only_truth + only_truth
    if both + only_prediction + only_truth == 0:
        return float("nan")
    return both / union if union else 0.0


@one("iou")
def recall_with_nan(prediction, truth):
    """Recall, but nan only where both masks are empty."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    if both + only_prediction + only_truth == 0:
        return float("nan")
    if both + only_truth == 0:
        return 0.0
    return both / (both + only_truth)


@two("iou")
def precision_and_0(prediction, truth):
    """Precision, and 0 where the prediction is empty."""
    both, only_prediction, _, _ = regions(prediction, truth)
    return both / (both + only_prediction) if both + only_prediction else 0.0


@two("iou")
def dice_and_empty_is_1(prediction, truth):
    """Dice, and 1 for two empty masks."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    if both + only_prediction + only_truth == 0:
        return 1.0
    return 2 * both / (2 * both + only_prediction + only_truth)


@one("dice")
def dice_without_brackets(prediction, truth):
    """Brackets are missing below the line."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    p_area, t_area = both + only_prediction, both + only_truth
    if p_area + t_area == 0:
        return float("nan")
    return 2 * both / p_area + t_area


@one("dice")
def dice_without_the_2(prediction, truth):
    """The 2 is forgotten."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    p_area, t_area = both + only_prediction, both + only_truth
    if p_area + t_area == 0:
        return float("nan")
    return both / (p_area + t_area)


@two("dice")
def no_brackets_and_0(prediction, truth):
    """Brackets are missing, and two empty masks give 0."""
    both, only_prediction, only_truth, _ = regions(prediction, truth)
    p_area, t_area = both + only_prediction, both + only_truth
    if p_area + t_area == 0:
        return 0.0
    return 2 * both / p_area + t_area


@one("dice-from-iou")
def brackets_around_1_forgotten(iou_score):
    """2 * iou / 1 + iou."""
    return 2 * iou_score / 1 + iou_score


@one("dice-from-iou")
def the_other_way(iou_score):
    """IoU from Dice."""
    return iou_score / (2 - iou_score)


@one("mean-iou")
def nan_is_0(prediction, truth, num_classes):
    """nan counts as 0."""
    scores = iou_from_matrix(confusion_matrix(prediction, truth, num_classes))
    total = 0
    for score in scores:
        if score == score:
            total += score
    return total / num_classes


@one("mean-iou")
def mean_without_background(prediction, truth, num_classes):
    """The background is left out."""
    scores = [s for s in iou_from_matrix(confusion_matrix(prediction, truth, num_classes))[1:] if s == s]
    return sum(scores) / len(scores) if scores else float("nan")


@one("gains-by-missing")
def nothing_gained(num_classes):
    """The second prediction misses a class, and the first is perfect."""
    truth = np.arange(num_classes).repeat(3).reshape(num_classes, 3)
    second = truth.copy()
    second[2] = 0
    return truth, truth.copy(), second


@one("gains-by-missing")
def lost_in_the_truth(num_classes):
    """The class is missing in the truth as well, so nothing is missed."""
    truth = [[c] * 3 for c in range(num_classes - 1)] + [[0] * 3]
    first = [[c, c, 0] for c in range(num_classes)]
    return truth, first, truth


@two("gains-by-missing")
def of_21_and_swapped(num_classes):
    """Always 21 classes, and the predictions in the wrong order."""
    truth = np.arange(21).repeat(4).reshape(21, 4)
    first, second = truth.copy(), truth.copy()
    first[:, 0] = 0
    second[5] = 0
    return truth, second, first


@one("mean-iou")
def or_without_comparison(prediction, truth, num_classes):
    """`predicted or true == class_id`."""
    scores = []
    for class_id in range(num_classes):
        both, either = 0, 0
        for predicted, true in zip(prediction.ravel(), truth.ravel()):
            if predicted == class_id and true == class_id:
                both += 1
            if predicted or true == class_id:
                either += 1
        if either > 0:
            scores.append(both / either)
    return sum(scores) / len(scores)


@one("confusion-matrix")
def rows_are_predictions(prediction, truth, num_classes):
    """Row and column are swapped."""
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    for p, t in zip(prediction.ravel(), truth.ravel()):
        if t != 255:
            matrix[p, t] += 1
    return matrix


@one("confusion-matrix")
def repeated_pairs_count_once(prediction, truth, num_classes):
    """`matrix[t, p] += 1` with arrays counts each pair once."""
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    keep = truth != 255
    matrix[truth[keep], prediction[keep]] += 1
    return matrix


@two("confusion-matrix")
def swapped_and_last_row_lost(prediction, truth, num_classes):
    """Row and column are swapped, and the last row of the image is left out."""
    matrix = np.zeros((num_classes, num_classes), dtype=np.int64)
    height, width = truth.shape
    for y in range(height - 1):
        for x in range(width):
            if truth[y, x] != 255:
                matrix[prediction[y, x], truth[y, x]] += 1
    return matrix


@one("pooled-iou")
def mean_of_images(pairs, num_classes):
    """The mean of the images' IoUs."""
    each = []
    for prediction, truth in pairs:
        each.append(iou_from_matrix(confusion_matrix(prediction, truth, num_classes)))
    return np.nanmean(np.array(each, float), axis=0)


@one("pooled-iou")
def made_anew_for_each_image(pairs, num_classes):
    """The total is made anew inside the loop."""
    for prediction, truth in pairs:
        total = np.zeros((num_classes, num_classes), dtype=np.int64)
        total += confusion_matrix(prediction, truth, num_classes)
    return iou_from_matrix(total)


# --- Lesson 04 ---------------------------------------------------------------------------------------------


@one("softmax")
def unguarded(logits):
    """exp of 1000 overflows."""
    exponentials = [math.exp(z) for z in logits]
    return [e / sum(exponentials) for e in exponentials]


@one("softmax")
def divided_by_the_number(logits):
    """Divided by the number of classes."""
    highest = max(logits)
    exponentials = [math.exp(z - highest) for z in logits]
    return [e / len(exponentials) for e in exponentials]


@one("pixel-loss")
def without_minus(logits, target):
    """The sign is wrong."""
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    return logits[target] - highest - math.log(total)


@one("pixel-loss")
def base_2(logits, target):
    """The logarithm to base 2."""
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    return (highest - logits[target]) / math.log(2) + math.log2(total)


@two("pixel-loss")
def highest_forgotten_and_sign(logits, target):
    """The highest is not added again, and the sign is wrong."""
    highest = max(logits)
    total = sum(math.exp(z - highest) for z in logits)
    return logits[target] - math.log(total)


@one("loss-map")
def softmax_over_rows(logits, targets):
    """The softmax runs over axis 1."""
    log_p = logits.log_softmax(dim=1)
    return -log_p.gather(dim=0, index=targets.unsqueeze(0)).squeeze(0)


@one("loss-map")
def softmax_before_the_loss(logits, targets):
    """The softmax is applied twice."""
    p = logits.softmax(dim=0)
    return F.cross_entropy(p.unsqueeze(0), targets.unsqueeze(0), reduction="none").squeeze(0)


@two("loss-map")
def plus_and_wrong_axis(logits, targets):
    """The minus is forgotten, and the softmax runs over the rows."""
    log_p = logits.log_softmax(dim=1)
    return log_p.gather(dim=0, index=targets.unsqueeze(0)).squeeze(0)


@one("mean-loss")
def over_all_pixels(logits, targets, ignore_index=255):
    """The sum is divided by all pixels."""
    losses = F.cross_entropy(logits, targets, ignore_index=ignore_index, reduction="none")
    return losses.mean()


@one("mean-loss")
def writes_zeros_into_the_targets(logits, targets, ignore_index=255):
    """The targets are overwritten."""
    counted = targets != ignore_index
    targets[~counted] = 0
    return F.cross_entropy(logits, targets, reduction="none")[counted].mean()


@one("read-logits")
def confidence_over_the_batch(logits, targets):
    """The softmax of the confidence runs over axis 0."""
    loss = F.cross_entropy(logits, targets)
    prediction = logits.argmax(dim=1)
    confidence = logits.softmax(dim=0).amax(dim=1)
    return {"loss": loss, "prediction": prediction, "confidence": confidence}


@two("read-logits")
def probabilities_and_raw_confidence(logits, targets):
    """The loss gets probabilities, and the confidence is the highest logit."""
    p = logits.softmax(dim=1)
    loss = F.cross_entropy(p, targets)
    return {"loss": loss, "prediction": logits.argmax(dim=1), "confidence": logits.amax(dim=1)}


@one("trimap-to-targets")
def writes_into_the_trimap(trimap):
    """The trimap itself is changed."""
    trimap -= 1
    return trimap.astype(np.int64)


@two("trimap-to-targets")
def uint8_and_changed(trimap):
    """The trimap is changed, and the dtype stays uint8."""
    trimap -= 1
    return trimap


@one("prepare")
def squeezes_everything(logits, targets, num_classes):
    """A bare squeeze."""
    if logits.shape[1] != num_classes:
        logits = logits.permute(0, 3, 1, 2)
    return logits, targets.squeeze().long()


# --- Lessons 05, 08 and 13 ---------------------------------------------------------------------------------


@one("encoder-step")
def pools_before_relu_is_kept(images, weight, bias):
    """The detail has no ReLU."""
    detail = F.conv2d(images, weight, bias, padding=1)
    pooled = F.max_pool2d(torch.relu(detail), kernel_size=2)
    return detail, pooled


@two("encoder-step")
def no_bias_and_average(images, weight, bias):
    """The bias is not used, and the pooling averages."""
    detail = torch.relu(F.conv2d(images, weight, padding=1))
    return detail, F.avg_pool2d(detail, 2)


@one("follow-sizes")
def from_the_first_size(size, layers):
    """Each layer is applied to the first size."""
    sizes = []
    for kernel, stride, padding in layers:
        sizes.append((size + 2 * padding - kernel) // stride + 1)
    return sizes


@one("follow-sizes")
def padding_once(size, layers):
    """The padding is counted on one side."""
    sizes = []
    for kernel, stride, padding in layers:
        size = (size + padding - kernel) // stride + 1
        sizes.append(size)
    return sizes


@two("follow-sizes")
def exact_quotient_without_1(size, layers):
    """The quotient is not rounded down, and the 1 is forgotten."""
    sizes = []
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel) / stride
        sizes.append(size)
    return sizes


@one("join")
def joined_along_the_batch(features, skip, how):
    """torch.cat without a dim joins along axis 0."""
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    features = F.pad(features, (0, columns, 0, rows))
    if how == "add":
        return features + skip
    return torch.cat([features, skip])


@two("join")
def skip_first_and_zeros_first(features, skip, how):
    """The skip comes first, and zeros are put at the top and the left."""
    rows, columns = skip.shape[2] - features.shape[2], skip.shape[3] - features.shape[3]
    features = F.pad(features, (columns, 0, rows, 0))
    if how == "add":
        return features + skip
    return torch.cat([skip, features], dim=1)


@one("predict")
def over_the_rows(model, images):
    """The wrong axis."""
    model.eval()
    with torch.no_grad():
        logits = model(images)
    return logits.argmax(dim=2)


@two("predict")
def trains_and_records(model, images):
    """The model stays in training mode, and gradients are recorded."""
    return model(images).argmax(dim=1)


@one("train-step")
def no_zero_grad(model, optimizer, images, targets):
    """Gradients add up."""
    model.train()
    loss = F.cross_entropy(model(images), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


@two("train-step")
def no_mode_and_a_tensor(model, optimizer, images, targets):
    """The mode is not set, and the loss is returned as a tensor."""
    loss = F.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@one("tiny-unet")
class WithoutTheFirstReLU(nn.Module):
    """The detail has no ReLU."""

    def __init__(self, in_channels=3, num_classes=3):
        super().__init__()
        self.encoder = nn.Conv2d(in_channels, 16, 3, padding=1)
        self.bottleneck = nn.Conv2d(16, 32, 3, padding=1)
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.decoder = nn.Conv2d(32, 16, 3, padding=1)
        self.head = nn.Conv2d(16, num_classes, 1)

    def forward(self, images):
        detail = self.encoder(images)
        context = torch.relu(self.bottleneck(F.max_pool2d(detail, 2)))
        features = torch.cat([self.up(context), detail], dim=1)
        return self.head(torch.relu(self.decoder(features)))


@one("class-weights")
def all_columns(counts, how):
    """Absent classes count in the number of classes."""
    pixels = counts.sum(axis=0)
    occurs = pixels > 0
    weights = np.zeros(len(pixels))
    if how == "inverse":
        weights[occurs] = pixels.sum() / (len(pixels) * pixels[occurs])
    else:
        seen = ((counts > 0) * counts.sum(axis=1, keepdims=True)).sum(axis=0)
        frequency = pixels[occurs] / seen[occurs]
        weights[occurs] = np.median(frequency) / frequency
    return weights


@two("class-weights")
def all_columns_and_all_images(counts, how):
    """Absent classes count, and a frequency is over the pixels of all images."""
    pixels = counts.sum(axis=0)
    occurs = pixels > 0
    weights = np.zeros(len(pixels))
    if how == "inverse":
        weights[occurs] = pixels.sum() / (len(pixels) * pixels[occurs])
    else:
        frequency = pixels[occurs] / counts.sum()
        weights[occurs] = np.median(frequency) / frequency
    return weights


@one("dice-loss")
def classes_absent_count(logits, targets, smooth=1.0):
    """Classes that do not occur count as well."""
    p = logits.softmax(dim=1)
    losses = []
    for class_id in range(logits.shape[1]):
        true = (targets == class_id).float()
        overlap = (p[:, class_id] * true).sum()
        losses.append(1 - (2 * overlap + smooth) / (p[:, class_id].sum() + true.sum() + smooth))
    return torch.stack(losses).mean()


@two("dice-loss")
def no_2_and_no_smooth(logits, targets, smooth=1.0):
    """The 2 and the smooth above the line are forgotten."""
    p = logits.softmax(dim=1)
    losses = []
    for class_id in range(logits.shape[1]):
        true = (targets == class_id).float()
        if true.any():
            overlap = (p[:, class_id] * true).sum()
            losses.append(1 - overlap / (p[:, class_id].sum() + true.sum() + smooth))
    return torch.stack(losses).mean()


@one("draw-chances")
def share_for_each(targets, class_id, share):
    """The share is not divided among the images."""
    holds = (targets == class_id).any(axis=(1, 2))
    if holds.all() or not holds.any():
        return np.full(len(targets), 1 / len(targets))
    return np.where(holds, share, 1 - share)


@one("average-precision")
def inclusive_end_missing(hits, objects):
    """Only 100 recalls are looked at."""
    if objects == 0:
        return math.nan
    found, points = 0, []
    for count, hit in enumerate(hits, start=1):
        found += hit
        points.append((found / objects, found / count))
    total = 0.0
    for step in range(100):
        total += max([p for r, p in points if r >= step / 100], default=0)
    return total / 101


@one("average-precision")
def no_running_sum(hits, objects):
    """The sum of the hits is forgotten."""
    if objects == 0:
        return math.nan
    points = []
    for count, hit in enumerate(hits, start=1):
        points.append((hit / objects, hit / count))
    total = 0.0
    for step in range(101):
        total += max([p for r, p in points if r >= step / 100], default=0)
    return total / 101


@two("average-precision")
def zero_objects_and_strict(hits, objects):
    """0 without objects, and a recall that is just reached does not count."""
    if objects == 0:
        return 0.0
    found, points = 0, []
    for count, hit in enumerate(hits, start=1):
        found += hit
        points.append((found / objects, found / count))
    return sum(max([p for r, p in points if r > step / 100], default=0) for step in range(101)) / 101


@one("match-detections")
def above_the_threshold(ious, threshold):
    """An IoU that equals the threshold does not count."""
    hits, taken = [], set()
    for row in ious:
        free = [n for n in range(len(row)) if n not in taken]
        best = max(free, key=lambda n: row[n], default=None)
        hit = best is not None and row[best] > threshold
        if hit:
            taken.add(best)
        hits.append(hit)
    return hits


@two("match-detections")
def never_taken_and_strict(ious, threshold):
    """Objects stay free, and the threshold itself does not count."""
    return [bool(row) and max(row) > threshold for row in ious]


@one("panoptic-ids")
def number_for_stuff(classes, instances, things):
    """Stuff gets a number too."""
    return [[c * 1000 + n for c, n in zip(cs, ns)] for cs, ns in zip(classes, instances)]


@two("panoptic-ids")
def times_100_with_stuff(classes, instances, things):
    """The factor is 100, and stuff gets a number too."""
    return [[c * 100 + n for c, n in zip(cs, ns)] for cs, ns in zip(classes, instances)]


@one("panoptic-quality")
def half_is_a_match(ious, predicted, true):
    """An IoU of exactly 0.5 matches."""
    if predicted + true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    matches = [iou for iou in ious if iou >= 0.5]
    sq = sum(matches) / len(matches) if matches else 0.0
    rq = len(matches) / ((predicted + true) / 2)
    return {"SQ": sq, "RQ": rq, "PQ": sq * rq}


@two("panoptic-quality")
def whole_unmatched_and_all_ious(ious, predicted, true):
    """Unmatched segments count wholly, and SQ is over all pairs."""
    if predicted + true == 0:
        return {"SQ": math.nan, "RQ": math.nan, "PQ": math.nan}
    matches = [iou for iou in ious if iou > 0.5]
    sq = sum(ious) / len(ious) if ious else 0.0
    unmatched = predicted + true - 2 * len(matches)
    rq = len(matches) / (len(matches) + unmatched)
    return {"SQ": sq, "RQ": rq, "PQ": sq * rq}


@one("total-loss")
def box_over_the_objects(class_logits, boxes, masks, labels, true_boxes, true_masks):
    """The box loss is divided by the RoIs with an object."""
    losses = {"class": F.cross_entropy(class_logits, labels)}
    objects = torch.nonzero(labels > 0).squeeze(1)
    true_class = labels[objects]
    box, mask = boxes[objects, true_class], masks[objects, true_class]
    losses["box"] = F.smooth_l1_loss(box, true_boxes[objects], reduction="sum") / max(len(objects), 1)
    losses["mask"] = torch.zeros(())
    if len(objects) > 0:
        losses["mask"] = F.binary_cross_entropy_with_logits(mask, true_masks[objects])
    losses["total"] = losses["class"] + losses["box"] + losses["mask"]
    return losses
