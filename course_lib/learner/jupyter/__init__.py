"""JupyterLab's settings for learners, and the extension of its server that the course brings."""
