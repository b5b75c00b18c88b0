"""Gown Try-On: a bride's photo and a gown's picture in, the bride in the gown out.

A reader starts at `tryon.pipeline`. This module imports nothing, so that the
command line and the website start without loading torch.
"""

__version__ = "0.1.0"
