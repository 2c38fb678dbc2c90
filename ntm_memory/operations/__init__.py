"""One module a verb: what is told is checked, done and answered; the rooms below do the work."""
