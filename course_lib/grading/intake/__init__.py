"""What students handed in: archives unpacked, submissions found, notebooks read."""
