"""Two small exercises for the fixture lesson."""
