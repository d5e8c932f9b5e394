"""What learners run: JupyterLab on their copies of the notebooks, checks in the terminal, the doctor."""
