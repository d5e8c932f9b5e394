"""The exercises of lesson 14: attention, prompts and queries. They need torch and NumPy only."""
