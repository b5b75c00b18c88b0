"""Data sets, training loops and evaluation: they make the weights that the archives carry."""
