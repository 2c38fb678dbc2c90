"""The parts of install.py: standard library only, for the Python that the machine happens to have."""
