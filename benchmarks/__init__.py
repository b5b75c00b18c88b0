"""Speed, measured on the machine it runs on; compare figures of one run only."""
