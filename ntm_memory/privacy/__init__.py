"""What must not be kept, or not be kept again: secrets, echoes, what was taken back; what others must not read.

keys                         where the key of an encrypted memory comes from
cipher, sqlcipher            which databases are encrypted, and opening them
encrypted_copy               a database under another key, or under none
sealing                      bytes in a file of our own
wiping                       a file's bytes go before its name
"""

SALT_BYTES = 16
"""An encrypted file begins with so many random bytes, by which its key is named."""
