"""The website: a page for brides and a JSON API, in front of the TorchServe workflow. It never loads torch.

A reader starts at `website.app`. Photos live in memory for as long as their request, and nowhere else.
"""
