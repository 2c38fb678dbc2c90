"""What must not be kept, or not be kept again: secrets, echoes, what was taken back; what others must not read.

keys                         where the key of an encrypted memory comes from
cipher, sqlcipher            which databases are encrypted, and opening them
encrypted_copy               a database under another key, or under none
sealing                      bytes in a file of our own
secret_rules, told_secrets   what may be a secret, by its shape and by check digits
seed_phrases                 seeds of wallets, by their words and checksum
secret_tagger, secrets       what is one, by these and by what the embedder has read
secret_spans                 leaving out whole words, and marks in their place
"""

SALT_BYTES = 16
"""An encrypted file begins with so many random bytes, by which its key is named."""
