"""The exercises of lesson 14: large pretrained models. They need torch and NumPy, and none of the large libraries."""
