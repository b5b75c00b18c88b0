"""A small photo studio: renders a sample bride and a sample gown from CC0 parts (see render.py)."""
