"""Training: the visible loop, runs as folders, schedules, devices, reports."""
