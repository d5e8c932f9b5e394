"""A learning rate that waits for the score

After each epoch the validation mIoU is compared with the best so far. If more than five epochs bring no
better one, the learning rate is halved. The best epoch's weights are the ones to keep.
"""

PATIENCE, FACTOR = 5, 0.5

# the validation mIoU after each epoch
miou = [0.30, 0.42, 0.50, 0.49, 0.50, 0.48, 0.47, 0.50, 0.46, 0.51]
rates = [1e-4]  # of the first epoch

best, best_epoch, waited = 0.0, 0, 0
for epoch, score in enumerate(miou, start=1):
    if score > best:
        best, best_epoch, waited = score, epoch, 0
    else:
        waited += 1
    rate = rates[-1]
    if waited > PATIENCE:
        rate, waited = rate * FACTOR, 0
    rates.append(rate)
    note = "  best so far" if epoch == best_epoch else ""
    print(f"epoch {epoch:2}  mIoU {score:.2f}  next rate {rate:.0e}{note}")

print(f"keep the weights of epoch {best_epoch}")
