"""JupyterLab's settings for learners, and the course's extension of the Jupyter server."""
