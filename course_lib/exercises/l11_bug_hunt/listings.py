"""Twelve short pipelines, each with one wrong line, for two exercises of lesson 11."""

from __future__ import annotations

LISTINGS: dict[int, str] = {
    1: """
for images, targets in loader:
    logits = model(images)                        # (N, C, H, W)
    loss = F.cross_entropy(logits, targets)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
""",
    2: """
image = Image.open(path).convert("RGB")
mask = Image.open(mask_path)                      # 1 pet, 2 background, 3 border
image = image.resize((128, 128), Image.Resampling.BILINEAR)
mask = mask.resize((128, 128), Image.Resampling.BILINEAR)
x = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
y = torch.from_numpy(np.array(mask)).long() - 1
""",
    3: """
def augment(image, mask):                         # (3, H, W) and (H, W)
    flip = torch.rand(()) < 0.5
    if flip:
        image = image.flip(-1)
    if torch.rand(()) < 0.5:
        mask = mask.flip(-1)
    return image, mask
""",
    4: """
class Head(nn.Module):
    def forward(self, features):                  # (N, 64, H, W)
        logits = self.conv(features)              # (N, 3, H, W)
        return logits.softmax(dim=1)

loss = F.cross_entropy(head(features), targets)
prediction = head(features).argmax(dim=1)         # (N, H, W)
""",
    5: """
def validate(model, loader):
    model.eval()
    with torch.no_grad():
        for images, targets in loader:
            matrix = ConfusionMatrix(num_classes=3)
            matrix.update(model(images).argmax(dim=1), targets)
    return matrix.mean_iou()
""",
    6: """
skips = []
for stage in encoder_stages:
    x = stage(x)                                  # (N, 64, h, w)
    skips.append(x)
    x = F.max_pool2d(x, 2)
x = bottleneck(x)                                 # (N, 64, h, w)
for stage, skip in zip(decoder_stages, skips):
    x = F.interpolate(x, size=skip.shape[2:], mode="bilinear")
    x = stage(torch.cat([x, skip], dim=1))        # (N, 64, h, w)
logits = F.interpolate(head(x), size=skips[0].shape[2:], mode="bilinear")
""",
    7: """
logits = model(images)                            # (N, C, H, W)
labels = targets.flatten()                        # (N * H * W,)
scores = logits.reshape(-1, logits.shape[1])      # (N * H * W, C)
labelled = labels != 255
loss = F.cross_entropy(scores[labelled], labels[labelled])
""",
    8: """
counts = torch.bincount(targets.flatten(), minlength=3)  # pixels of each class
share = counts / counts.sum()
weights = share / share.mean()
loss = F.cross_entropy(logits, targets, weight=weights)
""",
    9: """
best_score, best = 0.0, None
for epoch in range(50):
    train_epoch(model, training_pictures)
    score = mean_iou(model, test_pictures)
    if score > best_score:
        best_score, best = score, copy.deepcopy(model.state_dict())
model.load_state_dict(best)
print("mIoU on the test pictures:", mean_iou(model, test_pictures))
""",
    10: """
trimap = np.array(Image.open(path))               # 1 pet, 2 background, 3 border; 0 no label
targets = torch.from_numpy(trimap).long() - 1     # (H, W)
targets[targets == -1] = 0
loss = F.cross_entropy(logits, targets[None], ignore_index=255)
""",
    11: """
best_score, best = 0.0, None
for epoch in range(50):
    train_epoch(model, training_pictures)
    score = mean_iou(model, validation_pictures)
    if score > best_score:
        best_score = score
        best = model.state_dict()
model.load_state_dict(best)
""",
    12: """
before = np.array(Image.open(first).convert("L"))  # uint8 (H, W), as grey pictures are
after = np.array(Image.open(second).convert("L"))
change = np.abs(after - before)
moved = change > 30
print(f"{moved.mean():.0%} of the pixels have changed")
""",
}
"""The listings by their numbers."""


def show_listings(*numbers: int) -> None:
    """Print listings with the numbers of their lines."""
    for number in numbers:
        print(f"--- listing {number}")
        for line, code in enumerate(LISTINGS[number].strip("\n").splitlines(), 1):
            print(f"{line:>2}  {code}".rstrip())
        print()
