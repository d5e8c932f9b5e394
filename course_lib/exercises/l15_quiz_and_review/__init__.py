"""The exercises of lesson 15: three questions that need two lessons at once."""
