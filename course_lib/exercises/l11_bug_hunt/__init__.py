"""The exercises of lesson 11: name the causes of ten broken runs, and mend the ten pieces that broke them."""
