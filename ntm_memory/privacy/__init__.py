"""What must not be kept, or not be kept again: secrets, echoes, what was taken back."""
