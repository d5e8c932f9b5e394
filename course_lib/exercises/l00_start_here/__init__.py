"""The exercises of lesson 00: a first one, and from instances to classes."""
