"""What the experiments share: settings, data, training, and the runner."""
