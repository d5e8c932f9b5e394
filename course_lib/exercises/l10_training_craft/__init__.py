"""The exercises of lesson 10: what makes a training hold, fit into memory, and start from what others learnt."""
